import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ldapConnector, ldapTraits } from '../../../src/targets/connectors/ldap/connector.ts';
import type { Connector, Operation } from '../../../src/targets/connector.ts';
import { type CuttingProxy, startCuttingProxy } from '../../support/cutting-proxy.ts';
import { needs } from '../../support/needs.ts';
import { SERVICE, type Slapd, startSlapd } from '../../support/slapd.ts';
import { aGroup, aUser } from '../contract/connector-contract.ts';
import { heldBy, settingsFor } from './ldap-target.ts';

/** Tags of the requests that write (RFC 4511 §4): modify, add, delete, modifyDN, after a message id of one byte. */
const WRITES = [0x66, 0x68, 0x4a, 0x6c];
const isWrite = (sent: Buffer): boolean => {
  const [, length = 0] = sent;
  const start = length < 0x80 ? 2 : 2 + (length & 0x7f);
  return WRITES.includes(sent[start + 2 + (sent[start + 1] ?? 0)] ?? 0);
};

needs('slapd')('an LDAP target on a bad network', () => {
  let slapd: Slapd;
  let proxy: CuttingProxy;
  let connector: Connector;
  const traits = ldapTraits(settingsFor({ port: 389 }));
  beforeAll(async () => {
    slapd = await startSlapd();
  });
  afterAll(() => slapd.stop());
  beforeEach(async () => {
    proxy = await startCuttingProxy(slapd.port);
    const settings = settingsFor(slapd, { url: `ldap://127.0.0.1:${proxy.port}`, timeoutSeconds: 1 });
    connector = ldapConnector(settings, { password: SERVICE.password });
    // Connected and bound, so that a fault strikes the write and nothing before it.
    expect((await connector.probe()).kind).toBe('ready');
  });
  afterEach(async () => {
    await connector.close();
    await proxy.close();
  });

  const applied = async (operation: Operation): Promise<string> => {
    const outcome = await connector.apply(operation, traits);
    if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome));
    return outcome.remoteId ?? '';
  };

  it.each([
    ['cut', true],
    ['cut', false],
    ['stall', true],
    ['stall', false],
  ] as const)(
    '%s with the request carried out %s: unknown, then seen, then repeated without a duplicate',
    async (kind, carriedOut) => {
      const name = `${kind}-${carriedOut}`;
      const user = aUser(name);
      proxy.fault = { when: isWrite, kind, carriedOut };
      expect((await connector.apply({ kind: 'create', object: user }, traits)).kind).toBe('ambiguous');
      expect(proxy.fault).toBeNull();
      const resolution = await connector.resolve(user);
      expect(resolution.kind).toBe(carriedOut ? 'found' : 'none');
      const key =
        resolution.kind === 'found'
          ? resolution.object.remoteId
          : await applied({ kind: 'create', object: user });

      const group = await applied({ kind: 'create', object: aGroup(name) });
      const add = { kind: 'add-members', group, members: [key] } as const;
      proxy.fault = { when: isWrite, kind, carriedOut };
      expect((await connector.apply(add, traits)).kind).toBe('ambiguous');
      const observation = await connector.observeMembers(group, [key], traits);
      expect(observation).toEqual({ kind: 'all', members: new Set(carriedOut ? [key] : []) });
      expect(['applied', 'noop']).toContain((await connector.apply(add, traits)).kind);
      const held = await heldBy(slapd);
      expect(held.groups[name]).toEqual([name]);
      expect(Object.keys(held.users).filter((userName) => userName === name)).toHaveLength(1);
    },
  );

  it('is down, not unknown, when a read is cut', async () => {
    proxy.fault = { when: () => true, kind: 'cut', carriedOut: true };
    expect(await connector.resolve(aUser('any'))).toMatchObject({
      kind: 'failed',
      outcome: { kind: 'down' },
    });
  });

  it('finishes a rename that was cut off between the name and the rest', async () => {
    const user = aUser('before', { title: 'Old' });
    const key = await applied({ kind: 'create', object: user });
    const group = await applied({ kind: 'create', object: aGroup('renamers') });
    await applied({ kind: 'add-members', group, members: [key] });
    const changed = { ...user, userName: 'after', attributes: { title: 'New' } };
    const update = async () => {
      const observation = await connector.observe('user', key);
      if (observation.kind !== 'found') throw new Error(observation.kind);
      return connector.apply({ kind: 'update', object: changed, held: observation.object }, traits);
    };
    proxy.fault = {
      when: (sent) => sent.includes('Old') || sent.includes('New'),
      kind: 'cut',
      carriedOut: false,
    };
    expect((await update()).kind).toBe('ambiguous');
    expect(await update()).toEqual({ kind: 'applied' });
    expect(await update()).toEqual({ kind: 'noop' });
    expect((await heldBy(slapd)).groups.renamers).toEqual(['after']);
  });

  it('loses nothing and doubles nothing when the server is killed in the middle of changes', async () => {
    const names = Array.from({ length: 30 }, (_one, at) => `k${at}`);
    const keys = await Promise.all(names.map((name) => applied({ kind: 'create', object: aUser(name) })));
    const group = await applied({ kind: 'create', object: aGroup('killed') });
    for (let round = 0; round < 3; round += 1) {
      const sending = Promise.all(
        keys.map((member) => connector.apply({ kind: 'add-members', group, members: [member] }, traits)),
      );
      await slapd.kill();
      for (const outcome of await sending)
        expect(['applied', 'noop', 'ambiguous', 'down']).toContain(outcome.kind);
      await slapd.start();
      await connector.probe();
    }
    const observation = await connector.observeMembers(group, keys, traits);
    if (observation.kind !== 'all') throw new Error(observation.kind);
    const missing = keys.filter((key) => !observation.members.has(key));
    if (missing.length > 0) await applied({ kind: 'add-members', group, members: missing });
    expect((await heldBy(slapd)).groups.killed).toEqual(names.toSorted());
  });
});

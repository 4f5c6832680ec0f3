import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connector, Operation } from '../../../src/targets/connector.ts';
import { sqlConnector, sqlTraits } from '../../../src/targets/connectors/sql/connector.ts';
import { type CuttingProxy, startCuttingProxy } from '../../support/cutting-proxy.ts';
import { eventually } from '../../support/eventually.ts';
import { needs } from '../../support/needs.ts';
import { aGroup, aUser } from '../contract/connector-contract.ts';
import { type AppDatabase, heldRows, openMariaApp, openPostgresApp, ROWS, settingsOf } from './sql-target.ts';

function survives(openApp: () => Promise<AppDatabase>): void {
  let app: AppDatabase;
  let proxy: CuttingProxy;
  let connector: Connector;
  const traits = () => sqlTraits(settingsOf(app, ROWS));
  beforeAll(async () => {
    app = await openApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    proxy = await startCuttingProxy(Number(app.settings.port));
    const settings = settingsOf(app, { ...ROWS, port: proxy.port, timeoutSeconds: 1, concurrency: 1 });
    connector = sqlConnector(settings, app.password === undefined ? {} : { password: app.password });
    expect((await connector.probe()).kind).toBe('ready');
  });
  afterEach(async () => {
    await connector.close();
    await proxy.close();
  });

  const applied = async (operation: Operation): Promise<string> => {
    const outcome = await connector.apply(operation, traits());
    if (outcome.kind !== 'applied') throw new Error(JSON.stringify(outcome));
    return outcome.remoteId ?? '';
  };
  const at = (word: string) => (sent: Buffer) => sent.includes(word);

  it.each([
    ['cut', 'commit', true, 'ambiguous'],
    ['cut', 'commit', false, 'ambiguous'],
    ['stall', 'commit', true, 'ambiguous'],
    ['stall', 'commit', false, 'ambiguous'],
    ['cut', 'insert', true, 'down'],
    ['stall', 'insert', true, 'down'],
    ['cut', 'begin', false, 'down'],
  ] as const)(
    '%s at the %s, sent on %s: %s, then seen, then repeated without a duplicate',
    async (kind, word, carriedOut, expected) => {
      const when = at(word === 'begin' && app.settings.dialect === 'mariadb' ? 'start transaction' : word);
      const isDone = word === 'commit' && carriedOut;
      // The word itself must not be in what is sent before.
      const name = `${kind}-${word.slice(1)}-${carriedOut}`;
      const user = aUser(name);
      proxy.fault = { when, kind, carriedOut };
      expect((await connector.apply({ kind: 'create', object: user }, traits())).kind).toBe(expected);
      expect(proxy.fault).toBeNull();
      const resolution = await connector.resolve(user);
      expect(resolution.kind).toBe(isDone ? 'found' : 'none');
      const key =
        resolution.kind === 'found'
          ? resolution.object.remoteId
          : // What hangs at the server holds its locks until the server gives it up.
            await eventually(() => applied({ kind: 'create', object: user }));

      const group = await applied({ kind: 'create', object: aGroup(name) });
      const add = { kind: 'add-members', group, members: [key] } as const;
      proxy.fault = { when, kind, carriedOut };
      expect((await connector.apply(add, traits())).kind).toBe(expected);
      expect(await connector.observeMembers(group, [key], traits())).toEqual({
        kind: 'all',
        members: new Set(isDone ? [key] : []),
      });
      await eventually(async () =>
        expect(['applied', 'noop']).toContain((await connector.apply(add, traits())).kind),
      );
      expect((await heldRows(app)).groups[name]).toEqual([name]);
    },
  );

  it('is down, not unknown, when a read is cut, and well again with the next', async () => {
    proxy.fault = { when: at('select'), kind: 'cut', carriedOut: true };
    expect(await connector.resolve(aUser('any'))).toMatchObject({
      kind: 'failed',
      outcome: { kind: 'down' },
    });
    expect(await connector.resolve(aUser('any'))).toEqual({ kind: 'none' });
  });

  it('loses nothing and doubles nothing when the database ends in the middle of changes', async () => {
    const direct = sqlConnector(
      settingsOf(app, ROWS),
      app.password === undefined ? {} : { password: app.password },
    );
    const names = Array.from({ length: 20 }, (_one, n) => `k${n}`);
    const keys: string[] = [];
    for (const name of names) keys.push(await applied({ kind: 'create', object: aUser(name) }));
    const group = await applied({ kind: 'create', object: aGroup('killed') });
    for (let round = 0; round < 2; round += 1) {
      const sending = Promise.all(
        keys.map((member) => direct.apply({ kind: 'add-members', group, members: [member] }, traits())),
      );
      await app.kill();
      for (const outcome of await sending)
        expect(['applied', 'noop', 'ambiguous', 'down']).toContain(outcome.kind);
      await app.start();
    }
    await direct.probe();
    const observation = await direct.observeMembers(group, keys, traits());
    if (observation.kind !== 'all') throw new Error(JSON.stringify(observation));
    const missing = keys.filter((key) => !observation.members.has(key));
    if (missing.length > 0) {
      expect((await direct.apply({ kind: 'add-members', group, members: missing }, traits())).kind).toBe(
        'applied',
      );
    }
    expect((await heldRows(app)).groups.killed).toEqual(names.toSorted());
    await direct.close();
  });
}

describe('a PostgreSQL target on a bad network', () => survives(openPostgresApp));

describe('a PostgreSQL target that ends a connection in the breath in which it opens it', () => {
  it('is down for that request alone, and the process lives on', async () => {
    const app = await openPostgresApp();
    const proxy = await startCuttingProxy(Number(app.settings.port));
    const settings = settingsOf(app, { ...ROWS, port: proxy.port, timeoutSeconds: 1, concurrency: 1 });
    const connector = sqlConnector(settings, app.password === undefined ? {} : { password: app.password });
    const isReady = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
    const said = 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0';
    const fatal = Buffer.concat([Buffer.from([0x45, 0, 0, 0, said.length + 4]), Buffer.from(said)]);
    let ended = 0;
    proxy.rewriteAnswer = (answered) => {
      if (ended > 0 || !answered.subarray(-isReady.length).equals(isReady)) return answered;
      ended += 1;
      return Buffer.concat([answered, fatal]);
    };
    expect((await connector.probe()).kind).not.toBe('ready');
    expect(ended).toBe(1);
    expect((await connector.probe()).kind).toBe('ready');
    await connector.close();
    await proxy.close();
    await app.close();
  });
});
needs('mariadb')('a MariaDB target on a bad network', () => survives(openMariaApp));

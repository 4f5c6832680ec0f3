import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ldapConnector, ldapTraits } from '../../../src/targets/connectors/ldap/connector.ts';
import { ldapSettings } from '../../../src/targets/connectors/ldap/settings.ts';
import type { Connector, Held, TargetObject } from '../../../src/targets/connector.ts';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { needs } from '../../support/needs.ts';
import { GROUPS, PEOPLE, SERVICE, type Slapd, startSlapd } from '../../support/slapd.ts';
import { aGroup, aUser } from '../contract/connector-contract.ts';
import { heldBy, listOf, settingsFor } from './ldap-target.ts';

const traits = ldapTraits(ldapSettings.parse(settingsFor({ port: 389 })));

async function create(connector: Connector, object: TargetObject): Promise<string> {
  const outcome = await connector.apply({ kind: 'create', object }, traits);
  if (outcome.kind !== 'applied' || outcome.remoteId === undefined) throw new Error(JSON.stringify(outcome));
  return outcome.remoteId;
}

async function observed(connector: Connector, of: 'user' | 'group', id: string): Promise<Held> {
  const observation = await connector.observe(of, id);
  if (observation.kind !== 'found') throw new Error(JSON.stringify(observation));
  return observation.object;
}

async function membersOf(connector: Connector, group: string): Promise<Set<string>> {
  const observation = await connector.observeMembers(group, [], traits);
  if (observation.kind !== 'all') throw new Error(JSON.stringify(observation));
  return new Set(observation.members);
}

needs('slapd')('an LDAP target', () => {
  let slapd: Slapd;
  let connector: Connector;
  const opened: Connector[] = [];
  const open = (more: Parameters<typeof settingsFor>[1] = {}, password = SERVICE.password): Connector => {
    const made = ldapConnector(settingsFor(slapd, more), { password });
    opened.push(made);
    return made;
  };
  beforeAll(async () => {
    slapd = await startSlapd();
    connector = open();
  });
  afterAll(async () => {
    await Promise.all(opened.map((made) => made.close()));
    await slapd.stop();
  });

  const change = (
    kind: 'add-members' | 'remove-members',
    group: string,
    members: readonly string[],
    by = connector,
  ) => by.apply({ kind, group, members }, traits);

  it.each([
    '*',
    '*)(uid=*',
    'a,ou=groups',
    ' both ends ',
    '#4869',
    '"quoted"',
    'a\\b',
    'x+cn=y',
    'a;b<c>d=e',
    'Ὀδυσσεύς 🚣',
  ])('keeps the hostile name %j whole in names, filters and memberships', async (name) => {
    const user = aUser(name);
    const group = aGroup(`group ${name}`);
    const key = await create(connector, user);
    const groupKey = await create(connector, group);
    expect(await connector.resolve(user)).toMatchObject({ kind: 'found', object: { remoteId: key, name } });
    expect(await connector.resolve({ ...user, id: aUser('x').id })).toMatchObject({
      kind: 'conflict',
      hits: [key],
    });
    expect(await change('add-members', groupKey, [key])).toEqual({ kind: 'applied' });
    expect(await membersOf(connector, groupKey)).toEqual(new Set([key]));
    const held = await observed(connector, 'user', key);
    const renamed = { ...user, userName: `${name}2` };
    expect(await connector.apply({ kind: 'update', object: renamed, held }, traits)).toEqual({
      kind: 'applied',
    });
    expect(await membersOf(connector, groupKey)).toEqual(new Set([key]));
    expect(await change('remove-members', groupKey, [key])).toEqual({ kind: 'applied' });
    for (const [of, remoteId] of [
      ['group', groupKey],
      ['user', key],
    ] as const) {
      expect(await connector.apply({ kind: 'delete', of, remoteId }, traits)).toEqual({ kind: 'applied' });
    }
  });

  it('follows entries that were renamed and moved there, by their entryUUID', async () => {
    const user = aUser('mover');
    const [key, group] = [await create(connector, user), await create(connector, aGroup('movers'))];
    await slapd.asAdmin(async (client) => {
      await client.add(`ou=elsewhere,${PEOPLE}`, { objectClass: 'organizationalUnit', ou: 'elsewhere' });
      await client.modifyDN(`uid=mover,${PEOPLE}`, `uid=moved,ou=elsewhere,${PEOPLE}`);
      await client.modifyDN(`cn=movers,${GROUPS}`, 'cn=renamed');
    });
    expect(await observed(connector, 'user', key)).toMatchObject({ name: 'moved', externalId: user.id });
    expect(await change('add-members', group, [key])).toEqual({ kind: 'applied' });
    expect((await heldBy(slapd)).groups.renamed).toEqual(['moved']);
    expect(await membersOf(connector, group)).toEqual(new Set([key]));
  });

  it('renames a user with the memberships that name it, where the server does not', async () => {
    const user = aUser('maiden');
    const [key, group] = [await create(connector, user), await create(connector, aGroup('wedding'))];
    await change('add-members', group, [key]);
    const held = await observed(connector, 'user', key);
    await connector.apply({ kind: 'update', object: { ...user, userName: 'married' }, held }, traits);
    expect((await heldBy(slapd)).groups.wedding).toEqual(['married']);
  });

  it('never lets a new entry inherit the memberships of an earlier one of its name', async () => {
    const [key, group] = [await create(connector, aUser('heir')), await create(connector, aGroup('heirs'))];
    await change('add-members', group, [key]);
    await slapd.asAdmin((client) => client.del(`uid=heir,${PEOPLE}`));
    expect((await heldBy(slapd)).groups.heirs).toEqual([`uid=heir,${PEOPLE}`]);
    await create(connector, aUser('heir'));
    expect((await heldBy(slapd)).groups.heirs).toEqual([]);
  });

  it('takes a deleted user out of its groups', async () => {
    const [key, group] = [await create(connector, aUser('leaver')), await create(connector, aGroup('left'))];
    await change('add-members', group, [key]);
    expect(await connector.apply({ kind: 'delete', of: 'user', remoteId: key }, traits)).toEqual({
      kind: 'applied',
    });
    expect((await heldBy(slapd)).groups.left).toEqual([]);
  });

  it('names a member that has no entry, and adds nobody of that request', async () => {
    const [key, group] = [await create(connector, aUser('there')), await create(connector, aGroup('half'))];
    const gone = aUser('not there').id;
    expect(await change('add-members', group, [key, gone])).toMatchObject({ kind: 'rejected', code: 422 });
    expect((await heldBy(slapd)).groups.half).toEqual([]);
  });

  it('tells members that are no users of ours as they are listed, and can take them out', async () => {
    const group = await create(connector, aGroup('mixed'));
    const key = await create(connector, aUser('native'));
    await change('add-members', group, [key]);
    const stranger = `uid=stranger,ou=abroad,dc=example,dc=org`;
    await slapd.tamper(`cn=mixed,${GROUPS}`, 'add', { member: stranger });
    const members = await membersOf(connector, group);
    expect(members).toEqual(new Set([key, `listed:${stranger}`]));
    expect(await change('remove-members', group, [`listed:${stranger}`])).toEqual({ kind: 'applied' });
    expect(await membersOf(connector, group)).toEqual(new Set([key]));
  });

  it('reads a group that is larger than a page', async () => {
    const group = await create(connector, aGroup('large'));
    const names = Array.from({ length: 1_200 }, (_one, at) => `crowd${at}`);
    await slapd.asAdmin(async (client) => {
      for (const uid of names)
        await client.add(`uid=${uid},${PEOPLE}`, { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid });
    });
    const keys: string[] = [];
    for (let page = await connector.list('user', null); ; page = await connector.list('user', page.next)) {
      if (page.kind !== 'page') throw new Error(JSON.stringify(page));
      keys.push(
        ...page.objects.filter(({ name }) => name.startsWith('crowd')).map(({ remoteId }) => remoteId),
      );
      if (page.next === null) break;
    }
    expect(keys).toHaveLength(names.length);
    for (let at = 0; at < keys.length; at += traits.chunk) {
      expect(await change('add-members', group, keys.slice(at, at + traits.chunk))).toEqual({
        kind: 'applied',
      });
    }
    expect(await membersOf(connector, group)).toEqual(new Set(keys));
  });

  it('does the same on a server without the permissive modify control', async () => {
    // To slapd the control gets another name, and is then a critical one that it does not know.
    const proxy = await startCuttingProxy(slapd.port);
    proxy.rewrite = (sent) =>
      Buffer.from(
        sent.toString('latin1').replaceAll('1.2.840.113556.1.4.1413', '1.2.840.113556.1.4.9999'),
        'latin1',
      );
    const plain = open({ url: `ldap://127.0.0.1:${proxy.port}` });
    const keys = [
      await create(plain, aUser('p1')),
      await create(plain, aUser('p2')),
      await create(plain, aUser('p3')),
    ];
    const group = await create(plain, aGroup('plain'));
    expect(await change('add-members', group, keys.slice(0, 2), plain)).toEqual({ kind: 'applied' });
    expect(await change('add-members', group, keys, plain)).toEqual({ kind: 'applied' });
    expect(await change('add-members', group, keys, plain)).toEqual({ kind: 'noop' });
    expect(await change('remove-members', group, keys.slice(1), plain)).toEqual({ kind: 'applied' });
    expect(await change('remove-members', group, keys, plain)).toEqual({ kind: 'applied' });
    expect(await change('remove-members', group, keys, plain)).toEqual({ kind: 'noop' });
    expect((await heldBy(slapd)).groups.plain).toEqual([]);
    await plain.close();
    await proxy.close();
  });

  it('keeps an empty group with a placeholder, which goes with its first member', async () => {
    const [key, group] = [await create(connector, aUser('only')), await create(connector, aGroup('small'))];
    const listed = async (): Promise<string[]> =>
      (await slapd.entries(GROUPS))
        .filter(({ cn }) => cn === 'small')
        .flatMap((entry) => listOf(entry, 'member'));
    expect(await listed()).toEqual(['cn=empty-membership-placeholder']);
    await change('add-members', group, [key]);
    expect(await listed()).toEqual([`uid=only,${PEOPLE}`]);
    expect(await change('remove-members', group, [key])).toEqual({ kind: 'applied' });
    expect(await listed()).toEqual(['cn=empty-membership-placeholder']);
    expect(await membersOf(connector, group)).toEqual(new Set());
  });

  it('refuses to take out the last member where the setting says so', async () => {
    const strict = open({ emptyGroup: 'refuse' });
    const [key, group] = [await create(strict, aUser('last')), await create(strict, aGroup('lasting'))];
    await change('add-members', group, [key], strict);
    expect(await change('remove-members', group, [key], strict)).toMatchObject({
      kind: 'rejected',
      code: 422,
    });
    expect((await heldBy(slapd)).groups.lasting).toEqual(['last']);
  });

  it("only looks users up where they are somebody else's, by a filter or by a name", async () => {
    await slapd.asAdmin((client) =>
      client.add(`uid=hr1,${PEOPLE}`, {
        objectClass: 'inetOrgPerson',
        uid: 'hr1',
        cn: 'Hera',
        sn: 'H',
        mail: 'hera@example.org',
      }),
    );
    const user = aUser('hr1', {
      emails: [{ value: 'other@example.org' }, { value: 'hera@example.org', primary: true }],
    });
    for (const how of [
      { filter: '(&(objectClass=inetOrgPerson)(mail={emails}))' },
      { filter: '(uid={userName})' },
      { dn: `uid={userName},${PEOPLE}` },
    ]) {
      const looking = open({ users: { mode: 'lookup', base: PEOPLE, ...how } });
      const resolution = await looking.resolve(user);
      if (resolution.kind !== 'found') throw new Error(JSON.stringify({ how, resolution }));
      const { object } = resolution;
      expect(object).toMatchObject({ externalId: null, active: true });
      for (const operation of [
        { kind: 'update', object: { ...user, userName: 'new' }, held: object },
        { kind: 'deactivate', remoteId: object.remoteId },
        { kind: 'delete', of: 'user', remoteId: object.remoteId },
      ] as const) {
        expect(await looking.apply(operation, traits)).toEqual({ kind: 'noop' });
      }
      expect(await looking.resolve(aUser('hr*'))).toEqual({ kind: 'none' });
      expect(await looking.apply({ kind: 'create', object: aUser('nobody') }, traits)).toMatchObject({
        kind: 'rejected',
      });
    }
    expect((await slapd.entries(PEOPLE)).find(({ uid }) => uid === 'hr1')).toMatchObject({
      cn: 'Hera',
      sn: 'H',
    });
  });

  it('adopts an unowned namesake and marks it, beside what it held', async () => {
    await slapd.asAdmin((client) =>
      client.add(`cn=Old Name,${PEOPLE}`, {
        objectClass: ['inetOrgPerson', 'labeledURIObject'],
        uid: 'adoptee',
        cn: 'Old Name',
        sn: 'N',
        labeledURI: 'https://example.org/ Home',
      }),
    );
    const user = aUser('adoptee', { name: { familyName: 'Neu' } });
    const resolution = await connector.resolve(user);
    if (resolution.kind !== 'found') throw new Error(JSON.stringify(resolution));
    expect(resolution.by).toBe('name');
    const { object } = resolution;
    expect(await connector.apply({ kind: 'update', object: user, held: object }, traits)).toEqual({
      kind: 'applied',
    });
    const [entry] = (await slapd.entries(PEOPLE)).filter(({ uid }) => uid === 'adoptee');
    expect(entry).toMatchObject({
      sn: 'Neu',
      labeledURI: ['https://example.org/ Home', `urn:uuid:${user.id}`],
    });
    expect(await connector.resolve(user)).toMatchObject({ kind: 'found', by: 'externalId' });
  });

  it('gives a POSIX group the number that follows from its id, and the next free one where that is taken', async () => {
    const posix = open({ groupClass: 'posixGroup', gidNumbers: { from: 5_000, to: 5_001 } });
    const [one, two, three] = [aGroup('px1'), aGroup('px2'), aGroup('px3')];
    const first = await create(posix, one);
    await create(posix, two);
    const numberOf = async (name: string): Promise<unknown> =>
      (await slapd.entries(GROUPS)).find(({ cn }) => cn === name)?.gidNumber;
    const number = await numberOf('px1');
    expect([number, await numberOf('px2')].sort()).toEqual(['5000', '5001']);
    expect(await posix.apply({ kind: 'create', object: three }, traits)).toMatchObject({ kind: 'rejected' });
    await posix.apply({ kind: 'delete', of: 'group', remoteId: first }, traits);
    await create(posix, one);
    expect(await numberOf('px1')).toBe(number);
  });

  it('calls a tree that is not there down, never empty', async () => {
    const lost = open({ groupBase: 'ou=nowhere,dc=example,dc=org' });
    expect(await lost.probe()).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
    expect(await lost.resolve(aGroup('any'))).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
  });
});

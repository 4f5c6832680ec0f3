import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { showObjects } from '../../src/targets/admin/ledger.ts';
import { changeTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import type { UserRow } from '../../src/store/users.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

describe('a living target whose settings change', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let users: UserRow[];
  beforeAll(async () => {
    server = await startQuirkServer();
    on = await openTestTargets();
    users = await Promise.all(['ann', 'ben', 'cyd'].map((name) => on.user(name)));
    const group = await on.group('Staff', ...users);
    await on.add({
      name: 'wiki',
      type: 'scim',
      mode: 'enforce',
      scope: { groups: [group.id] },
      settings: { url: server.url, allowPrivate: true },
    });
    await eventually(() => expect(server.held().groups.Staff).toHaveLength(3));
  });
  afterAll(async () => {
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  const change = (settings: object) =>
    changeTarget(on.targets, 'wiki', { change: { settings }, by: attribution('console') });
  const accountOf = (name: string): Record<string, unknown> => {
    let document: Record<string, unknown> = {};
    server.tamper(({ users: accounts }) => {
      document = [...accounts.values()].find((account) => account.name === name)?.document ?? {};
    });
    return document;
  };

  it('has every account brought in line with the new ones, by whatever driver was at it before', async () => {
    for (let round = 0; round < 8; round += 1) {
      const attributes = round % 2 === 0 ? ['title'] : ['displayName'];
      const prefix = `r${round}-{name}`;
      await change({ attributes, groupName: prefix });
      await eventually(() => expect(server.held().groups[`r${round}-Staff`]).toHaveLength(3));
    }
  });

  it('has what stands there by hand mended too, because everything is looked at anew', async () => {
    server.tamper(({ users: accounts }) => {
      for (const account of accounts.values()) account.document = { ...account.document, title: 'Intruder' };
    });
    await change({ attributes: ['title'], groupName: '{name}' });
    await eventually(() => {
      for (const { user_name: name } of users) expect(accountOf(name ?? '').title).toBeUndefined();
      expect(Object.keys(server.held().groups)).toEqual(['Staff']);
    });
  });

  it('has names reserved as the new profile folds them, by a driver that had reserved others (O-09)', async () => {
    const [one, two] = [await on.group('Red Team'), await on.group('Red_Team')];
    const scope = (await showTarget(on.targets, 'wiki')).scope.groups;
    const by = attribution('console');
    const everything = { scope: { groups: [...scope, one.id, two.id] } };
    await changeTarget(on.targets, 'wiki', { change: everything, by });
    await eventually(() => expect(Object.keys(server.held().groups)).toContain('Red_Team'));
    await changeTarget(on.targets, 'wiki', { change: { settings: { profile: 'github-emu' } }, by });
    // What is there stays; of two that now fold alike the second is told so at its next change.
    const clash = await on.group('Red-Team');
    await changeTarget(on.targets, 'wiki', {
      change: { scope: { groups: [...scope, one.id, two.id, clash.id] } },
      by,
    });
    await eventually(async () => {
      const query = { state: 'blocked', type: 'group', id: null, after: 0, limit: 10 } as const;
      const { items } = await showObjects(on.targets, 'wiki', query);
      expect(items.map(({ name }) => name)).toContain('Red-Team');
      expect(items[0]?.why).toContain('would bear one name at the target');
    });
    expect(Object.keys(server.held().groups)).not.toContain('Red-Team');
    await changeTarget(on.targets, 'wiki', { change: { settings: { profile: 'auto' } }, by });
    // Under a profile that keeps them apart the blocked one goes on, whatever driver was at it.
    await eventually(() => expect(Object.keys(server.held().groups)).toContain('Red-Team'));
    await changeTarget(on.targets, 'wiki', { change: { scope: { groups: scope } }, by });
    await eventually(() => expect(Object.keys(server.held().groups)).toEqual(['Staff']));
  });

  it('keeps what is not named of its groups and its guards', async () => {
    const by = attribution('console');
    const before = await showTarget(on.targets, 'wiki');
    const change = { scope: { allUsers: before.scope.allUsers }, guards: { percent: 25 } };
    const after = await changeTarget(on.targets, 'wiki', { change, by });
    expect(after.scope).toEqual(before.scope);
    expect(after.scope.groups.length).toBeGreaterThan(0);
    expect(after.guards).toEqual({ percent: 25, atLeast: 50 });
    await changeTarget(on.targets, 'wiki', { change: { guards: { atLeast: 60 } }, by });
    expect((await showTarget(on.targets, 'wiki')).guards).toEqual({ percent: 25, atLeast: 60 });
  });

  it('forgets what was learned of the service before, and keeps it when only other things change', async () => {
    await on.database.rows({ text: `update target set learned = '{"chunk": 7}'` });
    await changeTarget(on.targets, 'wiki', {
      change: { guards: { percent: 30 } },
      by: attribution('console'),
    });
    expect((await showTarget(on.targets, 'wiki')).learned).toEqual({ chunk: 7 });
    await change({ profile: 'slack' });
    expect((await showTarget(on.targets, 'wiki')).learned).toEqual({});
  });

  it('is not looked at whole again by a driver that starts for the version it was compared under', async () => {
    await eventually(async () => {
      const [row] = await on.database.rows<{ same: boolean }>({
        // The comparison is over, and whatever it led to as well.
        text: `select t.swept_version = t.version and not exists (
                 select from target_object o where o.target_n = t.n
                   and o.state in ('due', 'sending', 'resending', 'observing', 'backing-off')) as same from target t`,
      });
      expect(row?.same).toBe(true);
    });
    const before = server.seen.length;
    await on.engine.stop();
    expect(server.seen.length).toBe(before);
  });
});

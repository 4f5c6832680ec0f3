import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { createClient, endClient } from '../../src/directory/clients.ts';
import { governGroup, grantPermission } from '../../src/directory/governance.ts';
import { approvePlan, requirePlan } from '../../src/plans/decisions.ts';
import { editPlans } from '../../src/plans/edits/edit-plans.ts';
import { feedPlans } from '../../src/sources/feeds/held-plans.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { findPerson } from '../../src/store/people.ts';
import type { UserRow } from '../../src/store/users.ts';
import type { Answered } from '../api/api-server.ts';
import { type Ask, type Doors, openDoors } from './doors.ts';

/** Attacks that go through several permitted steps (J-19, J-20); each ends with what the attacker had before. */
describe('nobody lends themselves more than they hold', () => {
  let doors: Doors;
  let count = 0;
  beforeAll(async () => {
    doors = await openDoors();
  });
  afterAll(() => doors.close());

  const attackers: { readonly user: UserRow; readonly held: readonly string[] }[] = [];
  /** Somebody with these permissions, who must not have any other at the end. */
  const attacker = async (...permissions: readonly string[]): Promise<{ user: UserRow; ask: Ask }> => {
    count += 1;
    const user = await doors.user(`mallory ${count}`);
    for (const permission of permissions)
      await doors.do((work) => grantPermission(work, { user: user.id, permission }));
    attackers.push({ user, held: permissions });
    return { user, ask: await doors.session(user) };
  };
  afterEach(async () => {
    for (const { user, held } of attackers.splice(0)) {
      const person = await findPerson(doors.database, user.id);
      expect([...(person?.permissions ?? [])].sort()).toEqual([...held].sort());
    }
  });
  const codeOf = ({ status, body }: Answered): string | number => (body as { code?: string }).code ?? status;
  const crowd = async (name: string, ...more: readonly UserRow[]): Promise<GroupRow> => {
    const group = await doors.make(name);
    for (let at = 0; at < 6; at += 1) await doors.put(group, await doors.user(`${name} ${at}`));
    for (const user of more) await doors.put(group, user);
    return group;
  };
  const approveAs = async (user: UserRow, id: string) => {
    const { database, directory } = doors;
    const kinds = {
      ...editPlans({ directory, registry: buildRegistry([]), guards: DEFAULT_LIMITS }),
      feed: feedPlans(doors.feeds),
    };
    const actor = await findPerson(database, user.id);
    if (actor === null) throw new Error('Nobody is there.');
    const by = {
      ...{ actor, onBehalfOf: null, source: 'console', requestId: null },
      origin: { kind: 'request', id: 'test' },
    } as const;
    const { hash } = await requirePlan(database, id);
    return approvePlan({ database, wake: () => undefined, kinds }, { plan: id, hash, reason: 'r', by });
  };
  const membersOf = async ({ n }: GroupRow): Promise<readonly number[]> =>
    (
      await doors.database.rows<{ n: number }>(
        {
          text: 'select distinct member_n as n from assertion where group_n = $1 and not suppressed order by 1',
        },
        [n],
      )
    ).map((row) => row.n);

  it('by a plan that somebody else approves: it is carried out with what its maker may do by then', async () => {
    const [maker, approver] = [await attacker('groups.manage'), await attacker('plans.approve')];
    const outer = await doors.make('planned outer');
    const inner = await crowd('planned inner');
    await doors.put(outer, inner);
    const held = await maker.ask('DELETE', `/groups/${outer.id}/members/groups/${inner.id}`);
    const plan = held.body as { id: string; state: string };
    expect([held.status, plan.state]).toEqual([202, 'held']);
    await doors.do((work) =>
      governGroup(work, { group: outer.id, permissions: ['targets.manage'], at: 'change' }),
    );
    await expect(approveAs(approver.user, plan.id)).rejects.toMatchObject({
      code: 'plan.stale',
    });
    expect(await membersOf(outer)).toEqual([inner.n]);
  });

  it('by undoing what an administrator did', async () => {
    const { user, ask } = await attacker('plans.approve');
    const admins = await doors.make('undone admins', {}, { permissions: ['admin'] });
    const temporary = await crowd('undone temporary', user);
    await doors.put(admins, temporary);
    const { out } = await doors.run('group', 'remove', admins.id, temporary.id, '--json');
    const plan = (JSON.parse(out) as { id: string }).id;
    expect((await doors.run('plan', 'approve', plan, '--reason', 'they left', '--yes')).code).toBe(0);
    expect(codeOf(await ask('POST', `/plans/${plan}/undo`))).toBe('group.protected');
    expect(await membersOf(admins)).toEqual([]);
  });

  it('by a file with the attribute that a rule looks at: it is held, and an administrator decides', async () => {
    const [mallory, admin] = [
      await attacker('plans.approve', 'sources.manage'),
      await doors.holder('judge', 'admin'),
    ];
    const rule = readRule(buildRegistry([]), 'title eq "President"');
    const group = await doors.make('presidents', { rule }, { permissions: ['admin'] });
    const name = mallory.user.user_name ?? '';
    const other = await doors.user('rightful');
    const file = (user: string) => doors.file(`userName,title\n${user},President\n`);
    const held = await file(name);
    expect(held.state).toBe('held');
    expect(await membersOf(group)).toEqual([]);
    await expect(approveAs(mallory.user, held.plan)).rejects.toMatchObject({ code: 'group.protected' });
    expect(await membersOf(group)).toEqual([]);
    const wanted = await file(other.user_name ?? '');
    expect(wanted.state).toBe('held');
    await approveAs(admin, wanted.plan);
    expect(await membersOf(group)).toEqual([other.n]);
    // Whoever keeps what they are is let go on being written.
    expect((await doors.file(`userName,title,displayName\nrightful,President,R\n`)).state).toBe('applied');
  });

  it('by the record that a rule looks at, over the API and SCIM', async () => {
    const { user, ask } = await attacker('users.manage');
    const rule = readRule(buildRegistry([]), 'title eq "Director"');
    const group = await doors.make('directors', { rule }, { permissions: ['admin'] });
    const title = { attributes: { title: 'Director' } };
    expect(codeOf(await ask('PATCH', `/users/${user.id}`, title))).toBe('group.protected');
    expect(codeOf(await ask('POST', '/users', { userName: 'accomplice', ...title }))).toBe('group.protected');
    const client = await doors.scim.client();
    const replace = { op: 'replace', path: 'title', value: 'Director' };
    expect((await client.patch(`/Users/${user.id}`, replace)).status).toBe(403);
    const admin = await doors.ask('PATCH', `/users/${(await doors.user('boss')).id}`, { body: title });
    expect(admin.status).toBe(200);
    const other = await doors.scim.client({ name: 'hr' });
    expect((await other.patch(`/Users/${user.id}`, replace)).status).toBe(403);
    await doors.do((work) => governGroup(work, { group: group.id, trustedSources: ['hr'], at: 'change' }));
    const accomplice = await doors.user('trusted with it');
    expect((await other.patch(`/Users/${accomplice.id}`, replace)).status).toBeLessThan(300);
    expect(await membersOf(group)).toContain(accomplice.n);
  });

  it('by giving an administrator’s account other names, switching it off, or deleting it', async () => {
    const { ask } = await attacker('users.manage', 'groups.manage');
    const admin = await doors.holder('the admin', 'admin');
    const path = `/users/${admin.id}`;
    expect(codeOf(await ask('PATCH', path, { userName: 'mallory.known' }))).toBe('actor.not_allowed');
    expect(codeOf(await ask('PATCH', path, { active: false }))).toBe('actor.not_allowed');
    expect(codeOf(await ask('DELETE', path))).toBe('actor.not_allowed');
    expect(codeOf(await ask('PUT', `${path}/permissions/admin`))).toBe('permission.not_held');
    expect(codeOf(await ask('DELETE', `${path}/permissions/admin`))).toBe('permission.not_held');
    const other = await doors.asker('ordinary');
    expect((await ask('PATCH', `/users/${other.id}`, { active: false })).status).toBe(200);
  });

  it('by a client: more scopes than one holds, or the name of one that is trusted', async () => {
    const { ask } = await attacker('sources.manage');
    const client = { name: 'mine', profile: 'auto', namespace: 'all', scopes: ['admin'] };
    expect(codeOf(await ask('POST', '/clients', client))).toBe('auth.scope');
    const made = { allow: [], expiresAt: null, profile: 'auto', namespace: 'all' } as const;
    await doors.do(async (work) => {
      const trusted = { ...made, name: 'trusted hr', scopes: ['scim.write'] } as const;
      await createClient(work, trusted, { kind: 'chosen', token: 'x'.repeat(40) });
    });
    await doors.make('trusts hr', {}, { permissions: ['admin'], trustedSources: ['trusted hr'] });
    await doors.do((work) => endClient(work, 'trusted hr'));
    const token = await doors.tokenFor('makes clients', ['clients.write', 'directory.write']);
    const again = { ...client, name: 'trusted hr', scopes: ['directory.write'] };
    expect(codeOf(await doors.ask('POST', '/clients', { token, body: again }))).toBe('actor.not_allowed');
    expect((await doors.ask('POST', '/clients', { body: again })).status).toBe(201);
  });

  it('by making a group: with permissions, protected roles, or the name of one that is gone', async () => {
    const { user, ask } = await attacker('groups.manage', 'groups.request');
    const body = { internal: false, hidden: false };
    expect(codeOf(await ask('POST', '/groups', { ...body, name: 'm1', permissions: ['admin'] }))).toBe(
      'permission.not_held',
    );
    await doors.run('role', 'create', 'mighty', '--protected');
    expect(codeOf(await ask('POST', '/groups', { ...body, name: 'm2', roles: ['mighty'] }))).toBe(
      'role.protected',
    );
    expect(codeOf(await ask('POST', '/groups', { ...body, name: 'm3', roles: ['publisher'] }))).toBe(
      'role.not_held',
    );
    expect(codeOf(await ask('POST', '/groups', { ...body, name: 'm4', trustedSources: ['csv'] }))).toBe(
      'actor.not_allowed',
    );
    expect(codeOf(await ask('POST', '/groups', { ...body, name: 'affiliation.staff' }))).toBe(
      'group.name_reserved',
    );
    const leaders = [{ type: 'user', id: user.id }];
    // A group of one's own, though new groups are internal: its maker says all of it.
    const own = await ask('POST', '/groups', { name: 'm5', leaders });
    expect(own.status).toBe(201);
    const admins = await doors.make('short-lived', {}, { permissions: ['users.manage'] });
    await doors.run('group', 'delete', admins.id, '--yes');
    const answer = await ask('POST', '/groups', { ...body, name: 'short-lived' });
    const same = answer.body as { id: string; permissions: string[] };
    await ask('PUT', `/groups/${same.id}/members/users/${user.id}`);
    expect(same.permissions).toEqual([]);
  });

  it('by leading: a leader group, a reservation, a rename or an end of the outer group', async () => {
    const { user, ask } = await attacker('groups.manage');
    const [admins, inner, leading] = [
      await doors.make('led admins', {}, { permissions: ['admin'] }),
      await doors.make('led inner'),
      await doors.make('led leaders'),
    ];
    await doors.put(admins, inner);
    await doors.do((work) =>
      governGroup(work, { group: admins.id, leaders: [{ type: 'group', id: leading.id }], at: 'change' }),
    );
    expect((await ask('PUT', `/groups/${leading.id}/members/users/${user.id}`)).status).toBe(201);
    for (const group of [admins, inner]) {
      const path = `/groups/${group.id}`;
      expect(codeOf(await ask('PUT', `${path}/members/users/${user.id}`))).toBe('group.protected');
      expect(codeOf(await ask('PUT', `${path}/members/groups/${leading.id}`))).toBe('group.protected');
      expect(codeOf(await ask('PATCH', path, { reservedTo: 'console' }))).toBe('group.protected');
      expect(codeOf(await ask('PATCH', path, { leaders: [{ type: 'user', id: user.id }] }))).toBe(
        'group.protected',
      );
      expect(codeOf(await ask('DELETE', path))).toBe('group.protected');
    }
    expect(codeOf(await ask('DELETE', `/groups/${admins.id}/members/groups/${inner.id}`))).toBe(
      'group.protected',
    );
    // Nesting the protected group in one's own gives its members what one's own group gives, and nobody more.
    const own = await doors.make('led own');
    expect((await ask('PUT', `/groups/${own.id}/members/groups/${admins.id}`)).status).toBeLessThan(300);
  });

  it('by a feed: a role that is protected, a name that is reserved, roles of a protected group', async () => {
    await doors.run('role', 'create', 'guarded-role', '--protected');
    await doors.run('reserved', 'add', 'kept', '--reason', 'for us');
    await doors.make('fed', {}, { permissions: ['audit.read'] });
    expect(await doors.feed(['some group,guarded-role,someone,,'])).toEqual(['role.protected']);
    expect(await doors.feed(['kept,,someone,,'])).toEqual(['group.name_reserved']);
    expect(await doors.feed(['fed,moderator,someone,,'])).toEqual(['group.protected']);
    expect(await doors.feed(['affiliation.staff,,someone,,'])).toEqual(['group.name_reserved']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { delegate } from '../../src/directory/delegations.ts';
import { governGroup, grantPermission, revokePermission } from '../../src/directory/governance.ts';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../../src/directory/groups.ts';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import { reserveName } from '../../src/directory/reserved-names.ts';
import { createRole, setGroupRoles } from '../../src/directory/roles.ts';
import { createUser } from '../../src/directory/users.ts';
import type { Work } from '../../src/directory/work.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Cast, codeOf, openCast } from './cast.ts';

describe('people who sign in', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await openCast();
  });
  afterAll(() => cast.close());

  const attempt = (who: UserRow, task: (work: Work) => Promise<unknown>): Promise<string> =>
    codeOf(cast.by(who, 'console', task));
  const put = (group: GroupRow, user: { readonly id: UserRow['id'] | GroupRow['id'] }) => (work: Work) =>
    addMember(work, { group: group.id, member: user.id });
  const take = (group: GroupRow, user: UserRow) => (work: Work) =>
    removeMember(work, { group: group.id, member: user.id });
  const holder = async (name: string, permission: string): Promise<UserRow> => {
    const user = await cast.user(name);
    await cast.do((work) => grantPermission(work, { user: user.id, permission }));
    return user;
  };

  it('J-14, J-15: a leader, itself or through a group, manages members of the groups it leads, and of no other', async () => {
    const [leader, second, user] = [await cast.user('l1'), await cast.user('l2'), await cast.user('m1')];
    const leaders = await cast.make('l leaders');
    await cast.do((work) => addMember(work, { group: leaders.id, member: second.id }));
    const refs = [
      { type: 'user', id: leader.id },
      { type: 'group', id: leaders.id },
    ] as const;
    const led = await cast.make('led', {}, { leaders: refs });
    const other = await cast.make('not led');
    const internal = await cast.make('led, internal', { internal: true }, { leaders: refs });
    for (const who of [leader, second]) {
      expect(await attempt(who, put(led, user))).toBe('done');
      expect(await attempt(who, take(led, user))).toBe('done');
      expect(await attempt(who, put(other, user))).toBe('actor.not_allowed');
      expect(await attempt(who, put(internal, user))).toBe('actor.not_allowed');
    }
    expect(
      await attempt(leader, (work) =>
        changeGroup(work, { group: led.id, ifMatch: null, edit: (state) => ({ ...state, open: true }) }),
      ),
    ).toBe('actor.not_allowed');
  });

  it('J-15: who leads nothing cannot even tell that a request is there', async () => {
    const [user, stranger] = [await cast.asker('m15'), await cast.asker('s15')];
    const request = await cast.ask(user, await cast.make('j15'));
    expect(await codeOf(cast.approve(stranger, request))).toBe('request.not_found');
    expect(await codeOf(cast.approve(user, request))).toBe('actor.not_allowed');
  });

  it('J-16: who has groups.manage manages all groups that are not internal', async () => {
    const [manager, user] = [await holder('manager', 'groups.manage'), await cast.asker('m16')];
    const [group, internal] = [await cast.make('j16'), await cast.make('j16 internal', { internal: true })];
    expect(await attempt(manager, put(group, user))).toBe('done');
    expect(await attempt(manager, put(internal, user))).toBe('actor.not_allowed');
    const asked = await cast.make('j16 asked');
    expect(await codeOf(cast.approve(manager, await cast.ask(user, asked)))).toBe('done');
    expect(await attempt(manager, (work) => createGroup(work, { ...newGroupState, name: 'j16 new' }))).toBe(
      'done',
    );
    expect(await attempt(user, (work) => createGroup(work, { ...newGroupState, name: 'j16 no' }))).toBe(
      'actor.not_allowed',
    );
    const newcomer = { userName: 'j16', active: true, externalId: null, document: {} };
    expect(await attempt(manager, (work) => createUser(work, newcomer))).toBe('actor.not_allowed');
  });

  it('J-17: only administrators add, approve and remove in a restricted group, nestings too', async () => {
    const [manager, admin, user] = [
      await holder('j17 manager', 'groups.manage'),
      await holder('j17 admin', 'admin'),
      await cast.asker('j17'),
    ];
    const group = await cast.make(
      'j17',
      { restricted: true, open: true },
      { leaders: [{ type: 'user', id: manager.id }] },
    );
    const inner = await cast.make('j17 inner');
    expect(await attempt(manager, put(group, user))).toBe('group.restricted');
    expect(await attempt(manager, put(group, inner))).toBe('group.restricted');
    expect(await attempt(manager, take(group, user))).toBe('group.restricted');
    const request = await cast.ask(user, group);
    expect(await codeOf(cast.approve(manager, request))).toBe('group.restricted');
    expect(
      await attempt(manager, (work) =>
        changeGroup(work, {
          group: group.id,
          ifMatch: null,
          edit: (state) => ({ ...state, restricted: false }),
        }),
      ),
    ).toBe('group.restricted');
    expect(await attempt(manager, (work) => deleteGroup(work, { group: group.id, ifMatch: null }))).toBe(
      'group.restricted',
    );
    expect(await codeOf(cast.approve(admin, request))).toBe('done');
    expect(await cast.members(group)).toEqual(['j17']);
    expect(await cast.leave(user, group)).toMatchObject({ outcome: 'requested' });
  });

  it('J-18: a delegation lets a member add or remove, nothing else, and ends with the membership', async () => {
    const [user, other] = [await cast.user('j18'), await cast.user('j18 other')];
    const group = await cast.make('j18');
    const give = (canAdd: boolean, canRemove: boolean) =>
      cast.do((work) => delegate(work, { group: group.id, user: user.id, canAdd, canRemove }));
    expect(await codeOf(give(true, false))).toBe('delegation.invalid');
    await cast.do(put(group, user));
    await give(true, false);
    expect(await attempt(user, put(group, other))).toBe('done');
    expect(await attempt(user, take(group, other))).toBe('actor.not_allowed');
    const onward = { group: group.id, user: other.id, canAdd: true, canRemove: false };
    expect(await attempt(user, (work) => delegate(work, onward))).toBe('actor.not_allowed');
    await give(false, true);
    expect(await attempt(user, take(group, other))).toBe('done');
    expect(await attempt(user, put(group, other))).toBe('actor.not_allowed');
    await cast.do(take(group, user));
    await cast.do(put(group, user));
    expect(await attempt(user, take(group, user))).toBe('actor.not_allowed');
  });

  it('J-19: nobody grants a permission or gives a role that they do not hold', async () => {
    const [manager, users, other] = [
      await holder('j19 manager', 'groups.manage'),
      await holder('j19 users', 'users.manage'),
      await cast.user('j19 other'),
    ];
    const grant = (permission: string) => (work: Work) =>
      grantPermission(work, { user: other.id, permission });
    expect(await attempt(users, grant('admin'))).toBe('permission.not_held');
    expect(await attempt(users, grant('groups.request'))).toBe('permission.not_held');
    expect(await attempt(users, grant('users.manage'))).toBe('done');
    expect(
      await attempt(manager, (work) =>
        revokePermission(work, { user: other.id, permission: 'users.manage' }),
      ),
    ).toBe('permission.not_held');
    const group = await cast.make('j19');
    const confer = (permissions: readonly string[]) => (work: Work) =>
      governGroup(work, { group: group.id, permissions, at: 'change' });
    expect(await attempt(manager, confer(['admin']))).toBe('permission.not_held');
    expect(await attempt(manager, confer(['nonsense']))).toBe('permission.invalid');
    const roles = (names: readonly string[]) => (work: Work) =>
      setGroupRoles(work, { group: group.id, roles: names, at: 'change' });
    expect(await attempt(manager, roles(['publisher']))).toBe('role.not_held');
    const publishers = await cast.make('j19 publishers', { roles: ['publisher'] });
    await cast.do(put(publishers, manager));
    expect(await attempt(manager, roles(['publisher']))).toBe('done');
    await cast.do((work) => createRole(work, { name: 'root', protected: true }));
    await cast.do((work) =>
      changeGroup(work, {
        group: publishers.id,
        ifMatch: null,
        edit: (state) => ({ ...state, roles: ['root'] }),
      }),
    );
    expect(await attempt(manager, roles(['root']))).toBe('role.protected');
    expect(await attempt(manager, (work) => reserveName(work, { name: 'x', reason: 'y' }))).toBe(
      'actor.not_allowed',
    );
  });

  it('J-20: nobody but an administrator changes a protected group, or what is nested in it, by any way', async () => {
    const [manager, user] = [await holder('j20 manager', 'groups.manage'), await cast.user('j20')];
    const leaders = [{ type: 'user', id: manager.id }] as const;
    const inner = await cast.make('j20 inner', {}, { leaders });
    const group = await cast.make('j20', {}, { leaders, permissions: ['users.manage'] });
    await cast.do(put(group, inner));
    const free = await cast.make('j20 free', {}, { leaders });
    for (const target of [group, inner]) {
      expect(await attempt(manager, put(target, manager))).toBe('group.protected');
      expect(await attempt(manager, put(target, free))).toBe('group.protected');
      expect(await attempt(manager, take(target, user))).toBe('group.protected');
      expect(
        await attempt(manager, (work) =>
          governGroup(work, { group: target.id, leaders: [{ type: 'user', id: user.id }], at: 'change' }),
        ),
      ).toBe('group.protected');
      expect(
        await attempt(manager, (work) =>
          setGroupRoles(work, { group: target.id, roles: ['member'], at: 'change' }),
        ),
      ).toMatch(/group.protected|role.not_held/);
      expect(
        await attempt(manager, (work) =>
          changeGroup(work, {
            group: target.id,
            ifMatch: null,
            edit: (state) => ({ ...state, name: 'mine' }),
          }),
        ),
      ).toBe('group.protected');
      expect(
        await attempt(manager, (work) =>
          governGroup(work, { group: target.id, permissions: [], at: 'change' }),
        ),
      ).toMatch(/group.protected|done/);
      expect(await attempt(manager, (work) => deleteGroup(work, { group: target.id, ifMatch: null }))).toBe(
        'group.protected',
      );
      const delegation = { group: target.id, user: manager.id, canAdd: true, canRemove: true };
      expect(await attempt(manager, (work) => delegate(work, delegation))).toBe('group.protected');
      expect(
        await attempt(manager, (work) =>
          governGroup(work, { group: target.id, trustedSources: ['csv'], at: 'change' }),
        ),
      ).toBe('group.protected');
    }
    expect((await cast.person(manager)).permissions.has('users.manage')).toBe(false);
  });

  it('J-20: a protected group is never open or public, from whichever side it is tried', async () => {
    const change = (group: GroupRow, flags: object) =>
      codeOf(
        cast.do((work) =>
          changeGroup(work, { group: group.id, ifMatch: null, edit: (state) => ({ ...state, ...flags }) }),
        ),
      );
    const confer = (group: GroupRow, permissions: readonly string[]) =>
      codeOf(cast.do((work) => governGroup(work, { group: group.id, permissions, at: 'change' })));
    const group = await cast.make('j20 closed', {}, { permissions: ['audit.read'] });
    expect(await change(group, { open: true })).toBe('group.protected_open');
    expect(await change(group, { public: true })).toBe('group.protected_open');
    const open = await cast.make('j20 open', { open: true });
    expect(await confer(open, ['audit.read'])).toBe('group.protected_open');
    expect(await confer(open, ['groups.request'])).toBe('done');
    const between = await cast.make('j20 between');
    await cast.do(put(between, open));
    expect(await codeOf(cast.do(put(group, between)))).toBe('group.protected_open');
    expect(await confer(between, ['admin'])).toBe('group.protected_open');
  });

  it('J-20: joining a protected group is asked for, and only an administrator lets in', async () => {
    const [manager, admin, user] = [
      await holder('j20 m', 'groups.manage'),
      await holder('j20 a', 'admin'),
      await cast.asker('j20 u'),
    ];
    const group = await cast.make('j20 asked', {}, { permissions: ['audit.read'] });
    const request = await cast.ask(user, group);
    expect(await codeOf(cast.approve(manager, request))).toBe('group.protected');
    expect(await codeOf(cast.approve(admin, request))).toBe('done');
  });

  it('J-20: a trusted source changes its protected group, another one does not', async () => {
    const user = await cast.user('j20 trusted');
    const group = await cast.make(
      'j20 trusting',
      {},
      { permissions: ['audit.read'], trustedSources: ['csv'] },
    );
    const asFeed = (source: string) =>
      codeOf(
        cast.as(source, (work) =>
          editMembers(
            { ...work, by: { ...work.by, actor: { kind: 'feed', id: source } } },
            { group: group.id, steps: [{ do: 'add', members: [user.id] }] },
          ),
        ),
      );
    expect(await asFeed('self-service')).toBe('group.protected');
    expect(await asFeed('csv')).toBe('done');
  });

  it('D-05: a reserved name is taken by nobody, in any spelling', async () => {
    await cast.do((work) => reserveName(work, { name: 'Räte', reason: 'they decide' }));
    const make = (name: string) => codeOf(cast.do((work) => createGroup(work, { ...newGroupState, name })));
    expect(await make(' RÄTE ')).toBe('group.name_reserved');
    const group = await cast.make('d05');
    const rename = cast.do((work) =>
      changeGroup(work, {
        group: group.id,
        ifMatch: null,
        edit: (state) => ({ ...state, name: 'ra\u0308te' }),
      }),
    );
    expect(await codeOf(rename)).toBe('group.name_reserved');
  });
});

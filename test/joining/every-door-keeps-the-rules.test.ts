import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attribution } from '../../src/core/attribution.ts';
import { readRule } from '../../src/core/rules.ts';
import type { Json } from '../../src/core/scim/json.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { governGroup } from '../../src/directory/governance.ts';
import { changeGroup, type GroupState } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { approvePlan, requirePlan } from '../../src/plans/decisions.ts';
import { feedPlans } from '../../src/sources/feeds/held-plans.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import type { Answered } from '../api/api-server.ts';
import { GROUP } from '../scim/door.ts';
import { type Doors, openDoors, type Ran } from './doors.ts';

/** How somebody's wish is handed in. Answers its outcome, or the code of the refusal. */
interface WishDoor {
  wish(kind: 'join' | 'leave', user: UserRow, group: GroupRow): Promise<string>;
  decide(word: string, request: string, decider: UserRow): Promise<string>;
}

type Who = 'stranger' | 'asker' | 'member' | 'nested';

interface Row {
  readonly rule: string;
  readonly flags?: Partial<GroupState>;
  readonly gives?: readonly string[];
  readonly who: Who;
  readonly wish: 'join' | 'leave';
  readonly comes: string;
  /** What the same wish comes to right after. */
  readonly again?: string;
}

const inGroup = { who: 'member', wish: 'leave' } as const;
const outside = { who: 'asker', wish: 'join' } as const;
const table: readonly Row[] = [
  {
    rule: 'J-01 join',
    ...outside,
    flags: { internal: true, open: true, public: true },
    comes: 'group.internal',
  },
  { rule: 'J-01 leave', ...inGroup, flags: { internal: true, open: true }, comes: 'group.internal' },
  { rule: 'J-02 open', ...outside, flags: { hidden: true, open: true }, comes: 'joined' },
  { rule: 'J-02 not open', ...outside, flags: { hidden: true }, comes: 'requested' },
  { rule: 'J-03', ...outside, flags: { open: true }, comes: 'joined', again: 'join.already_member' },
  { rule: 'J-04 J-07', ...outside, comes: 'requested', again: 'request.pending' },
  { rule: 'J-05 open', ...inGroup, flags: { open: true }, comes: 'left', again: 'leave.not_member' },
  { rule: 'J-05 autoLeave', ...inGroup, flags: { autoLeave: 'on' }, comes: 'left' },
  { rule: 'J-06 J-07', ...inGroup, comes: 'requested', again: 'request.pending' },
  { rule: 'J-06 off', ...inGroup, flags: { autoLeave: 'off' }, comes: 'requested' },
  { rule: 'J-08 listed', who: 'member', wish: 'join', flags: { open: true }, comes: 'join.already_member' },
  { rule: 'J-08 nested', who: 'nested', wish: 'join', flags: { open: true }, comes: 'join.already_member' },
  { rule: 'J-08 leave', who: 'nested', wish: 'leave', flags: { open: true }, comes: 'leave.indirect' },
  { rule: 'J-09', who: 'stranger', wish: 'join', flags: { open: true }, comes: 'join.not_permitted' },
  { rule: 'J-10', who: 'stranger', wish: 'join', flags: { open: true, public: true }, comes: 'joined' },
  { rule: 'J-10 not open', who: 'stranger', wish: 'join', flags: { public: true }, comes: 'requested' },
  { rule: 'J-12 join', ...outside, flags: { open: true, reservedTo: 'console' }, comes: 'group.reserved' },
  { rule: 'J-12 leave', ...inGroup, flags: { open: true, reservedTo: 'console' }, comes: 'group.reserved' },
  {
    rule: 'J-12 automatic',
    ...outside,
    flags: { open: true, rule: readRule(buildRegistry([]), 'title eq "nobody"') },
    comes: 'group.automatic',
  },
  { rule: 'J-17 join', ...outside, flags: { restricted: true, open: true }, comes: 'requested' },
  { rule: 'J-17 leave', ...inGroup, flags: { restricted: true, autoLeave: 'on' }, comes: 'requested' },
  { rule: 'J-20', ...outside, gives: ['audit.read'], comes: 'requested' },
];

describe('over every door', () => {
  let doors: Doors;
  let registrar: UserRow;
  /** All scopes but admin. */
  let token: string;
  const wishDoors: Record<string, WishDoor> = {};
  beforeAll(async () => {
    doors = await openDoors();
    registrar = await doors.holder('registrar', 'admin');
    token = await doors.tokenFor('portal', [
      ...(['directory.read', 'directory.write', 'requests.write', 'groups.govern'] as const),
      ...(['imports.write', 'targets.write', 'clients.write', 'audit.read'] as const),
    ]);
    wishDoors.session = {
      wish: async (kind, user, group) =>
        outcomeOf(await (await doors.session(user))('POST', `/groups/${group.id}/${kind}`, {})),
      decide: async (word, request, decider) =>
        outcomeOf(await (await doors.session(decider))('POST', `/requests/${request}/${word}`, {})),
    };
    wishDoors.token = {
      wish: async (kind, user, group) =>
        outcomeOf(await doors.ask('POST', `/groups/${group.id}/${kind}`, { token, body: { user: user.id } })),
      decide: async (word, request, decider) =>
        outcomeOf(
          await doors.ask('POST', `/requests/${request}/${word}`, { token, body: { user: decider.id } }),
        ),
    };
    wishDoors.command = {
      wish: async (kind, user, group) => codeOf(await doors.run(kind, group.id, '--user', user.id, '--json')),
      decide: async (word, request, decider) =>
        codeOf(await doors.run('requests', word, request, '--as', decider.id, '--json')),
    };
  });
  afterAll(() => doors.close());

  const outcomeOf = ({ body }: Answered): string =>
    (body as { code?: string }).code ?? body.outcome ?? body.state;
  const codeOf = ({ out, err }: Ran): string => {
    const said = JSON.parse(out === '' ? err : out) as { outcome?: string; state?: string; error?: string };
    return said.outcome ?? said.state ?? said.error ?? '';
  };
  let count = 0;
  const prepare = async ({ rule, flags, gives, who }: Row): Promise<{ user: UserRow; group: GroupRow }> => {
    count += 1;
    const name = `${rule} ${count}`;
    const user = await (who === 'stranger' ? doors.user(name) : doors.asker(name));
    const group = await doors.make(name, flags, gives === undefined ? {} : { permissions: gives });
    if (who === 'member') await doors.put(group, user);
    if (who === 'nested') {
      const inner = await doors.make(`${name} inner`);
      await doors.put(inner, user);
      await doors.put(group, inner);
    }
    return { user, group };
  };

  it.each(['session', 'token', 'command'])(
    'J-01 to J-10, J-12, J-17, J-20: the table of joining and leaving, by %s',
    async (name) => {
      const door = wishDoors[name];
      if (door === undefined) throw new Error('No such door.');
      for (const row of table) {
        const { user, group } = await prepare(row);
        const comes = await door.wish(row.wish, user, group);
        const again = row.again === undefined ? undefined : await door.wish(row.wish, user, group);
        expect([row.rule, comes, again]).toEqual([row.rule, row.comes, row.again]);
        const waiting = await doors.database.rows({ text: 'select from join_request where group_n = $1' }, [
          group.n,
        ]);
        expect([row.rule, waiting.length]).toEqual([row.rule, row.comes === 'requested' ? 1 : 0]);
      }
    },
  );

  it.each(['session', 'token', 'command'])(
    'J-09, J-13 to J-17, J-20: who decides of a request, and when it cannot be, by %s',
    async (name) => {
      const door = wishDoors[name];
      if (door === undefined) throw new Error('No such door.');
      count += 1;
      const [leader, second, manager, stranger] = [
        await doors.user(`${name} leader`),
        await doors.user(`${name} second`),
        await doors.holder(`${name} manager`, 'groups.manage'),
        await doors.asker(`${name} stranger`),
      ];
      const led = await doors.make(`${name} leaders`);
      await doors.put(led, second);
      const leaders = [
        { type: 'user', id: leader.id },
        { type: 'group', id: led.id },
      ] as const;
      const asked = async (flags: Partial<GroupState> = {}, permissions: readonly string[] = []) => {
        count += 1;
        const user = await doors.asker(`${name} asks ${count}`);
        const group = await doors.make(`${name} asked ${count}`, flags, { leaders, permissions });
        expect(await door.wish('join', user, group)).toBe('requested');
        const [row] = await doors.database.rows<{ id: string }>(
          { text: 'select id from join_request where group_n = $1' },
          [group.n],
        );
        return { user, group, request: row?.id ?? '' };
      };
      const isIn = async ({ user, group }: { user: UserRow; group: GroupRow }): Promise<boolean> =>
        (
          await doors.database.rows({ text: 'select from assertion where group_n = $1 and member_n = $2' }, [
            ...[group.n, user.n],
          ])
        ).length > 0;

      for (const decider of [leader, second, manager]) {
        const one = await asked();
        expect(await door.decide('approve', one.request, stranger)).toBe('request.not_found');
        expect(await door.decide('approve', one.request, one.user)).toBe('actor.not_allowed');
        expect(await isIn(one)).toBe(false);
        expect(await door.decide('approve', one.request, decider)).toBe('approved');
        expect(await isIn(one)).toBe(true);
        expect(await door.decide('deny', one.request, decider)).toBe('request.decided');
      }
      const denied = await asked();
      expect(await door.decide('deny', denied.request, leader)).toBe('denied');
      expect(await door.decide('approve', denied.request, leader)).toBe('request.decided');
      expect(await isIn(denied)).toBe(false);
      const cancelled = await asked();
      expect(await door.decide('cancel', cancelled.request, stranger)).toBe('request.not_found');
      expect(await door.decide('cancel', cancelled.request, cancelled.user)).toBe('cancelled');
      expect(await door.decide('approve', cancelled.request, leader)).toBe('request.decided');

      const restricted = await asked({ restricted: true });
      for (const decider of [leader, manager])
        expect(await door.decide('approve', restricted.request, decider)).toBe('group.restricted');
      const guarded = await asked({}, ['audit.read']);
      for (const decider of [leader, manager])
        expect(await door.decide('approve', guarded.request, decider)).toBe('group.protected');
      // A program lends itself no authority by naming an administrator.
      const isToken = name === 'token';
      expect(await door.decide('approve', restricted.request, registrar)).toBe(
        isToken ? 'group.restricted' : 'approved',
      );
      expect(await door.decide('approve', guarded.request, registrar)).toBe(
        isToken ? 'group.protected' : 'approved',
      );

      const lost = await asked();
      await doors.database.rows({ text: 'delete from assertion where group_n = $1 and member_n = $2' }, [
        doors.member.n,
        lost.user.n,
      ]);
      expect(await door.decide('approve', lost.request, leader)).toBe('join.not_permitted');
      const reserved = await asked();
      const inward = await asked();
      const change = (group: GroupRow, flags: Partial<GroupState>) =>
        doors.do((work) =>
          changeGroup(work, { group: group.id, ifMatch: null, edit: (state) => ({ ...state, ...flags }) }),
        );
      await change(reserved.group, { reservedTo: 'csv' });
      expect(await door.decide('approve', reserved.request, leader)).toBe('group.reserved');
      await change(inward.group, { internal: true });
      expect(await door.decide('approve', inward.request, leader)).toBe('request.not_found');
      expect(await door.decide('approve', inward.request, registrar)).toBe('group.internal');
    },
  );

  describe('J-17, J-20, D-03, D-14: who writes members', () => {
    type Ended = string | number;
    /** Every way to change the group, by its name. */
    type Ways = Readonly<Record<string, () => Promise<Ended>>>;
    interface Tried {
      readonly group: GroupRow;
      readonly user: UserRow;
      readonly inner: GroupRow;
    }
    const patches: Readonly<Record<string, object>> = {
      name: { name: 'mine' },
      internal: { internal: true },
      open: { open: true },
      restricted: { restricted: false },
      roles: { roles: [] },
      leaders: { leaders: [] },
      permissions: { permissions: [] },
      trust: { trustedSources: ['csv', 'portal'] },
      rule: { rule: 'active eq true' },
      reserved: { reservedTo: 'portal' },
    };
    const overApi = (
      ask: (method: string, path: string, body?: unknown) => Promise<Answered>,
      { group, user, inner }: Tried,
    ): Ways => {
      const path = `/groups/${group.id}`;
      const status = async (method: string, at: string, body?: object): Promise<number> =>
        (await ask(method, `${path}${at}`, body)).status;
      const both = { canAdd: true, canRemove: true };
      return {
        add: () => status('PUT', `/members/users/${user.id}`),
        remove: () => status('DELETE', `/members/users/${registrar.id}`),
        nest: () => status('PUT', `/members/groups/${inner.id}`),
        delegate: () => status('PUT', `/delegations/${registrar.id}`, both),
        delete: () => status('DELETE', ''),
        ...Object.fromEntries(
          Object.entries(patches).map(([what, patch]) => [what, () => status('PATCH', '', patch)]),
        ),
      };
    };
    const overScim = async ({ group: { id, name }, user, inner }: Tried): Promise<Ways> => {
      const client = await doors.scim.client({ scopes: ['scim.read', 'scim.write', 'groups.govern'] });
      const value = [{ value: user.id }];
      const extension = 'urn:muster:params:scim:schemas:extension:2.0:Group';
      const patch = async (operation: Json): Promise<number> =>
        (await client.patch(`/Groups/${id}`, operation)).status;
      const flag = (at: string, set: Json) => (): Promise<number> =>
        patch({ op: 'replace', path: `${extension}:${at}`, value: set });
      return {
        add: () => patch({ op: 'add', path: 'members', value }),
        remove: () => patch({ op: 'remove', path: `members[value eq "${registrar.id}"]` }),
        replace: () => patch({ op: 'replace', path: 'members', value }),
        clear: () => patch({ op: 'remove', path: 'members' }),
        nest: () => patch({ op: 'add', path: 'members', value: [{ value: inner.id }] }),
        put: async () =>
          (await client.send('PUT', `/Groups/${id}`, { schemas: [GROUP], displayName: name, members: value }))
            .status,
        bulk: () => bulkStatus(client, id, user),
        delete: async () => (await client.send('DELETE', `/Groups/${id}`)).status,
        name: () => patch({ op: 'replace', path: 'displayName', value: 'mine' }),
        roles: flag('roles', []),
        rule: flag('rule', 'active eq true'),
        open: flag('open', true),
        restricted: flag('restricted', false),
        reserved: flag('reservedTo', 'portal'),
      };
    };
    const overFeed = ({ group: { name }, user, inner }: Tried): Ways => {
      const row = (text: string) => async (): Promise<string> => (await doors.feed([text]))[0] ?? '';
      return {
        add: row(`${name},,${user.user_name ?? ''},,`),
        nest: row(`${name},,${inner.name},true,`),
        remove: row(`${name},,registrar,,delete`),
        all: row(`${name},,*,,delete`),
        roles: row(`${name},moderator,registrar,,`),
      };
    };
    const waysOf = async (name: string, manager: UserRow, tried: Tried): Promise<Ways> => {
      switch (name) {
        case 'session':
          return overApi(await doors.session(manager), tried);
        case 'token':
          return overApi((method, path, body) => doors.ask(method, path, { token, body }), tried);
        case 'scim':
          return overScim(tried);
        default:
          return overFeed(tried);
      }
    };
    const MEMBERS = ['add', 'remove', 'nest', 'replace', 'clear', 'put', 'bulk', 'all', 'delegate'];
    const REFUSED: readonly Ended[] = [
      400,
      403,
      409,
      '400',
      '403',
      '409',
      'group.protected',
      'group.restricted',
    ];
    const endsOf = async (ways: Ways, names: readonly string[] | null): Promise<[string, Ended][]> => {
      const ended: [string, Ended][] = [];
      for (const [what, way] of Object.entries(ways))
        if (names === null || names.includes(what)) ended.push([what, await way()]);
      return ended;
    };
    const listed = async ({ n }: GroupRow): Promise<number[]> =>
      (
        await doors.database.rows<{ n: number }>(
          { text: 'select member_n as n from assertion where group_n = $1 and not suppressed order by 1' },
          [n],
        )
      ).map((row) => row.n);
    const bulkStatus = async (
      client: Awaited<ReturnType<Doors['scim']['client']>>,
      group: string,
      user: UserRow,
    ): Promise<string> => {
      const data = {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'add', path: 'members', value: [{ value: user.id }] }],
      };
      const answer = await client.send('POST', '/Bulk', {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations: [{ method: 'PATCH', path: `/Groups/${group}`, data }],
      });
      return (answer.body as unknown as { Operations: { status: string }[] }).Operations[0]?.status ?? '';
    };

    it.each(['session', 'token', 'scim', 'feed'])(
      'a %s that is no administrator changes nothing of a protected group, nor of what is nested in it',
      async (name) => {
        const [manager, user] = [
          await doors.holder(`w ${name}`, 'groups.manage'),
          await doors.asker(`u ${name}`),
        ];
        const leaders = [{ type: 'user', id: manager.id }] as const;
        const [outer, nested, free] = [
          await doors.make(`outer ${name}`, { roles: [] }, { leaders, permissions: ['admin'] }),
          await doors.make(`nested ${name}`, {}, { leaders }),
          await doors.make(`free ${name}`, {}, { leaders }),
        ];
        await doors.put(outer, nested);
        for (const group of [outer, nested]) await doors.put(group, registrar);
        const before = await doors.picture();
        for (const group of [outer, nested]) {
          const ended = await endsOf(await waysOf(name, manager, { group, user, inner: free }), null);
          const done = ended.filter(([, end]) => !REFUSED.includes(end)).map(([what]) => what);
          // What is so already needs no leave: the group gives no roles, is not restricted, and may have no grants.
          const same = name === 'feed' ? [] : ['roles', 'restricted', 'permissions'];
          expect(done.filter((what) => !same.includes(what))).toEqual([]);
          expect(ended.length).toBeGreaterThan(4);
        }
        expect(await doors.picture()).toBe(before);
      },
    );

    it.each(['session', 'token', 'scim', 'feed'])(
      'a %s that is no administrator changes no members of a restricted group, by no rule and no end of it',
      async (name) => {
        const manager = await doors.holder(`r ${name}`, 'groups.manage');
        const user = await doors.asker(`r user ${name}`);
        const leaders = [{ type: 'user', id: manager.id }] as const;
        const group = await doors.make(`r ${name}`, { restricted: true }, { leaders });
        const inner = await doors.make(`r free ${name}`, {}, { leaders });
        await doors.put(group, registrar);
        const ways = await waysOf(name, manager, { group, user, inner });
        const ended = await endsOf(ways, [...MEMBERS, 'restricted', 'rule', 'delete']);
        expect(ended.filter(([, end]) => !REFUSED.includes(end))).toEqual([]);
        expect(await listed(group)).toEqual([registrar.n]);
      },
    );

    it.each(['session', 'token', 'scim', 'feed'])(
      'D-03, D-14: a %s writes no members that belong to another source or follow from facts',
      async (name) => {
        const manager = await doors.holder(`d ${name}`, 'admin');
        const user = await doors.asker(`d user ${name}`);
        const rule = readRule(buildRegistry([]), 'title eq "nobody"');
        const inner = await doors.make(`d inner ${name}`);
        for (const flags of [{ reservedTo: 'system' }, { rule }]) {
          const group = await doors.make(`d ${name} ${Object.keys(flags).join()}`, flags);
          const ways = await waysOf(name, manager, { group, user, inner });
          const ended = await endsOf(ways, ['add', 'nest', 'put', 'bulk', 'all']);
          const refused = [...REFUSED, 'group.reserved', 'group.automatic'];
          // A PUT that says the same of a group whose members follow from facts leaves them as they are.
          const left = 'rule' in flags ? ['put'] : [];
          const done = ended.filter(([what, end]) => !refused.includes(end) && !left.includes(what));
          expect(done).toEqual([]);
          expect(await listed(group)).toEqual([]);
        }
      },
    );

    it('J-20: a source that a protected group trusts writes its members over its own door', async () => {
      const client = await doors.scim.client({ name: 'trusted client' });
      const governance = { permissions: ['users.manage'], trustedSources: ['csv', 'trusted client'] };
      const group = await doors.make('trusting', {}, governance);
      const one = await doors.user('trusted one');
      await doors.user('trusted two');
      const value = [{ value: one.id }];
      const patch = async (by: typeof client, operation: Json): Promise<number> =>
        (await by.patch(`/Groups/${group.id}`, operation)).status;
      expect(await patch(client, { op: 'add', path: 'members', value })).toBe(204);
      expect(await patch(await doors.scim.client(), { op: 'remove', path: 'members' })).toBe(403);
      expect(await doors.feed(['trusting,,trusted two,,'])).not.toContain('group.protected');
      await doors.do((work) => governGroup(work, { group: group.id, trustedSources: [], at: 'change' }));
      expect(await doors.feed(['trusting,,trusted two,,delete'])).toEqual(['group.protected']);
      expect(await patch(client, { op: 'remove', path: 'members' })).toBe(403);
      expect(await listed(group)).toContain(one.n);
    });
  });

  it('D-03: of a reserved group the console may be let besides, and nobody else', async () => {
    const [manager, user] = [
      await doors.holder('besides', 'groups.manage'),
      await doors.asker('besides user'),
    ];
    const group = await doors.make('besides', { reservedTo: 'csv', open: true });
    const path = `/groups/${group.id}/members/users/${user.id}`;
    const ask = await doors.session(manager);
    expect((await ask('PUT', path)).body.code).toBe('group.reserved');
    expect((await doors.ask('PATCH', `/groups/${group.id}`, { body: { consoleBesides: true } })).status).toBe(
      200,
    );
    expect((await ask('PUT', path)).status).toBe(201);
    expect((await doors.ask('DELETE', path, { token })).body.code).toBe('group.reserved');
    expect(await wishDoors.session?.wish('leave', user, group)).toBe('group.reserved');
    const client = await doors.scim.client();
    expect((await client.patch(`/Groups/${group.id}`, { op: 'remove', path: 'members' })).status).toBe(400);
    expect(await doors.feed([`besides,,${user.user_name ?? ''},,delete`])).toEqual(['applied']);
  });

  it('J-11: losing groups.request ends what it gave, whichever door takes it away', async () => {
    const client = await doors.scim.client();
    const ways: Record<string, (user: UserRow, letting: GroupRow) => Promise<unknown>> = {
      session: async (user, letting) =>
        (await doors.session(registrar))('DELETE', `/groups/${letting.id}/members/users/${user.id}`),
      token: (user, letting) =>
        doors.ask('DELETE', `/groups/${letting.id}/members/users/${user.id}`, { token }),
      scim: (user, letting) =>
        client.patch(`/Groups/${letting.id}`, { op: 'remove', path: `members[value eq "${user.id}"]` }),
      'scim deletion': (_, letting) => client.send('DELETE', `/Groups/${letting.id}`),
      feed: (user, letting) => doors.feed([`${letting.name},,${user.user_name ?? ''},,delete`]),
      command: (user, letting) => doors.run('group', 'remove', letting.id, user.id),
      'command revokes': (_, letting) =>
        doors.run('permission', 'revoke', 'groups.request', '--group', letting.id),
      'command deletes': (_, letting) => doors.run('group', 'delete', letting.id, '--yes'),
      'api revokes': (_, letting) =>
        doors.ask('PATCH', `/groups/${letting.id}`, { body: { permissions: [] } }),
      'api rule': (_, letting) =>
        doors.ask('PATCH', `/groups/${letting.id}`, { body: { rule: 'title eq "nobody"' } }),
      self: async (user, letting) => (await doors.session(user))('POST', `/groups/${letting.id}/leave`, {}),
    };
    // The same where the user is in it through a group that goes, or that it stops listing.
    const nested: Record<string, (inner: GroupRow, letting: GroupRow, user: UserRow) => Promise<unknown>> = {
      'token un-nests': (inner, letting) =>
        doors.ask('DELETE', `/groups/${letting.id}/members/groups/${inner.id}`, { token }),
      'scim un-nests': (_, letting) =>
        client.patch(`/Groups/${letting.id}`, { op: 'remove', path: 'members' }),
      'feed un-nests': (inner, letting) => doors.feed([`${letting.name},,${inner.name},true,delete`]),
      'feed empties': (_, letting) => doors.feed([`${letting.name},,*,true,delete`]),
      'feed removes below': (inner, _, user) =>
        doors.feed([`${inner.name},,${user.user_name ?? ''},,delete`]),
      'command un-nests': (inner, letting) => doors.run('group', 'remove', letting.id, inner.id),
      'command edits the rule': (_, letting) =>
        doors.run('group', 'edit', letting.id, '--rule', 'title eq "x"'),
      'command deletes the outer': (_, letting) => doors.run('group', 'delete', letting.id, '--yes'),
      'command deletes the inner': (inner) => doors.run('group', 'delete', inner.id, '--yes'),
    };
    for (const way of [...Object.keys(ways), ...Object.keys(nested)]) {
      const user = await doors.user(`loses by ${way}`);
      const letting = await doors.make(`lets ${way}`, { open: true }, { permissions: ['groups.request'] });
      const inner = await doors.make(`below ${way}`);
      if (way in nested) {
        await doors.as('csv', (work) => addMember(work, { group: inner.id, member: user.id }));
        await doors.put(letting, inner);
      } else await doors.put(letting, user);
      const [own, kept, asked] = [
        await doors.make(`own ${way}`, { open: true }),
        await doors.make(`public ${way}`, { open: true, public: true }),
        await doors.make(`asked ${way}`),
      ];
      for (const group of [own, kept, asked]) await wishDoors.session?.wish('join', user, group);
      await ways[way]?.(user, letting);
      await nested[way]?.(inner, letting, user);
      const rows = await doors.database.rows<{ name: string }>(
        {
          text: `select g.name from assertion a join groups g on g.n = a.group_n
                 where a.member_n = $1 and not a.suppressed and g.deleted_at is null`,
        },
        [user.n],
      );
      const left = rows.map(({ name }) => name).filter((name) => name !== inner.name);
      expect([way, left]).toEqual([way, [kept.name]]);
      const waiting = await doors.database.rows(
        { text: `select from join_request where user_n = $1 and state = 'pending'` },
        [user.n],
      );
      expect([way, waiting.length]).toEqual([way, 0]);
    }
  });

  it('J-11: an import that takes groups.request from many is held with all that it would end, and ends it once approved', async () => {
    const letting = await doors.make('lets a class', {}, { permissions: ['groups.request'] });
    const [club, open, asked] = [
      await doors.make('club of the class', { open: true }),
      await doors.make('open to the class', { open: true, public: true }),
      await doors.make('asked by the class'),
    ];
    const pupils: UserRow[] = [];
    for (let at = 0; at < 6; at += 1) pupils.push(await doors.user(`pupil ${at}`));
    await doors.feed(pupils.map(({ user_name: name }) => `lets a class,,${name ?? ''},,`));
    for (const pupil of pupils)
      for (const group of [club, open, asked]) await wishDoors.session?.wish('join', pupil, group);
    const before = await doors.picture();
    const held = await doors.file('group,role,username,isgroup,action\nlets a class,,*,,delete\n');
    expect(held.state).toBe('held');
    expect(await doors.picture()).toBe(before);
    const { items } = (await doors.ask('GET', `/plans/${held.plan}/people`)).body as {
      readonly items: readonly { readonly group: { readonly name: string }; readonly leaving: number }[];
    };
    const leaving = items.map(({ group, leaving: n }) => `${group.name}: ${n}`).sort();
    expect(leaving).toEqual(['club of the class: 6', 'lets a class: 6']);
    const plan = await requirePlan(doors.database, held.plan);
    const by: Attribution = {
      ...{ actor: { kind: 'operator', id: 'eve' }, onBehalfOf: null, source: 'console', requestId: null },
      origin: { kind: 'command', command: 'test' },
    };
    const parts = {
      database: doors.database,
      wake: () => undefined,
      kinds: { feed: feedPlans(doors.feeds) },
    };
    await approvePlan(parts, { plan: plan.id, hash: plan.hash, reason: 'they have left', by });
    const countIn = async ({ n }: GroupRow): Promise<number> =>
      (
        await doors.database.rows({ text: 'select from assertion where group_n = $1 and not suppressed' }, [
          n,
        ])
      ).length;
    expect([await countIn(letting), await countIn(club), await countIn(open)]).toEqual([0, 0, 6]);
    const waiting = await doors.database.rows(
      { text: `select from join_request where group_n = $1 and state = 'pending'` },
      [asked.n],
    );
    expect(waiting).toHaveLength(0);
  });
});

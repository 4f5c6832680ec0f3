import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import { ensureFeedSource } from '../../src/store/sources.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Ask, type Doors, openDoors } from '../joining/doors.ts';
import { GROUP, type Client } from '../scim/door.ts';

interface Pair {
  readonly group: GroupRow;
  readonly user: UserRow;
}

type Add = readonly [string, (pair: Pair) => Promise<unknown>];

describe('D-02: an explicit removal, over whichever door', () => {
  let doors: Doors;
  let scim: Client;
  let leader: UserRow;
  let asLeader: Ask;
  beforeAll(async () => {
    doors = await openDoors();
    scim = await doors.scim.client();
    leader = await doors.user('leader');
    asLeader = await doors.session(leader);
    await ensureFeedSource(doors.database, 'other');
  });
  afterAll(() => doors.close());

  const row = ({ group, user }: Pair, action = ''): string =>
    `${group.name},,${user.user_name ?? ''},,${action}`;
  const path = ({ group, user }: Pair): string => `/groups/${group.id}/members/users/${user.id}`;

  const ends: Readonly<Record<string, (pair: Pair) => Promise<unknown>>> = {
    'a SCIM remove': ({ group, user }) =>
      scim.patch(`/Groups/${group.id}`, { op: 'remove', path: `members[value eq "${user.id}"]` }),
    'a SCIM replace': ({ group }) =>
      scim.send('PUT', `/Groups/${group.id}`, { schemas: [GROUP], displayName: group.name, members: [] }),
    'a row that deletes': (pair) => doors.feed([row(pair, 'delete')]),
    'a row that deletes everybody': ({ group }) => doors.feed([`${group.name},,*,,delete`]),
    'an administrator': (pair) => doors.ask('DELETE', path(pair)),
    'a leader': (pair) => asLeader('DELETE', path(pair)),
    leaving: async ({ group, user }) => (await doors.session(user))('POST', `/groups/${group.id}/leave`),
  };
  const adds: readonly [Add, ...Add[]] = [
    [
      'a SCIM add',
      ({ group, user }) =>
        scim.patch(`/Groups/${group.id}`, { op: 'add', path: 'members', value: [{ value: user.id }] }),
    ],
    ['a row that imports', (pair) => doors.feed([row(pair, 'import')])],
    ['a person', (pair) => asLeader('PUT', path(pair))],
  ];
  const assertions = ({ group, user }: Pair): Promise<{ source: string; suppressed: boolean }[]> =>
    doors.database.rows(
      {
        text: `select s.name as source, a.suppressed from assertion a join source s on s.n = a.source_n
               where a.group_n = $1 and a.member_n = $2 order by 1`,
      },
      [group.n, user.n],
    );

  it.each(Object.keys(ends).map((end, at) => ({ end, add: adds[at % adds.length] ?? adds[0] })))(
    'ends what every source asserts: $end; a restatement stays suppressed, and $add.0 lifts it for all',
    async ({ end, add: [add, put] }) => {
      const name = `${end} and ${add}`;
      const leaders = [{ type: 'user', id: leader.id }] as const;
      const pair = {
        group: await doors.make(name, { open: true }, { leaders }),
        user: await doors.asker(`${name}: who`),
      };
      const feed = `hr of ${name}`;
      await ensureFeedSource(doors.database, feed);
      const restate = (): Promise<readonly string[]> => doors.feed([row(pair)], feed, 'snapshot');
      const live = async (): Promise<string[]> =>
        (await assertions(pair)).filter(({ suppressed }) => !suppressed).map(({ source }) => source);
      expect(await restate()).toEqual(['applied']);
      await doors.do((work) => addMember(work, { group: pair.group.id, member: pair.user.id }));
      expect(await live()).toHaveLength(2);
      await ends[end]?.(pair);
      expect(await live()).toEqual([]);
      expect(await restate()).toEqual(['suppressed']);
      expect(await live()).toEqual([]);
      await put(pair);
      expect(await live()).toEqual((await assertions(pair)).map(({ source }) => source));
      expect(await live()).toContain(feed);
      expect(await restate()).toEqual(['unchanged']);
    },
  );

  it('an implicit one, missing from the snapshot, ends only what its own source asserted', async () => {
    const pair = { group: await doors.make('implicit'), user: await doors.user('implicit who') };
    const rest = { ...pair, user: await doors.user('implicit rest') };
    await doors.feed([row(pair), row(rest)], 'other', 'snapshot');
    await doors.feed([row(pair)]);
    await doors.feed([row(rest)], 'other', 'snapshot');
    expect(await assertions(pair)).toEqual([{ source: 'csv', suppressed: false }]);
  });
});

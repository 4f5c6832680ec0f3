import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GroupN } from '../../src/core/ids.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { findEntry, listActivity } from '../../src/store/screens/history.ts';
import { matchingMembers } from '../../src/store/screens/member-rows.ts';
import { readAmounts } from '../../src/store/screens/overview.ts';
import { suggestUsers } from '../../src/store/screens/suggestions.ts';
import { readPushCounts } from '../../src/store/targets/holds.ts';
import { readLag, readLags } from '../../src/store/targets/lag.ts';
import { LISTED_STATES, type ListedState, listObjects } from '../../src/store/targets/listing.ts';
import { countTrouble } from '../../src/store/targets/objects.ts';
import { refusingLists } from '../../src/store/targets/refusals.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { withPlans } from '../support/plans.ts';

const USERS = 20_000;
const GROUPS = 60;
const STATES = ['settled', 'settled', 'settled', 'due', 'blocked', 'settled', 'conflict', 'gone'];

interface Person {
  readonly n: number;
  readonly name: string;
}

interface Held {
  readonly n: number;
  readonly kind: 'u' | 'g' | 'm';
  readonly state: string;
  readonly waiting: number;
  readonly blocked: number;
}

let test: TestDirectory;
let target: number;
let everybody: GroupN;
let few: GroupN;

const fill = (text: string, ...values: readonly unknown[]): Promise<object[]> =>
  test.database.rows({ text }, values);

beforeAll(async () => {
  test = await openTestDirectory();
  await openEpoch(test.database, 'http://localhost:8080');
  ({ n: everybody } = await test.group('Everybody'));
  ({ n: few } = await test.group('Few'));
  await fill(
    `insert into groups (name, name_key, created_by)
     select name, name, (select n from source where name = 'csv')
     from generate_series(1, $1::int) i, lateral (select 'team of user' || i as name) named`,
    GROUPS,
  );
  await fill(
    `insert into users (user_name, user_name_key, created_by, document, stub, created_at, deleted_at)
     select name, name, (select n from source where name = 'csv'), jsonb_build_object('displayName', 'Person ' || i),
       i % 97 = 0, now() - (i % 80) * interval '1 day', case when i % 89 = 0 then now() - (i % 40) * interval '1 day' end
     from generate_series(1, $1::int) i, lateral (select 'user' || i || '@example.test' as name) named`,
    USERS,
  );
  // Two sources tell of each member of the large group, and every hundredth membership was taken back.
  await fill(
    `insert into assertion (group_n, member_n, source_n, member_kind, suppressed)
     select $1, m.n, s.n, m.kind, m.n % 100 = 0
     from (select n, 'u'::"char" as kind from users union all
           select n, 'g' from groups where name like 'team%') m, source s where s.name in ('csv', 'console')`,
    everybody,
  );
  await fill(
    `insert into assertion (group_n, member_n, source_n, member_kind)
     select $1, m.n, s.n, m.kind from (select n, 'u'::"char" as kind from users where n % 400 = 1 union all
       select n, 'g' from groups where name like 'team%7') m, source s where s.name = 'csv'`,
    few,
  );
  await fill(
    `insert into change (type, user_n, actor_kind, actor_id, source_n, after)
     select 'user.created', n, 'feed', 'csv', created_by, '{}' from users order by n`,
  );
  const [row] = await test.database.rows<{ n: number }>({
    text: `insert into target (name, name_key, type, settings, credentials, guards, epoch_id)
     select 'Library', 'library', 'file', '{}', '', '{}', id from epoch where closed_at is null returning n`,
  });
  target = row?.n ?? 0;
  await fill(
    `insert into target_object (target_n, kind, n, state, wanted, due_at, waiting_count, blocked_count, add_count)
     select $1, o.kind, o.n, case when o.kind = 'u' and o.n % 500 > 0 then 'settled' else ($2::text[])[1 + o.n % 8] end, true,
       now(), 0, 0, 0
     from (select n, 'u'::"char" as kind from users union all select n, 'g' from groups) o`,
    target,
    STATES,
  );
  await fill(
    `insert into target_object (target_n, kind, n, state, wanted, waiting_count, blocked_count, add_count)
     select $1, 'm', n, ($2::text[])[1 + n % 3], true, n % 2, greatest(0, n % 7 - 4), n % 5 from groups where n % 4 > 0`,
    target,
    ['settled', 'due', 'blocked'],
  );
  await fill('vacuum analyze users, groups, assertion, change, target_object, target');
}, 60_000);

afterAll(() => test.close());

const walked = (relation: string): RegExp => new RegExp(`"Seq Scan"[^{}]*"Relation Name":"${relation}`);

describe('members whose names have a text', () => {
  const namesOf = async (group: GroupN): Promise<Person[]> =>
    test.database.rows<Person>(
      {
        text: `select distinct m.n, m.name from (
          select n, user_name || ' ' || (document->>'displayName') as name from users union all select n, name from groups) m
          join assertion a on a.member_n = m.n and a.group_n = $1 and not a.suppressed order by m.n`,
      },
      [group],
    );

  it.each(['77', 'user1', 'person 19', 'of user', 'user19999@', 'nowhere', '%', '_'])(
    'are all of them, page by page, in a group of everybody and in one of few: %p',
    async (text) => {
      const pattern = `%${text.replace(/[%_]/g, '\\$&')}%`;
      for (const group of [everybody, few]) {
        const fitting = (await namesOf(group)).filter(({ name }) => name.toLowerCase().includes(text));
        const found: number[] = [];
        for (let pages = 0; pages < 4; pages += 1) {
          const page = { pattern, after: found.at(-1) ?? 0, limit: 40 };
          found.push(...(await matchingMembers(test.database, group, page)));
        }
        expect(found).toEqual(fitting.slice(0, 160).map(({ n }) => n));
      }
    },
  );

  it('are looked for by walking all users once where most are members, and among the few of a small group', async () => {
    const look = { pattern: '%user19999@%', after: 0, limit: 51 };
    const large = await withPlans(test.database, (tx) => matchingMembers(tx, everybody, look));
    const small = await withPlans(test.database, (tx) => matchingMembers(tx, few, look));
    expect(large.answer).toHaveLength(1);
    expect(large.plans.join()).toMatch(walked('users'));
    expect(large.plans.join()).not.toMatch(/"Relation Name":"users"[^{}]*"Index Cond":"\(n = /);
    expect(small.plans.join()).not.toMatch(walked('users'));
  });
});

describe('the overview', () => {
  it('counts who lives, and how many did on each of the last days', async () => {
    // In one transaction, which has one day.
    const { all, groups, amounts } = await test.database.transaction(async (tx) => ({
      all: await tx.rows<{ readonly stub: boolean; readonly born: number; readonly gone: number | null }>({
        text: `select stub, current_date - created_at::date as born, current_date - deleted_at::date as gone from users`,
      }),
      groups: await tx.rows({ text: 'select from groups where deleted_at is null' }),
      amounts: await readAmounts(tx, 60),
    }));
    const { figures, growth } = amounts;
    expect(figures.users).toBe(all.filter(({ stub, gone }) => !stub && gone === null).length);
    expect(figures.stubs).toBe(all.filter(({ stub, gone }) => stub && gone === null).length);
    expect(figures.groups).toBe(groups.length);
    const living = (ago: number): number =>
      all.filter(({ stub, born }) => !stub && born >= ago).length -
      all.filter(({ stub, gone }) => !stub && gone !== null && gone >= ago).length;
    expect(growth.map(({ users }) => users)).toEqual(Array.from({ length: 60 }, (_, at) => living(59 - at)));
  });

  it('walks the users once for all of it', async () => {
    const { plans } = await withPlans(test.database, (tx) => readAmounts(tx, 60));
    expect(plans.join().match(/"Relation Name":"users"/g)).toHaveLength(1);
  });
});

it('the newest of the log are found by an index, and no whole log is sorted', async () => {
  const everything = { type: null, group: null, user: null, source: null, until: null };
  const { answer, plans } = await withPlans(test.database, (tx) =>
    listActivity(tx, everything, { before: null, limit: 51 }),
  );
  expect(answer).toHaveLength(51);
  expect(plans.join()).toMatch(/"Index Name":"change_default_xid_seq_idx"/);
  expect(plans.join()).not.toMatch(walked('change_'));
  const last = answer.at(-1)?.seq ?? 0;
  const next = await listActivity(test.database, everything, { before: last, limit: 51 });
  expect(next.map(({ seq }) => seq)).toEqual(Array.from({ length: 51 }, (_, at) => last - 1 - at));
  const one = await withPlans(test.database, (tx) => findEntry(tx, last, null));
  expect(one.answer?.seq).toBe(last);
  expect(one.plans.join()).not.toMatch(walked('change_'));
});

it('users who begin as it was typed are found by an index', async () => {
  const { answer, plans } = await withPlans(test.database, (tx) => suggestUsers(tx, 'user777', 6));
  expect(answer.map(({ name }) => name.startsWith('user777'))).toEqual(Array(6).fill(true));
  expect(plans).toHaveLength(1);
  expect(plans.join()).toMatch(
    /"Index Name":"users_user_name_(?:unique|prefix)"[^{}]*"Index Cond":"[^"]*user777/,
  );
});

describe('the ledger of a target that holds everybody', () => {
  const ledger = (): Promise<Held[]> =>
    test.database.rows<Held>({
      text: `select n, kind, state, waiting_count as waiting, blocked_count as blocked from target_object order by n`,
    });
  const isOpen = ({ state }: Held): boolean => state === 'due';
  /** What is asked for, told of an object and of the member list that it may have. */
  const fits: Record<ListedState | 'all', (own: Held, list: Held | undefined) => boolean> = {
    all: ({ state }) => state !== 'gone',
    pending: (own, list) => isOpen(own) || (list !== undefined && isOpen(list)),
    settled: ({ state }, list) => state === 'settled' && (list === undefined || list.state === 'settled'),
    waiting: (_, list) => (list?.waiting ?? 0) > 0,
    blocked: ({ state }, list) =>
      state === 'blocked' || list?.state === 'blocked' || (list?.blocked ?? 0) > 0,
    conflict: ({ state }) => state === 'conflict',
    gone: ({ state }) => state === 'gone',
  };

  it.each([null, ...LISTED_STATES])(
    'is listed page by page, users and groups by their numbers: %p',
    async (state) => {
      const rows = await ledger();
      const lists = new Map(rows.filter(({ kind }) => kind === 'm').map((row) => [row.n, row]));
      const expected = rows.filter(
        (row) =>
          row.kind !== 'm' && fits[state ?? 'all'](row, row.kind === 'g' ? lists.get(row.n) : undefined),
      );
      const found: number[] = [];
      let after = 0;
      for (let pages = 0; pages < 3; pages += 1) {
        const query = { state, kind: null, id: null, after, limit: 30 };
        const page = await listObjects(test.database, target, query);
        found.push(...page.map(({ n }) => n));
        after = page.at(-1)?.at ?? after;
      }
      expect(found).toEqual(expected.slice(0, 90).map(({ n }) => n));
      expect(found.length).toBeGreaterThan(0);
    },
  );

  it('is one object of it for who is asked for by id, of either kind', async () => {
    const [user] = await test.database.rows<{ readonly n: number; readonly id: string }>({
      text: `select n, id from users where n % 500 > 0 order by n desc limit 1`,
    });
    const ask = { state: null, after: 0, limit: 30 };
    const found = await listObjects(test.database, target, { ...ask, kind: null, id: user?.id ?? '' });
    expect(found.map(({ n }) => n)).toEqual([user?.n]);
    expect(await listObjects(test.database, target, { ...ask, kind: 'g', id: user?.id ?? '' })).toEqual([]);
    const groups = await listObjects(test.database, target, { ...ask, kind: 'g', id: null });
    expect(new Set(groups.map(({ kind }) => kind))).toEqual(new Set(['g']));
  });

  it('is counted as it is', async () => {
    const rows = await ledger();
    const lists = rows.filter(({ kind }) => kind === 'm');
    const sum = (of: (row: Held) => number): number => rows.reduce((total, row) => total + of(row), 0);
    const count = (state: string): number => rows.filter((row) => row.state === state).length;
    expect(await countTrouble(test.database, target)).toEqual({
      waiting: sum(({ waiting }) => waiting),
      blocked: count('blocked') + sum(({ blocked }) => blocked),
      conflicts: count('conflict'),
    });
    const pending = await readPushCounts(test.database, target);
    expect(pending.usersCreated).toBe(rows.filter((row) => row.kind === 'u' && isOpen(row)).length);
    expect(pending.groupsCreated).toBe(rows.filter((row) => row.kind === 'g' && isOpen(row)).length);
    expect(pending.membersAdded).toBe(lists.reduce((total, { n }) => total + (n % 5), 0));
    // One count, whoever shows it: the list, the overview and the target's own page.
    const lag = await readLag(test.database, target);
    expect(await readLags(test.database)).toEqual([lag]);
    const objects = rows.filter((row) => row.kind !== 'm' && isOpen(row)).length;
    const members = lists.filter((row) => isOpen(row)).reduce((total, { n }) => total + (n % 5), 0);
    expect(lag.to_send).toBe(objects + members);
    expect(lag.is_tried).toBe(false);
    const trouble = await countTrouble(test.database, target);
    expect(lag.blocked).toBe(trouble.blocked + trouble.conflicts);
    // Some list has more than one member that was refused.
    expect(trouble.blocked).toBeGreaterThan(rows.filter(({ blocked }) => blocked > 0).length);
  });

  it.each([
    [
      'the first page',
      (tx) => listObjects(tx, target, { state: null, kind: null, id: null, after: 0, limit: 51 }),
    ],
    [
      'what is blocked',
      (tx) => listObjects(tx, target, { state: 'blocked', kind: null, id: null, after: 0, limit: 51 }),
    ],
    [
      'what is pending',
      (tx) => listObjects(tx, target, { state: 'pending', kind: null, id: null, after: 0, limit: 51 }),
    ],
    ['whom it refuses', (tx) => refusingLists(tx, target, { from: 0, group: null, limit: 51 })],
    ['trouble', (tx) => countTrouble(tx, target)],
    ['pushes', (tx) => readPushCounts(tx, target)],
    ['lags', (tx) => readLags(tx)],
  ] as readonly (readonly [string, (tx: Parameters<typeof countTrouble>[0]) => Promise<unknown>])[])(
    'is not walked for %s',
    async (_, look) => {
      const { plans } = await withPlans(test.database, look);
      expect(plans.join()).toMatch(/"Index Name":"target_object_/);
      expect(plans.join()).not.toMatch(walked('target_object'));
    },
  );
});

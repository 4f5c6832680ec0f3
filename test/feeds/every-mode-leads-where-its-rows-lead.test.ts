import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ensureFeedSource } from '../../src/store/sources.ts';
import { limitsOf } from '../plans/support.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

const USERS = ['ada', 'bob', 'cy', 'dee'];
const GROUPS = ['red', 'green', 'blue'];

interface Row {
  readonly group: string;
  readonly user: string;
  readonly action: 'import' | 'delete';
}

interface File {
  readonly source: 'csv' | 'hr';
  readonly shape: 'users' | 'memberships' | 'portal' | 'snapshot' | 'snapshot of users';
  readonly rows: readonly Row[];
}

const file: fc.Arbitrary<File> = fc.record({
  source: fc.constantFrom('csv', 'hr'),
  shape: fc.constantFrom('users', 'memberships', 'portal', 'snapshot', 'snapshot of users'),
  rows: fc.array(
    fc.record({
      group: fc.constantFrom(...GROUPS),
      user: fc.constantFrom(...USERS),
      action: fc.constantFrom('import', 'import', 'delete'),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

const OVERTAKEN_DELETION: File[] = [
  { source: 'csv', shape: 'users', rows: [{ group: 'blue', user: 'bob', action: 'import' }] },
  { source: 'hr', shape: 'portal', rows: [{ group: 'blue', user: 'bob', action: 'delete' }] },
  { source: 'csv', shape: 'portal', rows: [{ group: 'blue', user: 'bob', action: 'delete' }] },
  { source: 'csv', shape: 'snapshot', rows: [{ group: 'blue', user: 'bob', action: 'import' }] },
];

/** Sources by membership, true where the assertion is suppressed. */
type State = Map<string, Map<string, boolean>>;

/** The rules D-02 and F-09 say it in, one row after the other. */
function apply(state: State, { source, shape, rows }: File): void {
  const of = (key: string): Map<string, boolean> => {
    const found = state.get(key) ?? new Map<string, boolean>();
    state.set(key, found);
    return found;
  };
  if (shape === 'snapshot' || shape === 'snapshot of users') {
    const listed = new Set(rows.map(({ group, user }) => `${group} ${user}`));
    for (const [key, sources] of state) if (!listed.has(key)) sources.delete(source);
    // What an explicit removal suppressed stays so: a snapshot only restates it.
    for (const key of listed) if (!of(key).has(source)) of(key).set(source, false);
    return;
  }
  for (const { group, user, action } of rows) {
    const sources = of(`${group} ${user}`);
    if (action === 'import' || shape === 'users') {
      sources.set(source, false);
      for (const other of sources.keys()) sources.set(other, false);
    } else {
      sources.delete(source);
      for (const other of sources.keys()) sources.set(other, true);
    }
  }
}

const present = (state: State): string[] =>
  [...state]
    .filter(([, sources]) => [...sources.values()].includes(false))
    .map(([key]) => key)
    .sort();

const flat = (state: State): string[] =>
  [...state]
    .flatMap(([key, sources]) => [...sources].map(([source, isOff]) => `${key} ${source} ${isOff}`))
    .sort();

function textOf({ shape, rows }: File): string {
  const line = ({ group, user, action }: Row): string => {
    switch (shape) {
      case 'users':
      case 'snapshot of users':
        return `${user},${group}`;
      case 'memberships':
        return `${group},${user},${action}`;
      case 'snapshot':
        return `${group},${user}`;
      case 'portal':
        return `${group},,${user},,${action}`;
    }
  };
  const header = {
    ...{ users: 'userName,groups', 'snapshot of users': 'userName,groups' },
    ...{ memberships: 'group,member,action', snapshot: 'group,member' },
    portal: 'group,role,username,isgroup,action',
  }[shape];
  return [header, ...rows.map(line), ''].join('\n');
}

describe('files of every format and mode, by two sources', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
    await ensureFeedSource(test.database, 'hr');
    await ensureFeedSource(test.database, 'people');
    await test.import(`userName\n${USERS.join('\n')}\n`, { source: 'people' });
    await test.import(`name\n${GROUPS.join('\n')}\n`, { source: 'people' });
  });
  afterAll(() => test.close());

  it('D-02 F-09 lead where their rows lead one by one, and the log tells exactly who came and went', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 5 }), async (files) => {
        await test.database.rows({ text: 'truncate assertion, membership_past' });
        const state: State = new Map();
        for (const one of files) {
          const before = present(state);
          apply(state, one);
          await test.database.rows({ text: 'truncate change' });
          const mode = one.shape.startsWith('snapshot') ? 'snapshot' : 'actions';
          const { run } = await test.import(textOf(one), {
            source: one.source,
            settings: { mode, guards: limitsOf() },
          });
          expect(run).toMatchObject({ state: 'applied', refused: 0, rows_total: one.rows.length });
          const counted = (run.applied ?? 0) + (run.unchanged ?? 0) + (run.suppressed ?? 0);
          expect(counted).toBe(one.rows.length);
          const rows = await test.database.rows<{ row: string }>({
            text: `select g.name || ' ' || u.user_name || ' ' || s.name || ' ' || a.suppressed as row
                   from assertion a join groups g on g.n = a.group_n join users u on u.n = a.member_n
                   join source s on s.n = a.source_n`,
          });
          expect(rows.map(({ row }) => row).sort()).toEqual(flat(state));
          const after = present(state);
          expect(await logged('added')).toEqual(after.filter((key) => !before.includes(key)));
          expect(await logged('removed')).toEqual(before.filter((key) => !after.includes(key)));
        }
      }),
      {
        numRuns: Number(process.env.MUSTER_TEST_RUNS ?? 15),
        // A source that deletes what another one's deletion had suppressed.
        examples: [[OVERTAKEN_DELETION]],
      },
    );
  }, 300_000);

  async function logged(column: 'added' | 'removed'): Promise<string[]> {
    const text = `select g.name || ' ' || u.user_name as row from change c cross join unnest(c.${column}) as m(n)
      join groups g on g.n = c.group_n join users u on u.n = m.n where c.type = 'membership.direct'`;
    return (await test.database.rows<{ row: string }>({ text })).map(({ row }) => row).sort();
  }
});

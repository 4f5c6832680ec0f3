import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { deleteGroup } from '../../src/directory/groups.ts';
import { editMembers } from '../../src/directory/memberships.ts';
import { changeUser } from '../../src/directory/users.ts';
import { isRefusal } from '../../src/core/refusal.ts';
import type { Work } from '../../src/directory/work.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { effectivePairs, guarded, limitsOf } from './support.ts';

type Edit =
  | { readonly do: 'add' | 'remove'; readonly group: number; readonly member: number }
  | { readonly do: 'delete'; readonly group: number }
  | { readonly do: 'deactivate'; readonly user: number };

const GROUPS = 7;
const USERS = 8;
const place = fc.nat(GROUPS - 1);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('add', 'remove'),
      group: place,
      member: fc.nat(GROUPS + USERS - 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), group: place }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deactivate'), user: fc.nat(USERS - 1) }) },
);

function of<T>(list: readonly T[], at: number): T {
  const found = list[at];
  if (found === undefined) throw new Error(`There is no number ${at}.`);
  return found;
}

describe('D-30: the people that a plan affects', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(() => test.close());

  it('are those who are effective members before and not after, per group, whatever is edited together', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(edit, { maxLength: 25 }),
        fc.array(edit, { minLength: 1, maxLength: 6 }),
        async (first, planned) => {
          round += 1;
          const groups: GroupRow[] = [];
          const users: UserRow[] = [];
          for (let at = 0; at < GROUPS; at += 1) groups.push(await test.group(`g${at} of ${round}`));
          for (let at = 0; at < USERS; at += 1) users.push(await test.user(`u${at}.${round}`));
          const all = [...groups, ...users];
          const carryOut = async (work: Work, step: Edit): Promise<void> => {
            try {
              if (step.do === 'delete') {
                await deleteGroup(work, { group: of(groups, step.group).id, ifMatch: null });
              } else if (step.do === 'deactivate') {
                await changeUser(work, {
                  user: of(users, step.user).id,
                  ifMatch: null,
                  edit: (user) => ({ ...user, active: false }),
                });
              } else {
                const steps = [{ do: step.do, members: [of(all, step.member).id] }];
                await editMembers(work, { group: of(groups, step.group).id, steps });
              }
            } catch (error) {
              if (!isRefusal(error)) throw error;
            }
          };
          for (const step of first) await test.do((work) => carryOut(work, step));
          const before = await effectivePairs(test);
          const { plan } = await guarded(
            test,
            { limits: limitsOf({ emptiedFrom: 1 }), mode: 'dry-run' },
            async (work) => {
              for (const step of planned) await carryOut(work, step);
            },
          );
          expect(await effectivePairs(test)).toEqual(before);
          await test.do(async (work) => {
            for (const step of planned) await carryOut(work, step);
          });
          const after = await effectivePairs(test);
          const left = [...before].filter((pair) => !after.has(pair));
          const expected = new Map<number, number>();
          for (const pair of left) {
            const group = Number(pair.split(' ')[0]);
            expected.set(group, (expected.get(group) ?? 0) + 1);
          }
          const rows = await test.database.rows<{ group_n: number; members: number; leaving: number }>(
            { text: 'select group_n, members, leaving from plan_group where plan_n = $1' },
            [plan?.n],
          );
          expect(new Map(rows.map(({ group_n, leaving }) => [group_n, leaving]))).toEqual(expected);
          for (const { group_n: group, members } of rows) {
            expect(members).toBe([...before].filter((pair) => pair.startsWith(`${group} `)).length);
          }
          const people = await test.database.rows<{ pair: string }>(
            {
              text: `select l.n || ' ' || p.user_n as pair from plan_person p cross join unnest(p.groups) as l(n)
                     where p.plan_n = $1`,
            },
            [plan?.n],
          );
          expect(people.map(({ pair }) => pair).sort()).toEqual([...left].sort());
          expect(plan?.people).toBe(new Set(left.map((pair) => pair.split(' ')[1])).size);
        },
      ),
      { numRuns: 25 },
    );
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fitsRule, readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { replaceAffiliations } from '../../src/directory/affiliations.ts';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../../src/directory/groups.ts';
import { changeUser, createUser, deleteUser } from '../../src/directory/users.ts';
import { isRefusal } from '../../src/core/refusal.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { insertSource } from '../../src/store/sources.ts';
import type { UserRow } from '../../src/store/users.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

const registry = buildRegistry([]);
const titles = ['a', 'b', 'c'];

describe('rule edits and user writes at the same time, on several connections', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
    await insertSource(test.database, 'home', 'idp');
  });
  afterAll(() => test.close());

  const ruleOf = (title: string) => readRule(registry, `title eq "${title}" and active eq true`);
  const setTitle = ({ id }: UserRow, title: string, active: boolean) =>
    test.do((work) =>
      changeUser(work, {
        user: id,
        ifMatch: null,
        edit: (state) => ({ ...state, active, document: { title } }),
      }),
    );
  const setRule = ({ id }: GroupRow, title: string) =>
    test.do((work) =>
      changeGroup(work, { group: id, ifMatch: null, edit: (state) => ({ ...state, rule: ruleOf(title) }) }),
    );
  /** What somebody else deleted meanwhile is gone, and that is all right. */
  const unlessGone = (task: Promise<unknown>): Promise<unknown> =>
    task.catch((error: unknown) => {
      if (!isRefusal(error) || !error.code.endsWith('.not_found')) throw error;
    });

  it('leave exactly those in who fit (D-12, D-15)', async () => {
    const doomed = await test.user('doomed');
    const users = [doomed, ...(await Promise.all([1, 2, 3, 4, 5].map((n) => test.user(`user ${n}`))))];
    const groups = await Promise.all(
      [0, 1, 2].map((n) =>
        test.do((work) => createGroup(work, { ...newGroupState, name: `g ${n}`, rule: ruleOf('a') })),
      ),
    );
    let seed = 7;
    const pick = <T>(from: readonly T[]): T => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const picked = from[Math.floor((seed / 2_147_483_648) * from.length)];
      if (picked === undefined) throw new Error('There is nothing to pick.');
      return picked;
    };
    const plan = (steps: number, step: () => () => Promise<unknown>) => Array.from({ length: steps }, step);
    const writers = [
      ...[0, 1, 2, 3].map(() =>
        plan(30, () => {
          const [user, title, active] = [pick(users), pick(titles), pick([true, true, false])];
          return () => unlessGone(setTitle(user, title, active));
        }),
      ),
      ...[0, 1].map(() =>
        plan(12, () => {
          const [group, title] = [pick(groups), pick(titles)];
          return () => unlessGone(setRule(group, title));
        }),
      ),
      plan(6, () => {
        const name = `new ${seed} ${pick(titles)}`;
        const title = pick(titles);
        return () =>
          test.do((work) =>
            createUser(work, { userName: name + title, active: true, externalId: null, document: { title } }),
          );
      }).slice(0, 1),
      [() => unlessGone(test.do((work) => deleteUser(work, { user: doomed.id, ifMatch: null })))],
    ];
    await Promise.all(
      writers.map(async (steps) => {
        for (const step of steps) await step();
      }),
    );
    const rows = await test.database.rows<UserRow & { deleted_at: Date | null }>({
      text: 'select * from users order by n',
    });
    for (const { n } of groups) {
      const [rule] = await test.database.rows<{ filter: ReturnType<typeof ruleOf>['filter'] }>({
        text: `select rule_filter as filter from groups where n = ${n}`,
      });
      const listed = await test.database.rows<{ n: number }>({
        text: `select member_n as n from assertion where group_n = ${n} order by 1`,
      });
      const fitting = rows.filter(
        ({ deleted_at: deleted, ...row }) =>
          deleted === null &&
          rule !== undefined &&
          fitsRule(rule.filter, { ...row, userName: row.user_name, createdAt: row.created_at }),
      );
      expect(listed.map((row) => row.n)).toEqual(fitting.map((row) => row.n));
    }
    // What the log says of each group adds up to who is in it.
    for (const { n } of groups) {
      const [sums] = await test.database.rows<{ said: number; listed: number }>({
        text: `select coalesce(sum(coalesce(cardinality(added), 0) - coalesce(cardinality(removed), 0)), 0)::int as said,
                      (select count(*) from assertion a where a.group_n = ${n})::int
                        + (select count(*) from membership_past p join users u on u.n = p.member_n and u.deleted_at = p.until
                           where p.group_n = ${n})::int as listed
               from change where group_n = ${n} and type = 'membership.direct'`,
      });
      expect(sums?.said).toBe(sums?.listed);
    }
  });

  it('and groups that come and go while people sign in, too (D-16)', async () => {
    const people = await Promise.all([0, 1, 2, 3].map((n) => test.user(`person ${n}`)));
    const told = (value: string) => [{ value, scope: null, expiresAt: null }];
    const signIns = people.map(async (user) => {
      for (const value of ['staff', 'student', 'staff', 'member', 'staff', 'student']) {
        await test.as('home', (work) =>
          replaceAffiliations(work, { user: user.n, authority: '', told: told(value) }),
        );
      }
    });
    const making = (async () => {
      for (let round = 0; round < 4; round += 1) {
        const made = await test.do((work) =>
          createGroup(work, { ...newGroupState, name: 'affiliation.student' }),
        );
        if (round < 3) await test.do((work) => deleteGroup(work, { group: made.id, ifMatch: null }));
      }
    })();
    await Promise.all([...signIns, making]);
    const [group] = await test.database.rows<{ n: number }>({
      text: `select n from groups where name_key = 'affiliation.student' and deleted_at is null`,
    });
    const listed = await test.database.rows({
      text: `select member_n as n from assertion where group_n = ${group?.n ?? 0} order by 1`,
    });
    expect(listed).toEqual(people.map(({ n }) => ({ n })).sort((a, b) => a.n - b.n));
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fitsRule, readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { replaceAffiliations } from '../../src/directory/affiliations.ts';
import { changeGroup, createGroup, deleteGroup, newGroupState } from '../../src/directory/groups.ts';
import { changeUser, createUser, deleteUser } from '../../src/directory/users.ts';
import { isRefusal } from '../../src/core/refusal.ts';
import { lockFacts } from '../../src/store/facts-lock.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { findSource, insertSource } from '../../src/store/sources.ts';
import { recordDifference } from '../../src/store/rules.ts';
import type { UserRow } from '../../src/store/users.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { withPlans } from '../support/plans.ts';

const registry = buildRegistry([]);
const titles = ['a', 'b', 'c'];

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

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

  /** Begins an edit and leaves it open once the group is filled; `end` lets it finish. */
  const beginEdit = async (group: GroupRow, title: string) => {
    const [filled, mayEnd] = [gate(), gate()];
    const editing = test.do(async (work) => {
      await changeGroup(work, {
        group: group.id,
        ifMatch: null,
        edit: (state) => ({ ...state, rule: ruleOf(title) }),
      });
      filled.open();
      await mayEnd.opened;
    });
    await Promise.race([filled.opened, editing]);
    const end = async (): Promise<void> => {
      mayEnd.open();
      await editing;
    };
    return { end };
  };
  const titled = (name: string, title: string) =>
    test.do((work) =>
      createUser(work, { userName: name, active: true, externalId: null, document: { title } }),
    );
  const listed = async ({ n }: GroupRow) =>
    (
      await test.database.rows<{ n: number }>({
        text: `select member_n as n from assertion where group_n = ${n} order by 1`,
      })
    ).map((row) => row.n);

  it('no writer waits for an edit that fills its group, and everybody ends where the new rule says (D-12, D-15)', async () => {
    const group = await test.do((work) =>
      createGroup(work, { ...newGroupState, name: 'beside', rule: ruleOf('old') }),
    );
    const [stays, turns, leaves] = [
      await titled('stays', 'new'),
      await titled('turns', 'x'),
      await titled('leaves', 'y'),
    ];
    const edit = await beginEdit(group, 'new');
    // None of these ends before the edit does unless it is let through.
    const comes = await titled('comes', 'new');
    await setTitle(turns, 'new', true);
    await setTitle(stays, 'new', true);
    await setTitle(leaves, 'old', true);
    expect(await listed(group)).toEqual([leaves.n]);
    await setTitle(leaves, 'z', true);
    expect(await listed(group)).toEqual([]);
    await edit.end();
    expect(await listed(group)).toEqual([stays.n, turns.n, comes.n].sort((a, b) => a - b));
    const told = await test.database.rows<{ n: number; joined: number; left: number }>({
      text: `select m.n, (count(*) filter (where c.added @> array[m.n]))::int as joined,
                    (count(*) filter (where c.removed @> array[m.n]))::int as left
             from unnest(array[${stays.n}, ${turns.n}, ${comes.n}, ${leaves.n}]) m(n) join change c
               on c.group_n = ${group.n} and (c.added @> array[m.n] or c.removed @> array[m.n])
             group by 1 order by 1`,
    });
    expect(told).toEqual(
      [
        { n: stays.n, joined: 1, left: 0 },
        { n: turns.n, joined: 1, left: 0 },
        { n: leaves.n, joined: 1, left: 1 },
        { n: comes.n, joined: 1, left: 0 },
      ].sort((a, b) => a.n - b.n),
    );
  });

  it('a write of somebody whom the edit moves in the same group waits for it, and is judged by the new rule', async () => {
    const group = await test.do((work) =>
      createGroup(work, { ...newGroupState, name: 'contested', rule: ruleOf('before') }),
    );
    const [joins, goes, erased] = [
      await titled('joins', 'after'),
      await titled('goes', 'before'),
      await titled('erased', 'before'),
    ];
    const edit = await beginEdit(group, 'after');
    const writes = Promise.all([
      setTitle(joins, 'before', true),
      setTitle(goes, 'nothing', true),
      test.do((work) => deleteUser(work, { user: erased.id, ifMatch: null })),
    ]);
    // All three have met the edit's rows, given up, and wait for its lock.
    await eventually(async () => {
      const [row] = await test.database.rows<{ waiting: number }>({
        text: `select count(*)::int as waiting from pg_locks
               where locktype = 'advisory' and objid = 7205184 and not granted`,
      });
      expect(row?.waiting).toBe(3);
    });
    const bystander = await titled('bystander', 'after');
    await edit.end();
    await writes;
    expect(await listed(group)).toEqual([bystander.n]);
  });

  it('an edit that waits for a long import lets other writers through', async () => {
    const group = await test.do((work) =>
      createGroup(work, { ...newGroupState, name: 'patient', rule: ruleOf('p') }),
    );
    const [begun, mayEnd] = [gate(), gate()];
    const importing = test.do(async (work) => {
      await lockFacts(work.tx);
      begun.open();
      await mayEnd.opened;
    });
    await begun.opened;
    let isOver = false;
    const editing = setRule(group, 'q').then(() => (isOver = true));
    const people = [];
    for (let n = 0; n < 20; n += 1) people.push(await titled(`patient ${n}`, n % 2 === 0 ? 'p' : 'q'));
    expect(isOver).toBe(false);
    mayEnd.open();
    await Promise.all([importing, editing]);
    expect(await listed(group)).toEqual(people.filter((_, n) => n % 2 === 1).map(({ n }) => n));
  });

  it('judges a user again by itself, however many a group that was filled just now lists (D-15)', async () => {
    const group = await test.do((work) =>
      createGroup(work, { ...newGroupState, name: 'filled', rule: ruleOf('nobody has it') }),
    );
    const standing = await test.database.rows<{ n: UserRow['n'] }>(
      {
        text: `with made as (
            insert into users (user_name, user_name_key, created_by)
            select 'many' || i, 'many' || i, 1 from generate_series(1, 2000) i returning n)
          insert into assertion (group_n, member_n, source_n, member_kind)
          select $1, n, (select n from source where name = 'system'), 'u' from made returning member_n as n`,
      },
      [group.n],
    );
    const system = await findSource(test.database, 'system');
    if (system === null) throw new Error('There is no source system.');
    const some = standing.slice(0, 30).map(({ n }) => n);
    const { answer, plans } = await withPlans(test.database, (tx) =>
      recordDifference(
        tx,
        { n: group.n, kind: 'rule', rule_filter: ruleOf('nobody has it').filter },
        { users: [...some, ...some], system: system.n },
      ),
    );
    expect(answer).toEqual(some.map((user) => ({ user, joins: false })));
    expect(plans.join()).toMatch(/"Index Name":"assertion_pkey"[^{}]*member_n = /);
    expect(plans.join()).not.toContain('assertion_source');
  });

  it('an edit whose connection is killed leaves nothing behind, and its lock neither', async () => {
    const one = await titled('survivor', 'k');
    const group = await test.do((work) =>
      createGroup(work, { ...newGroupState, name: 'killed', rule: ruleOf('nobody') }),
    );
    const filled = gate();
    const editing = test.do(async (work) => {
      await changeGroup(work, {
        group: group.id,
        ifMatch: null,
        edit: (state) => ({ ...state, rule: ruleOf('k') }),
      });
      filled.open();
      await work.tx.rows({ text: 'select pg_sleep(60)' });
    });
    await filled.opened;
    await test.database.rows({
      text: `select pg_terminate_backend(pid) from pg_locks
             where locktype = 'advisory' and objid = 7205184 and granted`,
    });
    await expect(editing).rejects.toThrow();
    expect(await listed(group)).toEqual([]);
    await setRule(group, 'k');
    expect(await listed(group)).toEqual([one.n]);
  });
});

import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readRule } from '../../src/core/rules.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { listLeavingOfTargets } from '../../src/store/plans/leaving.ts';
import { defaultFeedSettings } from '../../src/core/feeds/settings.ts';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { planUndo } from '../../src/plans/edits/undoing.ts';
import { resumeApproved } from '../../src/plans/decisions.ts';
import { findRun } from '../../src/store/feeds/run-rows.ts';
import { decidePlan, findPlan, listPlans, type PlanRow } from '../../src/store/plans/plans.ts';
import { listOperations } from '../../src/store/plans/operations.ts';
import { type Imported, openTestFeeds, type TestFeeds } from '../feeds/feed-support.ts';
import { decidingOver, type Deciding, operator } from './deciding.ts';

const HEADER = 'group,role,username,isgroup,action\n';
describe('D-31, D-32: a file that removes much', () => {
  let test: TestFeeds;
  let deciding: Deciding;
  let count = 0;
  beforeAll(async () => {
    test = await openTestFeeds();
    deciding = decidingOver(test.parts);
  });
  afterAll(() => test.close());

  const names = (size: number): string[] => Array.from({ length: size }, (_, at) => `member${at}`);
  const rows = (group: string, members: readonly string[], action = ''): string =>
    members.map((name) => `${group},,${name},,${action}\n`).join('');
  /** A group whose members the feed has put there. */
  const filled = async (size = 30): Promise<string> => {
    count += 1;
    const group = `crowd ${count}`;
    await test.import(HEADER + rows(group, names(size)));
    return group;
  };
  const holdMany = async (group: string, size = 25): Promise<Imported> =>
    test.import(HEADER + rows(group, names(size), 'delete'), { file: `less-${group}.csv` });
  const planOf = async ({ run }: Imported): Promise<PlanRow> => {
    const plan = run.plan === null ? null : await findPlan(test.database, run.plan);
    if (plan === null) throw new Error('The run has no plan.');
    return plan;
  };
  const isThere = (...path: string[]): Promise<boolean> =>
    access(join(test.folder, ...path)).then(
      () => true,
      () => false,
    );
  const logOf = async (plan: PlanRow): Promise<object[]> =>
    test.database.rows(
      { text: `select type, actor_id as by, reason from change where after ->> 'plan' = $1 order by seq` },
      [plan.id],
    );

  it('is held whole: nothing of it is done, its file waits in held/ with a receipt that says why and what to do', async () => {
    const group = await filled();
    const held = await test.import(HEADER + rows(group, names(25), 'delete') + rows(group, ['new']), {
      file: 'much.csv',
    });
    expect(held.run).toMatchObject({
      state: 'held',
      applied: 0,
      held: 26,
      refused: 0,
      unchanged: 0,
      rows_total: 26,
    });
    expect(new Set(held.rows.map(({ outcome }) => outcome))).toEqual(new Set(['held']));
    expect(await test.members(group)).toHaveLength(30);
    const plan = await planOf(held);
    expect(plan).toMatchObject({
      kind: 'feed',
      state: 'held',
      source: 'csv',
      import: held.run.id,
      counts: { membersAdded: 1, membersRemoved: 25, usersCreated: 1 },
      people: 25,
      guards: [{ guard: 'removals', count: 25, limit: 20 }],
    });
    const receipt = JSON.parse(
      await readFile(join(test.folder, 'held', 'much.csv.receipt.json'), 'utf8'),
    ) as object;
    expect(receipt).toMatchObject({
      import: held.run.id,
      outcome: 'held',
      plan: plan.id,
      rows: { total: 26, held: 26 },
      held: {
        why: [expect.stringContaining('25 memberships would end')],
        hash: plan.hash,
        approve: expect.stringContaining(`muster plan approve ${plan.id}`),
      },
    });
    expect(await isThere('held', 'much.csv')).toBe(true);
    const operations = await listOperations(test.database, plan, { after: 0, limit: 100 });
    expect(operations.flatMap(({ removed }) => removed ?? [])).toHaveLength(25);
    expect(operations.map(({ type }) => type)).toEqual([
      'user.stubbed',
      'membership.direct',
      'membership.direct',
    ]);
    expect(await logOf(plan)).toEqual([{ type: 'plan.held', by: 'test', reason: null }]);
  });

  it('exactly at the limit it is applied, and its plan is kept and shown', async () => {
    const group = await filled(60);
    const applied = await holdMany(group, 20);
    expect(applied.run).toMatchObject({ state: 'applied', applied: 20 });
    const plan = await planOf(applied);
    expect(plan).toMatchObject({ state: 'applied', counts: { membersRemoved: 20 }, guards: [], people: 20 });
    const operations = await listOperations(test.database, plan, { after: 0, limit: 100 });
    expect(operations).toEqual([expect.objectContaining({ type: 'membership.direct', at: 1 })]);
    expect(operations[0]?.removed).toHaveLength(20);
  });

  it('an approval does exactly what was approved, and the file goes to done/', async () => {
    const group = await filled();
    const bystander = await filled();
    const held = await holdMany(group);
    const plan = await planOf(held);
    const applied = await deciding.approve(plan);
    expect(applied).toMatchObject({ id: plan.id, state: 'applied', decided_by: 'eve', reason: 'term end' });
    expect(await test.members(group)).toEqual(
      names(30)
        .slice(25)
        .map((name) => `user:${name}`)
        .sort(),
    );
    expect(await test.members(bystander)).toHaveLength(30);
    expect(await findRun(test.database, held.run.id)).toMatchObject({
      state: 'applied',
      applied: 25,
      held: 0,
      change_seq: expect.any(Number),
    });
    expect(await isThere('done', held.run.file)).toBe(true);
    expect(await isThere('held', held.run.file)).toBe(false);
    expect(await isThere('held', `${held.run.file}.receipt.json`)).toBe(false);
    expect(await logOf(plan)).toEqual([
      { type: 'plan.held', by: 'test', reason: null },
      { type: 'plan.approved', by: 'eve', reason: 'term end' },
      { type: 'plan.applied', by: 'csv', reason: 'term end' },
    ]);
    const operations = await listOperations(test.database, applied, { after: 0, limit: 100 });
    expect(operations.flatMap(({ removed }) => removed ?? [])).toHaveLength(25);
  });

  it('D-32: an approval is of one plan and lowers no limit: the next file of that size is held again', async () => {
    const [first, second] = [await filled(), await filled()];
    await deciding.approve(await planOf(await holdMany(first)));
    const again = await holdMany(second);
    expect(again.run).toMatchObject({ state: 'held' });
    expect(await planOf(again)).toMatchObject({ guards: [{ guard: 'removals', count: 25, limit: 20 }] });
    await deciding.reject(await planOf(again));
  });

  it('D-30: a plan says who is taken from which target, and the place in the log that it was made from', async () => {
    const people = names(30).map((name) => `pushed-${name}`);
    await test.import(`userName\n${people.join('\n')}\n`);
    await test.import(HEADER + rows('pushed', people));
    await test.database.rows({
      text: `
        with e as (
          insert into epoch (system_identifier, timeline, base_url) values ('1', 1, 'http://localhost') returning id),
        t as (
          insert into target (name, name_key, type, settings, credentials, guards, epoch_id)
          select 'wiki', 'wiki', 'scim', '{}', '', '{}', e.id from e returning n)
        insert into target_scope (target_n, group_n) select t.n, g.n from t, groups g where g.name = 'pushed'`,
    });
    const plan = await planOf(await test.import(HEADER + rows('pushed', people.slice(0, 25), 'delete')));
    const targets = await listLeavingOfTargets(test.database, plan.n);
    expect(targets).toMatchObject([{ name: 'wiki', leaving: 25 }]);
    expect(Number(plan.made_xid)).toBeGreaterThan(0);
    await deciding.reject(plan);
  });

  it('J-20: whom a file lets into a protected rule group by an attribute waits for a person', async () => {
    const rule = readRule(buildRegistry([]), 'title eq "Director"');
    const directors = await test.do((work) =>
      createGroup(work, { ...newGroupState, name: 'directors', rule }),
    );
    await test.database.rows(
      { text: `insert into permission_grant (holder_n, permission) values ($1, 'admin')` },
      [directors.n],
    );
    const held = await test.import('userName,title\nmallory,Director\n');
    expect(await planOf(held)).toMatchObject({
      guards: [{ guard: 'protected-group', group: { name: 'directors' } }],
    });
    expect(await test.members('directors')).toEqual([]);
    await deciding.approve(await planOf(held));
    expect(await test.members('directors')).toEqual(['user:mallory']);
  });

  it('less than was approved is within it', async () => {
    const group = await filled();
    const plan = await planOf(await holdMany(group));
    await test.import(HEADER + rows(group, names(10), 'delete'));
    expect(await deciding.approve(plan)).toMatchObject({ state: 'applied' });
    expect(await test.members(group)).toHaveLength(5);
  });

  it('more than was approved is refused as stale, and a new plan is held in its place', async () => {
    const group = await filled(30);
    const held = await holdMany(group, 28);
    const plan = await planOf(held);
    expect(plan.counts.membersRemoved).toBe(28);
    // Two leave and come back as others: the same file would now remove who was not there before.
    await test.do(async ({ tx }) => {
      await tx.rows(
        {
          text: `update plan_operation set removed = removed[3:], removed_lines = removed_lines[3:] where plan_n = $1`,
        },
        [plan.n],
      );
    });
    await expect(deciding.approve(plan)).rejects.toMatchObject({
      code: 'plan.stale',
      details: { plan: plan.id, newPlan: expect.any(String) },
    });
    expect(await test.members(group)).toHaveLength(30);
    expect(await findPlan(test.database, plan.id)).toMatchObject({ state: 'stale' });
    const run = await findRun(test.database, held.run.id);
    expect(run).toMatchObject({ state: 'held', held: 28 });
    const next = await findPlan(test.database, run?.plan ?? '');
    expect(next).toMatchObject({ state: 'held', subject: plan.subject });
    const receipt = JSON.parse(
      await readFile(join(test.folder, 'held', `${held.run.file}.receipt.json`), 'utf8'),
    ) as object;
    expect(receipt).toMatchObject({ plan: next?.id, held: { hash: next?.hash } });
    if (next === null) throw new Error('There is no new plan.');
    await deciding.approve(next);
    expect(await test.members(group)).toHaveLength(2);
  });

  it('another hash is refused as stale and decides nothing; a decided plan is not decided again', async () => {
    const plan = await planOf(await holdMany(await filled()));
    const other = `sha256:${'0'.repeat(64)}`;
    await expect(deciding.approve(plan, { hash: other })).rejects.toMatchObject({
      code: 'plan.stale',
    });
    expect(await findPlan(test.database, plan.id)).toMatchObject({ state: 'held' });
    await deciding.approve(plan);
    await expect(deciding.reject(plan)).rejects.toMatchObject({ code: 'plan.decided' });
  });

  it('a file that was changed in held/ is not carried out', async () => {
    const group = await filled();
    const held = await holdMany(group);
    const plan = await planOf(held);
    await writeFile(join(test.folder, 'held', held.run.file), HEADER + rows(group, names(30), 'delete'));
    await expect(deciding.approve(plan)).rejects.toMatchObject({ code: 'plan.stale' });
    expect(await test.members(group)).toHaveLength(30);
    expect(await findRun(test.database, held.run.id)).toMatchObject({ state: 'rejected' });
    expect(await isThere('rejected', held.run.file)).toBe(true);
  });

  it('a rejection does nothing but put the file into rejected/', async () => {
    const group = await filled();
    const held = await holdMany(group);
    const plan = await deciding.reject(await planOf(held), { reason: 'half the file is missing' });
    expect(plan).toMatchObject({ state: 'rejected', reason: 'half the file is missing' });
    expect(await test.members(group)).toHaveLength(30);
    const receipt = JSON.parse(
      await readFile(join(test.folder, 'rejected', `${held.run.file}.receipt.json`), 'utf8'),
    ) as object;
    expect(receipt).toMatchObject({
      outcome: 'rejected',
      error: { code: 'plan.rejected', detail: 'Rejected by eve: half the file is missing' },
    });
    expect(await isThere('held', held.run.file)).toBe(false);
    expect(await logOf(plan)).toContainEqual({
      type: 'plan.rejected',
      by: 'eve',
      reason: 'half the file is missing',
    });
  });

  it('a newer plan of the same feed that is held replaces it, and its file goes to rejected/', async () => {
    const group = await filled();
    const first = await holdMany(group);
    const second = await test.import(HEADER + rows(group, names(26), 'delete'), { file: first.run.file });
    expect(await planOf(first)).toMatchObject({ state: 'replaced', replaced_by: second.run.plan });
    expect(await findRun(test.database, first.run.id)).toMatchObject({
      state: 'rejected',
      error: { code: 'plan.replaced' },
    });
    expect(await isThere('rejected', first.run.file)).toBe(true);
    const receipt = JSON.parse(
      await readFile(join(test.folder, 'held', `${second.run.file}.receipt.json`), 'utf8'),
    ) as object;
    expect(receipt).toMatchObject({ import: second.run.id });
    await expect(deciding.approve(await planOf(first))).rejects.toMatchObject({
      code: 'plan.stale',
      details: { newPlan: second.run.plan },
    });
    await deciding.reject(await planOf(second));
  });

  it('of two approvals at once one is taken, and it is carried out once', async () => {
    const group = await filled();
    const plan = await planOf(await holdMany(group));
    const ends = await Promise.allSettled([1, 2, 3].map(() => deciding.approve(plan)));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await findPlan(test.database, plan.id)).toMatchObject({ state: 'applied' });
    expect(
      (await logOf(plan)).filter((entry) => 'type' in entry && entry.type === 'plan.applied'),
    ).toHaveLength(1);
  });

  it('an approval that nobody carried out is carried out later, once, by whoever comes first', async () => {
    const group = await filled();
    const plan = await planOf(await holdMany(group));
    await decidePlan(test.database, {
      ...{ id: plan.id, hash: plan.hash, state: 'approved' },
      ...{ by: operator, reason: 'term end' },
    });
    const faults: unknown[] = [];
    await Promise.all([1, 2, 3].map(() => resumeApproved(deciding.parts, (fault) => faults.push(fault))));
    expect(faults).toEqual([]);
    expect(await findPlan(test.database, plan.id)).toMatchObject({ state: 'applied' });
    expect(await test.members(group)).toHaveLength(5);
    expect(await resumeApproved(deciding.parts, (fault) => faults.push(fault))).toBe(0);
  });

  it('programs do not approve, nor do people without plans.approve (D-30)', async () => {
    const plan = await planOf(await holdMany(await filled()));
    const client = {
      ...operator,
      actor: { kind: 'client' as const, id: 'hr', scopes: new Set(['admin' as const]) },
    };
    await expect(deciding.approve(plan, { by: client })).rejects.toMatchObject({
      code: 'plan.people_only',
    });
    await expect(deciding.reject(plan, { by: client })).rejects.toMatchObject({
      code: 'plan.people_only',
    });
    const feed = { ...operator, actor: { kind: 'feed' as const, id: 'csv' } };
    await expect(deciding.approve(plan, { by: feed })).rejects.toMatchObject({
      code: 'actor.not_allowed',
    });
    expect(await findPlan(test.database, plan.id)).toMatchObject({ state: 'held' });
    await deciding.reject(plan);
  });

  it('a dry run keeps its plan and holds nothing back', async () => {
    const group = await filled();
    const tried = await test.import(HEADER + rows(group, names(25), 'delete'), { dryRun: true });
    expect(tried.run).toMatchObject({ state: 'applied', dry_run: true, applied: 25, held: 0 });
    const plan = await planOf(tried);
    expect(plan).toMatchObject({ state: 'tried', dry_run: true, guards: [{ guard: 'removals' }] });
    expect(await listOperations(test.database, plan, { after: 0, limit: 10 })).toHaveLength(1);
    expect(await test.members(group)).toHaveLength(30);
  });

  it('D-32: a "*" deletion counts, and is labelled as asked for', async () => {
    const group = await filled();
    const held = await test.import(`${HEADER}${group},,*,,delete\n`);
    expect(await planOf(held)).toMatchObject({
      counts: { membersRemoved: 30, membersRemovedAskedFor: 30 },
      guards: [{ guard: 'removals', detail: expect.stringContaining('30 of them asked for by a "*"') }],
    });
    const replacement = await test.import(`${HEADER}${group},,*,,delete\n${rows(group, names(30))}`);
    expect(replacement.run).toMatchObject({ state: 'applied' });
    expect(await planOf(replacement)).toMatchObject({ counts: {}, people: 0 });
  });

  it('a groups.csv that deletes a group of five or more is held like the deletion itself', async () => {
    const people = names(6).map((name) => `known-${name}`);
    await test.import(`userName\n${people.join('\n')}\n`);
    count += 1;
    const group = `known ${count}`;
    await test.import(HEADER + rows(group, people));
    const held = await test.import(`name,action\n${group},delete\n`);
    expect(held.run).toMatchObject({ state: 'held', held: 1 });
    expect(await planOf(held)).toMatchObject({
      counts: { groupsDeleted: 1, membersRemoved: 6 },
      guards: [{ guard: 'group-emptied', group: { name: group } }],
    });
    expect(await test.members(group)).toHaveLength(6);
    await deciding.approve(await planOf(held));
    expect(await test.members(group)).toEqual([]);
    await test.import(HEADER + rows('few', people.slice(2)));
    expect((await test.import('name,action\nfew,delete\n')).run).toMatchObject({ state: 'applied' });
  });

  it('a users.csv that deactivates over twenty is held', async () => {
    count += 1;
    const of = (active: string, size: number): string =>
      `userName,active\n${names(size)
        .map((name) => `u${count}${name},${active}\n`)
        .join('')}`;
    await test.import(of('', 21));
    expect((await test.import(of('no', 20), { dryRun: true })).run).toMatchObject({ state: 'applied' });
    const held = await test.import(of('no', 21));
    expect(await planOf(held)).toMatchObject({
      counts: { usersDeactivated: 21 },
      guards: [{ guard: 'deactivations', count: 21, limit: 20 }],
    });
    await deciding.reject(await planOf(held));
  });

  it('over 5 % refused rows hold a file of 20 rows or more', async () => {
    count += 1;
    const bad = `x${count},,a,maybe,\nx${count},,b,maybe,\n`;
    const held = await test.import(HEADER + rows(`x${count}`, names(18)) + bad, { file: 'bad.csv' });
    expect(held.run).toMatchObject({ state: 'held', held: 18, refused: 2 });
    expect(await test.members(`x${count}`)).toEqual([]);
    expect(await isThere('held', 'bad.csv.rejects.csv')).toBe(true);
    await deciding.reject(await planOf(held));
    expect(await isThere('held', 'bad.csv.rejects.csv')).toBe(false);
    expect(await isThere('rejected', 'bad.csv.rejects.csv')).toBe(true);
  });

  it('a truncated snapshot is held and retracts nothing; a whole one after it takes its place', async () => {
    count += 1;
    const group = `snapshot ${count}`;
    const settings = { mode: 'snapshot' as const };
    const columns = 'group,username\n';
    const lines = (members: readonly string[]): string =>
      members.map((name) => `${group},${name}\n`).join('');
    await test.database.rows({
      text: `insert into source (name, kind) values ('hr', 'feed') on conflict do nothing`,
    });
    const hr = { source: 'hr', settings };
    expect((await test.import(columns + lines(names(100)), hr)).run).toMatchObject({ state: 'applied' });
    const cut = await test.import(columns + lines(names(30)), { ...hr, file: 'cut.csv' });
    // Who is held back stands in no row: those that are there are true already, and the counts add up to them.
    expect(cut.run).toMatchObject({ state: 'held', rows_total: 30, unchanged: 30, held: 0 });
    const receipt = JSON.parse(
      await readFile(join(test.folder, 'hr', 'held', 'cut.csv.receipt.json'), 'utf8'),
    ) as object;
    expect(receipt).toMatchObject({
      rows: { total: 30, applied: 0, unchanged: 30, held: 0 },
      held: { counts: { membersRemoved: 70 }, people: 70 },
    });
    expect((await planOf(cut)).guards.map(({ guard }) => guard)).toEqual(['removals', 'snapshot-shrunk']);
    expect(await test.members(group)).toHaveLength(100);
    expect((await test.import(columns + lines(names(99)), hr)).run).toMatchObject({ state: 'applied' });
    expect(await planOf(cut)).toMatchObject({ state: 'replaced' });
    expect(await test.members(group)).toHaveLength(99);
  });

  it('D-09: undone, whom a snapshot lacked is deactivated by the next that lacks them', async () => {
    count += 1;
    const source = `staff ${count}`;
    const text = `insert into source (name, kind) values ($1, 'feed')`;
    await test.database.rows({ text }, [source]);
    const settings = { mode: 'snapshot' as const };
    const feeds = new Map([[source, { ...defaultFeedSettings(source), ...settings }]]);
    const snapshots = decidingOver({ ...test.parts, feeds });
    const drop = async (size: number): Promise<Imported> => {
      const people = names(size).map((name) => `${source} ${name}`);
      return test.import(`userName\n${people.join('\n')}\n`, { source, settings });
    };
    const active = () =>
      test.database.rows<{ user_name: string }>(
        { text: `select user_name from users where active and user_name like $1 order by n` },
        [`${source} %`],
      );
    await drop(50);
    const lacking = await planOf(await drop(25));
    expect(lacking).toMatchObject({ state: 'held', counts: { usersDeactivated: 25 } });
    const done = await snapshots.approve(lacking);
    expect(await active()).toHaveLength(25);
    const edits = { directory: test.parts.directory, guards: DEFAULT_LIMITS };
    await snapshots.approve(await planUndo(edits, done, operator));
    expect(await active()).toHaveLength(50);
    const again = await planOf(await drop(25));
    expect(again).toMatchObject({ state: 'held', counts: { usersDeactivated: 25 } });
    await snapshots.approve(again);
    expect(await active()).toHaveLength(25);
  });

  it('the limits are those of the feed', async () => {
    const group = await filled();
    const { guards } = defaultFeedSettings('csv');
    const applied = await test.import(HEADER + rows(group, names(25), 'delete'), {
      settings: { guards: { ...guards, removalsAtLeast: 25 } },
    });
    expect(applied.run).toMatchObject({ state: 'applied' });
  });

  it('plans are listed, the newest first, by state, kind and source', async () => {
    const all = await listPlans(
      test.database,
      { state: null, kind: null, source: 'csv' },
      { after: 0, limit: 3 },
    );
    expect(all.map(({ n }) => n)).toEqual(all.map(({ n }) => n).sort((a, b) => b - a));
    const held = await listPlans(
      test.database,
      { state: 'held', kind: 'feed', source: null },
      { after: 0, limit: 100 },
    );
    expect(held.every(({ state }) => state === 'held')).toBe(true);
    expect(
      await listPlans(test.database, { state: null, kind: null, source: 'none' }, { after: 0, limit: 9 }),
    ).toEqual([]);
  });

  // Last, since its people raise the limits of the feed for good.
  it('D-31: stubs count among the removals and not in the bases', async () => {
    const people = names(300).map((name) => `based-${name}`);
    await test.import(HEADER + rows('based', people));
    const fewer = HEADER + rows('based', people.slice(25, 50), 'delete');
    const held = await test.import(fewer);
    expect(await planOf(held)).toMatchObject({ guards: [{ guard: 'removals', count: 25, limit: 20 }] });
    await deciding.reject(await planOf(held));
    // A tenth of 300 people is more than twenty.
    await test.import(`userName\n${people.join('\n')}\n`);
    expect((await test.import(fewer)).run).toMatchObject({ state: 'applied' });
  });
});

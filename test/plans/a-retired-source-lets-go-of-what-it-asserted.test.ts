import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attribution } from '../../src/core/attribution.ts';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import type { Planned } from '../../src/plans/guarded.ts';
import { planRetirement, type Retirement } from '../../src/plans/edits/retiring.ts';
import type { PlanRow } from '../../src/store/plans/plans.ts';
import { ensureFeedSource, insertSource } from '../../src/store/sources.ts';
import { openTestFeeds, type TestFeeds } from '../feeds/feed-support.ts';
import { openWatcher, receiptOf } from '../feeds/watching.ts';
import { openCommandLine } from '../support/command-line.ts';
import { decidingOver, type Deciding, operator } from './deciding.ts';
import { effectivePairs } from './support.ts';

describe('D-09: retiring a source is a plan', () => {
  let test: TestFeeds;
  let deciding: Deciding;
  beforeAll(async () => {
    test = await openTestFeeds();
    deciding = decidingOver(test.parts);
  });
  afterAll(() => test.close());

  const retire = async (
    source: string,
    { into = null, mode = 'unless-guarded' }: Partial<Retirement> = {},
    by: Attribution = operator,
  ): Promise<Planned<void>> => {
    const parts = { directory: test.directory, guards: DEFAULT_LIMITS };
    return (await planRetirement(parts, by, { source, into, mode })).result;
  };
  const approve = async ({ plan }: Planned<void>): Promise<PlanRow> => {
    if (plan === null) throw new Error('There is no plan.');
    return deciding.approve(plan);
  };
  const feed = async (source: string, content: string, mode: 'actions' | 'snapshot' = 'snapshot') => {
    await ensureFeedSource(test.database, source);
    const { run } = await test.import(content, { source, settings: { mode } });
    expect(run).toMatchObject({ state: 'applied', refused: 0 });
  };
  const isActive = async (name: string): Promise<boolean | undefined> =>
    (
      await test.database.rows<{ active: boolean }>({
        text: `select active from users where user_name = '${name}'`,
      })
    )[0]?.active;
  const asserted = async (group: string): Promise<string[]> => {
    const text = `select s.name || ' ' || u.user_name as says from assertion a join groups g on g.n = a.group_n
      join users u on u.n = a.member_n join source s on s.n = a.source_n
      where g.name = '${group}' and not a.suppressed order by 1`;
    return (await test.database.rows<{ says: string }>({ text })).map(({ says }) => says);
  };

  it('retracts what it alone asserts; others keep theirs, and people whom nobody else asserts are deactivated', async () => {
    await feed('old', 'userName,groups\nann,staff;lab\nben,staff\ncat,staff\n');
    await feed('new', 'userName,groups\nben,staff\n');
    await feed('csv', 'group,role,username,isgroup\nlab,,cat,\nfaculty,,lab,true\n', 'actions');
    await feed('old', 'group,role,username,isgroup\nfaculty,,staff,true\n', 'actions');
    await test.database.rows({
      text: `update groups set reserved_to = (select n from source where name = 'old') where name = 'staff'`,
    });
    const tried = await retire('old', { mode: 'dry-run' });
    expect(tried).toMatchObject({ kind: 'tried', plan: { kind: 'source-retirement', state: 'tried' } });
    expect(await asserted('staff')).toEqual(['new ben', 'old ann', 'old ben', 'old cat']);
    const planned = await retire('old');
    expect(planned).toMatchObject({
      kind: 'applied',
      plan: {
        source: 'old',
        counts: { membersRemoved: 3, nestingsRemoved: 1, usersDeactivated: 2, groupsChanged: 1 },
      },
    });
    expect(planned.plan?.counts).toEqual(tried.plan?.counts);
    expect(await asserted('staff')).toEqual(['new ben']);
    expect(await asserted('lab')).toEqual(['csv cat']);
    expect(await test.members('faculty')).toEqual(['group:lab']);
    // Cat was stated by nobody else: being listed in a group is no statement of a person.
    expect([await isActive('ann'), await isActive('ben'), await isActive('cat')]).toEqual([
      false,
      true,
      false,
    ]);
    const reserved = `select reserved_to from groups where name = 'staff'`;
    expect(await test.database.rows({ text: reserved })).toEqual([{ reserved_to: null }]);
  });

  it('takes nothing from it any more: an import is refused, a dropped file is rejected', async () => {
    await feed('ending', 'userName,groups\nzoe,ending\n');
    await retire('ending');
    await expect(test.import('userName\nzoe\n', { source: 'ending' })).rejects.toMatchObject({
      code: 'source.not_found',
    });
    const folder = join(test.folder, 'ending');
    await mkdir(folder);
    const watcher = await openWatcher({
      ...{ database: test.database, folder, newId: randomUUID, feed: 'ending' },
    });
    await watcher.start();
    await writeFile(join(folder, 'late.csv'), 'userName\nzoe\n');
    expect(await receiptOf(folder, 'rejected', 'late.csv')).toMatchObject({
      error: { code: 'file.source_retired' },
    });
    await watcher.stop();
    await expect(retire('ending')).rejects.toMatchObject({ code: 'source.not_found' });
  });

  it('waits for a person where many would leave, and does then what was approved', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `many${at}`);
    await feed('large', `group,role,username,isgroup\n${names.map((name) => `crowd,,${name},\n`).join('')}`);
    await feed('csv', `userName\n${names.join('\n')}\n`, 'actions');
    const before = await effectivePairs(test);
    const held = await retire('large');
    expect(held).toMatchObject({ kind: 'held', plan: { state: 'held' } });
    expect(held.plan?.guards.map(({ guard }) => guard)).toEqual(['removals', 'group-emptied']);
    expect(await effectivePairs(test)).toEqual(before);
    expect(await approve(held)).toMatchObject({ state: 'applied' });
    expect(await test.members('crowd')).toEqual([]);
  });

  it('is stale when it would take more by then', async () => {
    const names = Array.from({ length: 6 }, (_, at) => `more${at}`);
    await feed('grows', `group,role,username,isgroup\n${names.map((name) => `grown,,${name},\n`).join('')}`);
    await feed('csv', `userName\n${names.join('\n')}\nlatecomer\n`, 'actions');
    const held = await retire('grows');
    await feed('grows', 'group,role,username,isgroup\ngrown,,latecomer,\n', 'actions');
    await expect(approve(held)).rejects.toMatchObject({ code: 'plan.stale' });
    expect(await asserted('grown')).toHaveLength(7);
  });

  it('is asked for at the command line: looked at, held with exit code 5, done with --yes alone', async () => {
    const names = Array.from({ length: 5 }, (_, at) => `cli${at}`);
    await feed('left', `group,role,username,isgroup\n${names.map((name) => `cli,,${name},\n`).join('')}`);
    await feed('csv', `userName\n${names.join('\n')}\n`, 'actions');
    await feed('small', 'group,role,username,isgroup\ncli,,cli0,\n');
    const commands = await openCommandLine(test.url);
    try {
      expect((await commands.run('source', 'retire', 'small')).code).toBe(2);
      const tried = await commands.run('source', 'retire', 'left', '--dry-run', '--json');
      expect(tried.code).toBe(0);
      expect(JSON.parse(tried.out)).toMatchObject({ state: 'tried', counts: { membersRemoved: 4 } });
      const small = await commands.run('source', 'retire', 'small', '--yes');
      expect(small).toMatchObject({ code: 0, out: expect.stringContaining('small is retired') });
      const held = await commands.run('source', 'retire', 'left', '--yes');
      expect(held).toMatchObject({ code: 5, err: expect.stringContaining('muster plan approve') });
      expect((await commands.run('source', 'retire', 'small', '--yes')).code).toBe(2);
      expect(await asserted('cli')).toHaveLength(5);
    } finally {
      await commands.close();
    }
  });

  it('hands over: nobody joins or leaves, and the heir decides from then on', async () => {
    await feed('first', 'userName,externalId,groups\nada,1,crew;deck\nbob,2,crew\n');
    await feed('heir', 'userName,groups\nbob,crew\n');
    await test.database.rows({
      text: `update groups set reserved_to = (select n from source where name = 'first') where name = 'deck'`,
    });
    const before = await effectivePairs(test);
    const since = `select coalesce(max(seq), 0)::int as seq from change`;
    const [{ seq } = { seq: 0 }] = await test.database.rows<{ seq: number }>({ text: since });
    const planned = await retire('first', { into: 'heir' });
    expect(planned).toMatchObject({ kind: 'applied', plan: { people: 0 } });
    expect(await effectivePairs(test)).toEqual(before);
    const told = await test.database.rows<{ type: string }>({
      text: `select type from change where seq > ${seq} order by seq`,
    });
    expect(told.map(({ type }) => type)).toEqual(['group.updated', 'source.retired']);
    expect(await asserted('crew')).toEqual(['heir ada', 'heir bob']);
    await feed('heir', 'userName,groups\nbob,crew\n');
    expect(await asserted('crew')).toEqual(['heir bob']);
    expect(await test.members('deck')).toEqual([]);
    expect(await isActive('ada')).toBe(false);
  });

  it('hands an explicit removal over as one: a restatement stays suppressed (D-02)', async () => {
    await feed('told', 'group,role,username,isgroup\nout,,max,\nout,,mia,\n');
    await feed('csv', 'group,role,username,isgroup,action\nout,,max,,delete\n', 'actions');
    await ensureFeedSource(test.database, 'next');
    await retire('told', { into: 'next' });
    const { run } = await test.import('group,role,username,isgroup\nout,,max,\nout,,mia,\n', {
      source: 'next',
      settings: { mode: 'snapshot' },
    });
    expect(run).toMatchObject({ suppressed: 1, unchanged: 1 });
    expect(await test.members('out')).toEqual(['user:mia']);
  });

  it('leaves the feed of the watched folder there, with nothing of its own', async () => {
    await retire('csv', { into: 'heir' });
    const text = `select 1 from assertion where source_n = (select n from source where name = 'csv')`;
    expect(await test.database.rows({ text })).toEqual([]);
    await feed('csv', 'group,role,username,isgroup\nagain,,ada,\n', 'actions');
    expect(await asserted('again')).toEqual(['csv ada']);
  });

  it('refuses what is built in, itself as heir, a client that is let in, and who is no administrator', async () => {
    await expect(retire('console')).rejects.toMatchObject({ code: 'source.invalid' });
    await expect(retire('heir', { into: 'heir' })).rejects.toMatchObject({ code: 'source.invalid' });
    await expect(retire('heir', { into: 'console' })).rejects.toMatchObject({ code: 'source.invalid' });
    await expect(retire('nobody')).rejects.toMatchObject({ code: 'source.not_found' });
    const client = await insertSource(test.database, 'okta', 'client');
    await test.database.rows({ text: `insert into client (source_n, scopes) values (${client.n}, '{}')` });
    await expect(retire('okta')).rejects.toMatchObject({ code: 'source.invalid' });
    const actor = { kind: 'client', id: 'x', scopes: new Set(['directory.write'] as const) } as const;
    await expect(retire('heir', {}, { ...operator, actor })).rejects.toMatchObject({
      code: 'actor.not_allowed',
    });
  });
});

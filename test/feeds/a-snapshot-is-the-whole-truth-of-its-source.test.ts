import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { watchFreshness } from '../../src/sources/feeds/freshness.ts';
import { isOverdue } from '../../src/store/feeds/deliveries.ts';
import { zipOf } from './zip-of.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';

const settings = { mode: 'snapshot' } as const;

describe('mode snapshot', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
    await test.database.rows({
      text: `insert into source (name, kind) values ('hr', 'feed'), ('other', 'feed')`,
    });
  });
  afterAll(() => test.close());

  const snapshot = (content: string) => test.import(content, { source: 'hr', settings });
  const drift = () =>
    test.database.rows<{ attribute: string; stated: string; current: string }>({
      text: `select attribute, stated, current from disagreement where kind = 'drift' and state = 'open' order by n`,
    });
  const person = async (name: string) =>
    (
      await test.database.rows<{ active: boolean; title: string | null }>(
        {
          text: `select active, document ->> 'title' as title from users where user_name = $1 and deleted_at is null`,
        },
        [name],
      )
    )[0];

  it('D-02 retracts what it asserted and lacks now, and leaves what others assert', async () => {
    await snapshot('group,role,username,isgroup\nTeam,,ada,\nTeam,,alan,\nTeam,,Sub,true\n');
    await test.import('group,role,username,isgroup\nTeam,,alan,\nTeam,,other,\n', { source: 'other' });
    const { run, byLine } = await snapshot('group,role,username,isgroup\nTeam,,ada,\n');
    expect(byLine).toEqual({ 2: 'unchanged' });
    expect(run.change_xid).not.toBeNull();
    expect(await test.members('Team')).toEqual(['user:ada', 'user:alan', 'user:other']);
  });

  it('adds but never removes when a row was refused', async () => {
    await snapshot('group,role,username,isgroup\nTeam,,ada,\nTeam,,mary,\n');
    const { run } = await snapshot('group,role,username,isgroup\nTeam,,new,\nTeam,,ada,perhaps\n');
    expect(run.notes).toMatchObject([{ code: 'snapshot.nothing_retracted' }]);
    expect(await test.members('Team')).toEqual([
      'user:ada',
      'user:alan',
      'user:mary',
      'user:new',
      'user:other',
    ]);
    await snapshot('group,role,username,isgroup\nTeam,,ada,\n');
    expect(await test.members('Team')).toEqual(['user:ada', 'user:alan', 'user:other']);
  });

  it('D-02 leaves a restated membership suppressed that somebody took out, until it is imported explicitly', async () => {
    await test.import('group,role,username,isgroup,action\nTeam,,ada,,delete\n', { source: 'other' });
    expect((await snapshot('group,role,username,isgroup\nTeam,,ada,\nTeam,,eve,\n')).byLine).toEqual({
      2: 'suppressed',
      3: 'applied',
    });
    expect(await test.members('Team')).not.toContain('user:ada');
    await test.import('group,role,username,isgroup\nTeam,,ada,\n', { source: 'hr' });
    expect(await test.members('Team')).toContain('user:ada');
  });

  it.each([['group,role,username,isgroup\n'], [''], ['\n\n']])(
    'refuses an empty file %j',
    async (content) => {
      const { run } = await snapshot(content);
      expect(run).toMatchObject({ state: 'rejected', error: { code: 'file.empty' } });
      expect((await test.members('Team')).length).toBeGreaterThan(3);
    },
  );

  it('D-09 writes what differs from its own last run, and lists what others changed as drift', async () => {
    await snapshot('userName,title\nflo,Nurse\n');
    await test.import('userName,title\nflo,Matron\n', { source: 'other' });
    expect(await person('flo')).toEqual({ active: true, title: 'Matron' });
    expect((await snapshot('userName,title\nflo,Nurse\n')).byLine).toEqual({ 2: 'unchanged' });
    expect(await person('flo')).toEqual({ active: true, title: 'Matron' });
    expect(await drift()).toEqual([{ attribute: 'title', stated: 'Nurse', current: 'Matron' }]);
    await snapshot('userName,title\nflo,Head\n');
    expect(await person('flo')).toEqual({ active: true, title: 'Head' });
    expect(await drift()).toEqual([]);
    await snapshot('userName,title\nflo,\n');
    expect(await person('flo')).toEqual({ active: true, title: null });
  });

  it('D-09 deactivates who is missing only where nobody else asserts it, and activates who comes back', async () => {
    await snapshot('userName,title\nflo,Head\nsolo,\nshared,\n');
    await test.import('userName,title\nshared,\n', { source: 'other' });
    await snapshot('userName,title\nflo,Head\n');
    expect(await person('solo')).toEqual({ active: false, title: null });
    expect(await person('shared')).toEqual({ active: true, title: null });
    await snapshot('userName,title\nflo,Head\nsolo,\n');
    expect(await person('solo')).toEqual({ active: true, title: null });
  });

  it('does not touch memberships by a file of users without the column groups', async () => {
    const before = await test.members('Team');
    await snapshot('userName,title\nflo,Head\n');
    expect(await test.members('Team')).toEqual(before);
  });
});

describe('mode delta', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterAll(() => test.close());

  it('goes by the column of the status', async () => {
    const settings = { mode: 'delta' } as const;
    const first = await test.import(
      'userName,status,groups\nada,added,Team\nalan,NEW,Team\nmary,odd,Team\n',
      { settings },
    );
    expect(first.byLine).toEqual({ 2: 'applied', 3: 'applied', 4: 'status.invalid' });
    const second = await test.import(
      'group,role,username,isgroup,status\nTeam,,ada,,removed\nTeam,,alan,,changed\n',
      { settings },
    );
    expect(second.byLine).toEqual({ 2: 'applied', 3: 'unchanged' });
    expect(await test.members('Team')).toEqual(['user:alan']);
  });
});

describe('snapshots in time', () => {
  let test: TestFeeds;
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterAll(() => test.close());

  it('go forward: one older than the last of its series is refused', async () => {
    const rows = 'group,role,username,isgroup\nTeam,,ada,\n';
    const drop = async (file: string) =>
      (await test.import(rows, { settings, file })).run.error?.code ?? 'done';
    expect(await drop('hr-2026-11-20.csv')).toBe('done');
    expect(await drop('hr-2026-11-9.csv')).toBe('file.older');
    expect(await drop('hr-2026-11-20.csv')).toBe('done');
    expect(await drop('HR-2026-12-01.csv')).toBe('done');
    expect(await drop('hr-2026-11-30.csv')).toBe('file.older');
    expect(await drop('other-1.csv')).toBe('done');
    expect(await drop('hr.csv')).toBe('done');
  });

  it('go forward by the sequence of their manifest, whatever the sets are called', async () => {
    const drop = async (file: string, sequence: number | string) => {
      const manifest = { files: ['memberships.csv'], sequence };
      const set = zipOf({
        'memberships.csv': 'group,member\nSet,ada\n',
        'manifest.json': JSON.stringify(manifest),
      });
      return (await test.import(set, { settings, file })).run.error?.code ?? 'done';
    };
    expect(await drop('monday.zip', 20261130)).toBe('done');
    expect(await drop('later.zip', '20261129')).toBe('file.older');
    expect(await drop('9.zip', 100000000000)).toBe('done');
  });

  it('retract nothing when the feed was overdue, and again once it is in time', async () => {
    const daily = { ...settings, expectedEvery: 86_400_000 };
    const rows = (...names: string[]) => names.map((name) => `Crew,,${name},\n`).join('');
    const drop = (...names: string[]) =>
      test.import(`group,role,username,isgroup\n${rows(...names)}`, { settings: daily });
    await drop('ada', 'alan', 'mary');
    const feed = { name: 'csv', expectedEvery: daily.expectedEvery };
    const later = Date.now() + 2 * daily.expectedEvery;
    await watchFreshness(test.database, feed, Date.now());
    expect(await isOverdue(test.database, 'csv')).toBe(false);
    await watchFreshness(test.database, feed, later);
    await watchFreshness(test.database, feed, later);
    expect(await test.database.rows({ text: 'select kind, subject, times from alert' })).toEqual([
      { kind: 'feed.overdue', subject: 'csv', times: 1 },
    ]);
    const late = await drop('ada');
    expect(late.run.notes).toMatchObject([{ code: 'snapshot.frozen' }]);
    expect(await test.members('Crew')).toEqual(['user:ada', 'user:alan', 'user:mary']);
    expect(await isOverdue(test.database, 'csv')).toBe(false);
    await drop('ada');
    expect(await test.members('Crew')).toEqual(['user:ada']);
  });
});

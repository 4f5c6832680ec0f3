import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FeedSettings } from '../../src/core/feeds/settings.ts';
import type { FolderWatcher } from '../../src/sources/feeds/watcher.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { fileAt, openWatcher, receiptOf, signal, until, type Watching } from './watching.ts';

/** Longer than any test runs, in milliseconds. */
const HOURS = 36_000_000;
const HEADER = 'group,role,username,isgroup,action\n';

describe('the watched folder', () => {
  let test: TestFeeds;
  let folder: string;
  const watchers: FolderWatcher[] = [];
  beforeAll(async () => {
    test = await openTestFeeds();
  });
  afterEach(async () => {
    await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
  });
  afterAll(() => test.close());

  async function start(settings: Partial<FeedSettings> = {}, more: Partial<Watching> = {}): Promise<void> {
    folder = join(test.folder, randomUUID());
    await mkdir(folder, { recursive: true });
    await another(settings, more);
  }

  async function another(settings: Partial<FeedSettings> = {}, more: Partial<Watching> = {}): Promise<void> {
    const watcher = await openWatcher({
      ...{ database: test.database, folder, newId: randomUUID, settings },
      ...more,
    });
    watchers.push(watcher);
    await watcher.start();
  }

  const drop = (file: string, rows: string): Promise<void> => writeFile(join(folder, file), HEADER + rows);

  it('takes a file that has settled and leaves a receipt', async () => {
    await start();
    await drop('people.csv', 'watched,member,ada,,\n');
    expect(await receiptOf(folder, 'done', 'people.csv')).toMatchObject({
      source: 'csv',
      file: 'people.csv',
      encoding: 'utf-8',
      delimiter: ',',
      outcome: 'applied',
      rows: { total: 1, applied: 1, unchanged: 0, refused: 0, suppressed: 0, held: 0 },
      error: null,
      rejects: null,
      cursor: expect.stringMatching(/^\d+\.\d+$/),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await fileAt(folder, 'done', 'people.csv');
    expect(await test.members('watched')).toEqual(['user:ada']);
    expect(await readdir(join(folder, 'work'))).toEqual([]);
  });

  it('takes what lay there before it started, and the same bytes again', async () => {
    folder = join(test.folder, 'early');
    await mkdir(folder);
    await drop('early.csv', 'early,,ada,,\n');
    await another();
    expect(await receiptOf(folder, 'done', 'early.csv')).toMatchObject({ outcome: 'applied' });
    await fileAt(folder, 'done', 'early.csv');
    await drop('early.csv', 'early,,ada,,\n');
    await until('the second receipt', async () => {
      const receipt = await receiptOf(folder, 'done', 'early.csv');
      return receipt.outcome === 'unchanged';
    });
    expect((await readdir(join(folder, 'done'))).filter((name) => name.endsWith('--early.csv'))).toHaveLength(
      1,
    );
  });

  it('gives back rejects that can be corrected and dropped as they are', async () => {
    await start();
    await drop('mixed.csv', 'mixed,,ada,,\nmixed,,bob,maybe,\n"mixed",,"eve",,remove\n');
    expect(await receiptOf(folder, 'done', 'mixed.csv')).toMatchObject({
      outcome: 'applied',
      rows: { total: 3, applied: 1, refused: 2 },
      rejects: 'mixed.csv.rejects.csv',
    });
    const rejects = await readFile(join(folder, 'done', 'mixed.csv.rejects.csv'), 'utf8');
    expect(rejects.split('\r\n')).toEqual([
      '#line,#code,#reason,group,role,username,isgroup,action',
      expect.stringMatching(/^3,isgroup\.invalid,".*",mixed,,bob,maybe,$/),
      expect.stringMatching(/^4,action\.invalid,".*","mixed",,"eve",,remove$/),
      '',
    ]);
    await writeFile(
      join(folder, 'corrected.csv'),
      rejects.replace('bob,maybe', 'bob,no').replace(',remove', ','),
    );
    expect(await receiptOf(folder, 'done', 'corrected.csv')).toMatchObject({
      rows: { total: 2, applied: 2 },
    });
    expect(await test.members('mixed')).toEqual(['user:ada', 'user:bob', 'user:eve']);
  });

  it.each([
    ['nobody.csv', `${HEADER}g,,u,maybe,\n`, 'file.nothing_accepted'],
    ['open.csv', `${HEADER}g,,"u,,\n`, 'file.quote_open'],
    ['book.xlsx', 'PK\u0003\u0004', 'file.spreadsheet'],
    ['header.csv', 'group,role,user,isgroup\ng,,u,\n', 'header.unknown'],
  ])('puts %s into rejected/', async (file, content, code) => {
    await start();
    await writeFile(join(folder, file), content);
    const receipt = await receiptOf(folder, 'rejected', file);
    expect(receipt).toMatchObject({ outcome: 'rejected', error: { code } });
    await fileAt(folder, 'rejected', file);
  });

  it('clears away what a killed upload left, and nothing that may be on its way or belongs to others', async () => {
    folder = join(test.folder, randomUUID());
    const work = join(folder, 'work');
    const set = `.${randomUUID()}`;
    await mkdir(join(work, set), { recursive: true });
    const [killed, young] = [`.${randomUUID()}`, `.${randomUUID()}`];
    for (const name of [killed, young, '.keep']) await writeFile(join(work, name), HEADER);
    const hoursAgo = new Date(Date.now() - HOURS);
    for (const name of [killed, set, '.keep']) await utimes(join(work, name), hoursAgo, hoursAgo);
    await drop('swept.csv', 'swept,,ada,,\n');
    await another();
    await fileAt(folder, 'done', 'swept.csv');
    expect((await readdir(work)).sort()).toEqual([young, '.keep'].sort());
  });

  it('takes a file whose name is as long as names can be', async () => {
    await start();
    const name = `${'é'.repeat(125)}.csv`;
    await drop(name, 'long name,,ada,,\n');
    await until('it to end', async () => (await readdir(join(folder, 'done')).catch(() => [])).length === 2);
    expect(await test.members('long name')).toEqual(['user:ada']);
  });

  it('waits for the rest of a record', async () => {
    await start({}, { timing: { cutOff: HOURS } });
    const path = join(folder, 'slow.csv');
    await writeFile(path, `${HEADER}slow,,ada,,\nslow,,b`);
    await drop('quick.csv', 'quick,,ada,,\n');
    await fileAt(folder, 'done', 'quick.csv');
    expect(await readdir(folder)).toContain('slow.csv');
    await appendFile(path, 'ob,,\n');
    expect(await receiptOf(folder, 'done', 'slow.csv')).toMatchObject({ rows: { applied: 2 } });
  });

  it('rejects a file whose rest never comes', async () => {
    await start({}, { timing: { cutOff: 100 } });
    await writeFile(join(folder, 'cut.csv'), `${HEADER}cut,,ada,,\ncut,,b`);
    expect(await receiptOf(folder, 'rejected', 'cut.csv')).toMatchObject({
      error: { code: 'file.truncated' },
    });
    expect(await test.members('cut')).toEqual([]);
  });

  it('ignores unfinished downloads, dotfiles, links and folders', async () => {
    await start();
    await writeFile(join(test.folder, 'outside.csv'), `${HEADER}linked,,ada,,\n`);
    await symlink(join(test.folder, 'outside.csv'), join(folder, 'link.csv'));
    await mkdir(join(folder, 'folder.csv'));
    const ignored = [
      '.hidden.csv',
      '~$open.csv',
      'a.tmp',
      'a.csv.part',
      'a.filepart',
      'a.crdownload',
      'README.md',
    ];
    for (const name of ignored) await drop(name, 'ignored,,ada,,\n');
    await drop('last.csv', 'last,,ada,,\n');
    await fileAt(folder, 'done', 'last.csv');
    const left = (await readdir(folder)).filter((name) => !['work', 'done'].includes(name));
    expect(left.sort()).toEqual([...ignored, 'link.csv', 'folder.csv'].sort());
    expect(await test.members('linked')).toEqual([]);
  });

  it('writes nothing through a link in the place of one of its folders, and goes on once it is gone', async () => {
    const elsewhere = join(test.folder, 'elsewhere');
    await mkdir(elsewhere);
    await start();
    await symlink(elsewhere, join(folder, 'rejected'));
    await writeFile(join(folder, 'bad.csv'), 'bogus\n1\n');
    await until('the file to be judged', async () => {
      const text = `select 1 from import_run where file = 'bad.csv' and state = 'rejected' and filed_at is null`;
      return (await test.database.rows({ text })).length > 0;
    });
    await drop('good.csv', 'good,,ada,,\n');
    await rm(join(folder, 'rejected'));
    await fileAt(folder, 'rejected', 'bad.csv');
    await fileAt(folder, 'done', 'good.csv');
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('with completeness marker takes a file only with its marker, the hash where one is given', async () => {
    await start({ completeness: 'marker' });
    await drop('marked.csv', 'marked,,ada,,\n');
    await writeFile(join(folder, 'marked.csv.sha256'), `${'0'.repeat(64)}  marked.csv\n`);
    await drop('done.csv', 'marked,,bob,,\n');
    await writeFile(join(folder, 'done.csv.done'), '');
    await fileAt(folder, 'done', 'done.csv');
    expect(await test.members('marked')).toEqual(['user:bob']);
    await writeFile(join(folder, 'marked.csv.ok'), '');
    await fileAt(folder, 'done', 'marked.csv');
    expect((await readdir(folder)).sort()).toEqual(['done', 'work']);
  });

  it('with completeness rename takes a file that was renamed into it', async () => {
    await start({ completeness: 'rename' });
    await drop('renamed.csv.tmp', 'renamed,,ada,,\n');
    await rename(join(folder, 'renamed.csv.tmp'), join(folder, 'renamed.csv'));
    await fileAt(folder, 'done', 'renamed.csv');
    expect(await test.members('renamed')).toEqual(['user:ada']);
  });

  it('makes no feed wait for the file of another', async () => {
    const [first, second] = [join(test.folder, randomUUID()), join(test.folder, randomUUID())];
    for (const path of [first, second]) await mkdir(path);
    folder = first;
    await another({}, { besides: [{ feed: 'second', folder: second }] });
    const { n } = await test.group('in somebody’s hands');
    const [held, locked] = [signal(), signal()];
    const holding = test.database.transaction(async (tx) => {
      await tx.rows({ text: 'select 1 from groups where n = $1 for update' }, [n]);
      locked.give();
      await held.given;
    });
    await locked.given;
    await drop('slow.csv', 'in somebody’s hands,,ada,,\n');
    await until('the claim', async () => !(await readdir(first)).includes('slow.csv'));
    await writeFile(join(second, 'quick.csv'), `${HEADER}quick hands,,ada,,\n`);
    expect(await receiptOf(second, 'done', 'quick.csv')).toMatchObject({ source: 'second' });
    expect(await readdir(first)).toEqual(['work']);
    held.give();
    await holding;
    expect(await receiptOf(first, 'done', 'slow.csv')).toMatchObject({ outcome: 'applied' });
  });

  it('is not stopped by what cannot be read or is not let go', async () => {
    await start({ completeness: 'marker' });
    const pipe = join(folder, 'piped.csv.sha256');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    await drop('piped.csv', 'piped,,ada,,\n');
    await drop('after.csv', 'after pipe,,ada,,\n');
    await writeFile(join(folder, 'after.csv.ok'), '');
    await fileAt(folder, 'done', 'after.csv');
    expect(await readdir(folder)).toContain('piped.csv');
    await writeFile(join(folder, 'piped.csv.done'), '');
    await fileAt(folder, 'done', 'piped.csv');
  });

  it('is shared by several processes: each file is applied once, in the order of their times', async () => {
    await start();
    await another();
    await another();
    // Of files of one moment the names decide: a clock may not tell those apart that are written so quickly.
    const names = Array.from({ length: 12 }, (_, at) => `${String(at).padStart(2, '0')}.csv`);
    for (const [number, name] of names.entries()) {
      await drop(name, number % 2 === 0 ? 'shared,,ada,,\n' : 'shared,,*,,delete\n');
    }
    for (const name of names) await fileAt(folder, 'done', name);
    const outcomes = await Promise.all(
      names.map(async (name) => (await receiptOf(folder, 'done', name)).rows),
    );
    expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ applied: 1 })));
    expect(await test.members('shared')).toEqual([]);
  });
});

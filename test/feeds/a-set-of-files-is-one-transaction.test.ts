import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FolderWatcher } from '../../src/sources/feeds/watcher.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { fileAt, openWatcher, receiptOf } from './watching.ts';
import { zipOf } from './zip-of.ts';

const users = 'userName,displayName\nada,Ada\nalan,Alan\n';
const memberships = 'group,member,type\nChoir,ada,\nSchool,Choir,group\nChoir,nobody,robot\n';

describe('a folder with a manifest', () => {
  let test: TestFeeds;
  let watcher: FolderWatcher;
  beforeAll(async () => {
    test = await openTestFeeds();
    watcher = await openWatcher({
      ...{ database: test.database, folder: test.folder, newId: randomUUID },
      timing: { passEvery: 200 },
    });
    await watcher.start();
  });
  afterAll(async () => {
    await watcher.stop();
    await test.close();
  });

  async function drop(name: string, files: Record<string, string>, manifest: unknown): Promise<void> {
    const folder = join(test.folder, `.${name}`);
    await mkdir(folder);
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    await rename(folder, join(test.folder, name));
  }

  it('is applied in one transaction, people first, and tells each row by its file', async () => {
    const sha256 = createHash('sha256').update(memberships).digest('hex');
    const files = [{ name: 'memberships.csv', sha256 }, 'users.csv'];
    await drop('term', { 'users.csv': users, 'memberships.csv': memberships }, { files });
    const receipt = await receiptOf(test.folder, 'done', 'term');
    expect(receipt).toMatchObject({
      outcome: 'applied',
      format: 'users+memberships',
      files: [
        { file: 'users.csv', format: 'users' },
        { file: 'memberships.csv', format: 'memberships' },
      ],
      rows: { total: 5, applied: 4, refused: 1 },
    });
    await fileAt(test.folder, 'done', 'term', 'users.csv');
    expect(await test.members('Choir')).toEqual(['user:ada']);
    expect(await test.members('School')).toEqual(['group:Choir']);
    expect(await test.database.rows({ text: `select user_name from users where stub` })).toEqual([]);
    const rows = await test.database.rows({
      text: `select file, file_line, outcome from import_row order by line`,
    });
    expect(rows).toEqual([
      { file: 'users.csv', file_line: 2, outcome: 'applied' },
      { file: 'users.csv', file_line: 3, outcome: 'applied' },
      { file: 'memberships.csv', file_line: 2, outcome: 'applied' },
      { file: 'memberships.csv', file_line: 3, outcome: 'applied' },
      { file: 'memberships.csv', file_line: 4, outcome: 'refused' },
    ]);
    expect(
      new Set(
        (await test.database.rows<{ xid: string }>({ text: 'select xid::text as xid from change' })).map(
          ({ xid }) => xid,
        ),
      ).size,
    ).toBe(1);
  });

  it('is taken once its manifest is written, which nobody rings for', async () => {
    const folder = join(test.folder, 'slowly');
    await mkdir(folder);
    await writeFile(join(folder, 'memberships.csv'), 'group,member\nSlow,ada\n');
    await writeFile(join(test.folder, 'after.csv'), 'group,member\nAfter,ada\n');
    await fileAt(test.folder, 'done', 'after.csv');
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ files: ['memberships.csv'] }));
    expect(await receiptOf(test.folder, 'done', 'slowly')).toMatchObject({ outcome: 'applied' });
    expect(await test.members('Slow')).toEqual(['user:ada']);
  });

  it('as a zip file is applied in one transaction as well', async () => {
    const set = {
      'users.csv': 'userName,displayName\nzoe,Zoe\n',
      'memberships.csv': 'group,member,type\nZip,zoe,\nZip,zed,\n',
      'manifest.json': JSON.stringify({ files: ['memberships.csv', 'users.csv'] }),
    };
    const [{ seq } = { seq: 0 }] = await test.database.rows<{ seq: number }>({
      text: 'select max(seq)::int as seq from change',
    });
    await writeFile(join(test.folder, 'term.zip'), zipOf(set));
    expect(await receiptOf(test.folder, 'done', 'term.zip')).toMatchObject({
      outcome: 'applied',
      format: 'users+memberships',
      rows: { total: 3, applied: 3 },
    });
    expect(await test.members('Zip')).toEqual(['user:zed', 'user:zoe']);
    const stubs = await test.database.rows({ text: `select user_name from users where stub order by 1` });
    expect(stubs).toEqual([{ user_name: 'zed' }]);
    const transactions = await test.database.rows(
      { text: 'select distinct xid::text from change where seq > $1' },
      [seq],
    );
    expect(transactions).toHaveLength(1);
  });

  it('is applied wholly or not at all', async () => {
    const files = { 'users.csv': 'userName\nhalf\n', 'memberships.csv': 'who,what\n1,2\n' };
    await drop('half', files, { files: Object.keys(files) });
    expect(await receiptOf(test.folder, 'rejected', 'half')).toMatchObject({
      error: { code: 'header.unreadable' },
    });
    await drop('short', { 'users.csv': 'userName\nhalf\n' }, { files: ['users.csv', 'memberships.csv'] });
    expect(await receiptOf(test.folder, 'rejected', 'short')).toMatchObject({
      error: { code: 'set.incomplete' },
    });
    expect(await test.database.rows({ text: `select 1 from users where user_name = 'half'` })).toEqual([]);
  });
});

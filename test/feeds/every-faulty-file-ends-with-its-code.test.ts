import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FolderWatcher } from '../../src/sources/feeds/watcher.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { openWatcher, until } from './watching.ts';
import { zipOf } from './zip-of.ts';

interface Fate {
  readonly fate: 'done' | 'rejected';
  readonly code?: string;
  readonly rows?: Readonly<Record<string, string>>;
}

const USERS_ALONE = JSON.stringify({ files: ['users.csv'] });
const manyColumns = (count: number): string => Array.from({ length: count }, (_, at) => `c${at}`).join(',');

/** Too large to be kept. */
const MADE: Readonly<Record<string, () => string | Buffer>> = {
  '14-endless-record.csv': () => `group,role,username,isgroup\nF,,${'x'.repeat(1_500_000)},\n`,
  // Some 70 KB that unpack to more than 64 MB.
  '79-zip-bomb.zip': () =>
    zipOf({ 'users.csv': Buffer.alloc(70_000_000, 'userName\n'), 'manifest.json': USERS_ALONE }, 'packed'),
  '80-zip-bomb-of-a-manifest.zip': () =>
    zipOf({ 'manifest.json': Buffer.alloc(10_000_000, ' '), 'users.csv': 'userName\nzipped\n' }, 'packed'),
  '84-zip-of-a-folder.zip': () =>
    zipOf({ 'term/manifest.json': USERS_ALONE, 'term/users.csv': 'userName\nzipped\n' }),
  '81-header-of-100000-columns.csv': () =>
    `group,role,username,isgroup,${manyColumns(100_000)}\nF,,u,,${','.repeat(99_999)}\n`,
  '82-header-beyond-all-bounds.csv': () => `group,role,username,isgroup,${manyColumns(300_000)}\nF,,u,,\n`,
  '83-row-of-100000-cells.csv': () =>
    `group,role,username,isgroup\nF,,wide,,${','.repeat(100_000)}\nF,,narrow,\n`,
};

const faulty = new URL('./faulty/', import.meta.url).pathname;

describe('the folder of faulty files, dropped into the watched one', () => {
  let test: TestFeeds;
  let watcher: FolderWatcher;
  let folder: string;
  let expected: Record<string, Fate>;
  const seen: Record<string, Fate> = {};

  beforeAll(async () => {
    test = await openTestFeeds();
    expected = JSON.parse(await readFile(join(faulty, 'expected.json'), 'utf8')) as Record<string, Fate>;
    await test.import(
      'userName,email\nknown-one,one@known.example\nknown-two,two@known.example\nknown-three,shared@known.example\nknown-four,shared@known.example\n',
    );
    await test.database.rows({
      text: `insert into role (name, name_key, protected) values ('guarded', 'guarded', true)`,
    });
    await test.import('name\nRestricted\nReserved\n');
    await test.database.rows({ text: `update groups set restricted = true where name = 'Restricted'` });
    await test.database.rows({
      text: `update groups set reserved_to = (select n from source where name = 'console') where name = 'Reserved'`,
    });
    folder = join(test.folder, 'faulty');
    await mkdir(folder);
    for (const name of Object.keys(expected)) {
      const made = MADE[name];
      if (made === undefined) await copyFile(join(faulty, name), join(folder, name));
      else await writeFile(join(folder, name), made());
    }
    watcher = await openWatcher({ database: test.database, folder, newId: randomUUID });
    await watcher.start();
    await until('every file to end', async () => (await ended()) >= Object.keys(expected).length, 50);
    for (const fate of ['done', 'rejected'] as const) await look(fate);
  }, 60_000);
  afterAll(async () => {
    await watcher.stop();
    await test.close();
  });

  const receiptsIn = async (fate: string): Promise<string[]> =>
    (await readdir(join(folder, fate)).catch((): string[] => [])).filter((name) =>
      name.endsWith('.receipt.json'),
    );
  const ended = async (): Promise<number> =>
    (await receiptsIn('done')).length + (await receiptsIn('rejected')).length;

  async function look(fate: Fate['fate']): Promise<void> {
    for (const name of await receiptsIn(fate)) {
      const receipt = JSON.parse(await readFile(join(folder, fate, name), 'utf8')) as {
        readonly import: string;
        readonly error: { readonly code: string } | null;
      };
      const text = `select line, code from import_row r join import_run i on i.n = r.run_n
        where i.id = $1 and r.outcome = 'refused' order by line`;
      const refused = await test.database.rows<{ line: number; code: string }>({ text }, [receipt.import]);
      const rows = Object.fromEntries(refused.map(({ line, code }) => [line, code]));
      const code = receipt.error?.code;
      seen[name.replace(/\.receipt\.json$/, '')] = {
        fate,
        ...(code === undefined ? {} : { code }),
        ...(refused.length === 0 ? {} : { rows }),
      };
    }
  }

  it('holds sixty files and more', () => {
    expect(Object.keys(expected).length).toBeGreaterThanOrEqual(60);
  });

  it('ends each where it should, with the right code', () => {
    expect(seen).toEqual(expected);
  });

  it('leaves nothing of a rejected file behind', async () => {
    expect(await test.database.rows({ text: `select 1 from users where user_name = 'zipped'` })).toEqual([]);
    expect(await readdir(join(folder, 'work'))).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FolderWatcher } from '../../src/sources/feeds/watcher.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { openWatcher, until } from './watching.ts';

interface Fate {
  readonly fate: 'done' | 'rejected';
  readonly code?: string;
  readonly rows?: Readonly<Record<string, string>>;
}

/** Too large to be kept. */
const MADE: Readonly<Record<string, string>> = {
  '14-endless-record.csv': `group,role,username,isgroup\nF,,${'x'.repeat(1_500_000)},\n`,
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
      else await writeFile(join(folder, name), made);
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

import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Child, startChild } from '../support/child-process.ts';
import { openTestFeeds, type TestFeeds } from './feed-support.ts';
import { fileAt, receiptOf, until } from './watching.ts';

const ROWS = 4_000;
const KILLS = Number(process.env.TEST_KILLS ?? 4);
/** Printed with a failure, so that the same moments can be tried again. */
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 100_000);

describe('kill -9 while a file is imported', () => {
  let test: TestFeeds;
  let folder: string;
  let child: Child | null = null;
  beforeAll(async () => {
    test = await openTestFeeds();
    folder = join(test.folder, 'killed');
    await mkdir(folder);
  });
  afterAll(async () => {
    await child?.stop();
    await test.close();
  });

  const startProcess = (): Promise<Child> =>
    startChild(['--import', 'tsx', 'test/feeds/watching-process.ts'], {
      word: 'watching',
      env: { TEST_URL: test.url, TEST_FOLDER: folder },
    });

  const count = async (group: string): Promise<number> =>
    (
      await test.database.rows<{ members: number }>(
        {
          text: `select count(*)::int as members from assertion a join groups g on g.n = a.group_n
                 where g.name = $1 and not a.suppressed`,
        },
        [group],
      )
    )[0]?.members ?? 0;

  it(`leaves nothing half done at ${KILLS} moments, and then applies it (seed ${SEED})`, async () => {
    let random = SEED;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const group = `killed ${kill}`;
      const rows = Array.from({ length: ROWS }, (_, row) => `${group},member,${kill}-user${row},,\n`);
      const file = `${kill}.csv`;
      child = await startProcess();
      await writeFile(join(folder, `${file}.tmp`), `group,role,username,isgroup,action\n${rows.join('')}`);
      await rename(join(folder, `${file}.tmp`), join(folder, file));
      await until('the claim', async () => !(await readdir(folder)).includes(file));
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      const delay = random % 600;
      await new Promise((resolve) => setTimeout(resolve, delay));
      await child.stop('SIGKILL');
      expect([0, ROWS]).toContain(await count(group));
      child = await startProcess();
      const receipt = await receiptOf(folder, 'done', file);
      await fileAt(folder, 'done', file);
      expect({ seed: SEED, delay, rows: receipt.rows }).toMatchObject({
        rows: { total: ROWS, applied: ROWS },
      });
      expect(await count(group)).toBe(ROWS);
      await child.stop('SIGKILL');
    }
    expect(await readdir(join(folder, 'work'))).toEqual([]);
    const text = 'select count(*)::int as runs from import_run';
    expect(await test.database.rows({ text })).toEqual([{ runs: KILLS }]);
  }, 240_000);
});

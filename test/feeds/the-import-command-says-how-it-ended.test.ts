import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CommandLine, openCommandLine } from '../support/command-line.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { zipOf } from './zip-of.ts';

const HEADER = 'group,role,username,isgroup,action\n';
const rows = (group: string, count: number, action = ''): string =>
  HEADER + Array.from({ length: count }, (_, at) => `${group},,${group}${at},,${action}\n`).join('');

describe('muster import', () => {
  let test: TestDirectory;
  let commands: CommandLine;
  let folder: string;
  beforeAll(async () => {
    test = await openTestDirectory();
    commands = await openCommandLine(test.url);
    folder = await mkdtemp(join(tmpdir(), 'muster-import-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await commands.close();
    await test.close();
  });

  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  it('ends with 0 where every row is true, and says so again', async () => {
    const path = await file('good.csv', rows('good', 2));
    const done = await commands.run('import', path);
    expect(done).toMatchObject({ code: 0, err: '', out: 'good.csv: of 2 rows were 2 applied.\n' });
    const again = await commands.run('import', path, '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ outcome: 'unchanged', rows: { total: 2, unchanged: 2 } });
    expect(await readFile(path, 'utf8')).toBe(rows('good', 2));
  });

  it('ends with 4 where a row was refused, and shows each with its line and what to do', async () => {
    const path = await file('some.csv', `${rows('some', 1)}some,,b,perhaps,\nsome,,c,,remove\n`);
    const done = await commands.run('import', path);
    expect(done.code).toBe(4);
    expect(done.out).toContain('some.csv: of 3 rows were 1 applied, 2 refused.');
    expect(done.out).toMatch(/^3\s+isgroup\.invalid\s+isgroup is "perhaps"; it must be true/m);
    expect(done.out).toMatch(
      /^4\s+action\.invalid\s+The action "remove" is neither import nor delete\. Write/m,
    );
    const tried = await commands.run('import', path, '--dry-run', '--json');
    expect(tried.code).toBe(4);
    expect(JSON.parse(tried.out)).toMatchObject({ dryRun: true, rows: { refused: 2 } });
  });

  it('shows the refused rows of a set by their files', async () => {
    const set = join(folder, 'set.zip');
    const files = { 'users.csv': 'userName\nzed\n', 'memberships.csv': 'group,member,type\nSet,zed,robot\n' };
    const manifest = JSON.stringify({ files: Object.keys(files) });
    await writeFile(set, zipOf({ ...files, 'manifest.json': manifest }, 'packed'));
    const done = await commands.run('import', set);
    expect(done.code).toBe(4);
    expect(done.out).toMatch(/^memberships\.csv:2\s+type\.invalid\s+The type "robot"/m);
  });

  it('ends with 4 where the file was rejected whole, and says why and what to do', async () => {
    const path = await file('cut.csv', 'group;role;username\n');
    const done = await commands.run('import', path);
    expect(done).toMatchObject({ code: 4, out: 'cut.csv: rejected, nothing of it was applied.\n' });
    expect(done.err).toContain('The header lacks isgroup. Add what is missing.');
    const told = await commands.run('import', path, '--json');
    expect(told.code).toBe(4);
    expect(JSON.parse(told.out)).toMatchObject({ outcome: 'rejected', error: { code: 'header.missing' } });
  });

  it('ends with 5 where a guard holds it, and says why and what to do; a dry run says that it would', async () => {
    await commands.run('import', await file('many.csv', rows('many', 30)));
    const path = await file('fewer.csv', rows('many', 25, 'delete'));
    const tried = await commands.run('import', path, '--dry-run');
    expect(tried).toMatchObject({
      code: 0,
      out: expect.stringContaining('It would be held: 25 memberships'),
    });
    const held = await commands.run('import', path);
    expect(held).toMatchObject({ code: 5, out: 'fewer.csv: of 25 rows were 25 held.\n' });
    expect(held.err).toContain('Held by a guard; nothing was changed.');
    expect(held.err).toContain('25 memberships would end');
    expect(held.err).toMatch(/muster plan approve [0-9a-f-]{36} --reason/);
  });

  it('of a folder takes each file in the order of the names, and ends with the worst of their codes', async () => {
    const several = join(folder, 'several');
    await mkdir(several);
    await writeFile(join(several, '1.csv'), rows('several', 1));
    await writeFile(join(several, '2.csv'), `${HEADER}several,,*,,delete\nseveral,,*,,\n`);
    await writeFile(join(several, '.hidden.csv'), rows('hidden', 1));
    const done = await commands.run('import', several, '--json');
    expect(done.code).toBe(4);
    expect(JSON.parse(done.out)).toMatchObject([
      { file: '1.csv', outcome: 'applied' },
      { file: '2.csv', outcome: 'applied', rows: { applied: 1, refused: 1 } },
    ]);
    await writeFile(join(several, '3.csv'), rows('many', 26, 'delete'));
    expect((await commands.run('import', several)).code).toBe(5);
  });

  it('ends with 4 for a folder without a file to take', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await writeFile(join(empty, 'export.csv.part'), rows('part', 1));
    expect(await commands.run('import', empty)).toMatchObject({
      code: 4,
      err: expect.stringContaining('Put CSV files into it'),
    });
  });

  it('ends with 2 for what is named wrongly, and says what to look at', async () => {
    const path = await file('good.csv', rows('good', 1));
    for (const [words, said] of [
      [[join(folder, 'nothing.csv')], 'Look whether its path is right'],
      [[path, '--source', 'nobody'], 'Look whether its name is right'],
      [[path, '--source', 'console'], 'Name a feed'],
    ] as const) {
      expect(await commands.run('import', ...words)).toMatchObject({
        code: 2,
        err: expect.stringContaining(said),
      });
    }
  });
});

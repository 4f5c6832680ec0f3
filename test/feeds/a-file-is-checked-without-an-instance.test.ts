import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/program.ts';

describe('muster feed check', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-check-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function check(content: string | null, ...words: string[]) {
    if (content !== null) await writeFile(join(folder, 'file.csv'), content);
    let out = '';
    let err = '';
    const code = await runCommandLine(['feed', 'check', 'file.csv', ...words], {
      environment: {},
      folder,
      out: { write: (text) => (out += text) },
      err: { write: (text) => (err += text) },
    });
    return { code, out, err };
  }

  it('ends with 2 for a file that is not there', async () => {
    expect((await check(null)).code).toBe(2);
  });

  it('says what a good file would make in an empty directory', async () => {
    const { code, out } = await check(
      'group;role;username;isgroup;action\nA;member;ada;;\nA;;alan;;\nA;;alan;;delete\nB;;A;true;\nB;;*;;delete\n',
      '--json',
    );
    expect({ code, ...(JSON.parse(out) as object) }).toMatchObject({
      code: 0,
      encoding: 'utf-8',
      parts: [{ file: null, format: 'portal', delimiter: ';' }],
      rows: { total: 5, accepted: 5, refused: 0 },
      plan: {
        users: 0,
        stubs: 2,
        groups: 2,
        memberships: 1,
        nestings: 1,
        roles: 1,
        deletions: 2,
        leftOut: 0,
      },
      error: null,
    });
  });

  it('lists the rows that would be refused, and ends with 4', async () => {
    const { code, out } = await check(
      'group,role,username,isgroup\nA,,B,true\nB,,A,true\nA,,x,maybe\naffiliation.staff,,x,\n',
      '--json',
    );
    const { refused } = JSON.parse(out) as { refused: { line: number; code: string; original: string }[] };
    expect(refused.map(({ line, code: why, original }) => [line, why, original])).toEqual([
      [3, 'nesting.cycle', 'B,,A,true'],
      [4, 'isgroup.invalid', 'A,,x,maybe'],
      [5, 'group.name_reserved', 'affiliation.staff,,x,'],
    ]);
    expect(code).toBe(4);
    expect((await check('userName,groups\nada,A;B\n,C\n')).out).toContain(
      'In an empty directory: 1 users, 2 groups, 2 memberships.',
    );
  });

  it('says why a whole file would be rejected', async () => {
    const { code, out } = await check('who,what\n1,2\n');
    expect(code).toBe(4);
    expect(out).toContain('would be rejected (header.unreadable)');
  });
});

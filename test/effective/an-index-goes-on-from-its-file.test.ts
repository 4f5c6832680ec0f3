import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Follower } from '../../src/effective/follow/follower.ts';
import type { IndexFile } from '../../src/effective/follow/saved-index.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';
import { carryOut, type Choice, hashKey, naiveSets, type People, type Sets } from './living-directory.ts';

const anyChoice: fc.Arbitrary<Choice> = fc.record({
  verb: fc.constantFrom(
    ...(['add', 'add', 'remove', 'nest', 'nest', 'unnest', 'activate', 'deactivate'] as const),
    ...(['deleteUser', 'deleteGroup'] as const),
  ),
  group: fc.nat(4),
  other: fc.nat(4),
  source: fc.constantFrom('console', 'csv'),
});
const DAY_MS = 86_400_000;

describe('an index that is taken up from its file', () => {
  let test: TestDirectory;
  const folder = mkdtempSync(join(tmpdir(), 'muster-index-'));
  const file: IndexFile = { path: join(folder, 'index.snapshot'), epoch: 'this one', now: Date.now };
  beforeAll(async () => {
    test = await openTestDirectory();
  });
  afterAll(async () => {
    await test.close();
    rmSync(folder, { recursive: true });
  });

  let casts = 0;
  async function cast(): Promise<People> {
    casts += 1;
    return {
      users: await Promise.all([0, 1, 2].map((n) => test.user(`user ${casts} ${n}`))),
      groups: await Promise.all([0, 1, 2, 3, 4].map((n) => test.group(`group ${casts} ${n}`))),
    };
  }

  /** Opens, looks and closes. */
  async function opened(from: IndexFile | null): Promise<{ begun: string; sets: Sets }> {
    const follower = await Follower.open(test.database, hashKey, from);
    const { begun, index } = follower;
    const sets = [...index.groups()].map((n) => [n, index.effectivePage(n, 0, 10_000)] as const);
    follower.dispose();
    return { begun, sets: Object.fromEntries(sets.filter(([, members]) => members.length > 0)) };
  }

  async function save(): Promise<void> {
    const follower = await Follower.open(test.database, hashKey);
    await follower.save(file);
    follower.dispose();
  }

  it('equals the state, with the tail of the log since, after any history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyChoice, { maxLength: 12 }),
        fc.array(anyChoice, { maxLength: 8 }),
        async (before, since) => {
          const people = await cast();
          for (const choice of before) await carryOut(test, people, choice);
          await save();
          for (const choice of since) await carryOut(test, people, choice);
          expect(await opened(file)).toEqual({
            begun: 'from its file',
            sets: await naiveSets(test.database),
          });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is filled from the database when a byte of the file is wrong, or it is cut off, or missing', async () => {
    await save();
    const right = readFileSync(file.path);
    const expected = { begun: 'from the database', sets: await naiveSets(test.database) };
    const damages = [0, 1, 2, 3, 4].map((part) => Math.floor((part / 5) * (right.length - 1)));
    for (const at of damages) {
      const wrong = Buffer.from(right);
      wrong.writeUInt8(wrong.readUInt8(at) ^ 0x10, at);
      for (const bytes of [wrong, right.subarray(0, at)]) {
        writeFileSync(file.path, bytes);
        expect(await opened(file)).toEqual(expected);
      }
    }
    expect(await opened({ ...file, path: join(folder, 'none') })).toEqual(expected);
  });

  it('is filled from the database when the file is of another epoch, old, or of a life that ended otherwise', async () => {
    const expected = { begun: 'from the database', sets: await naiveSets(test.database) };
    await save();
    expect(await opened({ ...file, epoch: 'another' })).toEqual(expected);
    expect(await opened({ ...file, now: () => Date.now() + 8 * DAY_MS })).toEqual(expected);
    const cut = (value: string) =>
      test.database.rows({
        text: `update feed_batch set snapshot = '${value}' where n = (select max(n) from feed_batch)`,
      });
    await cut('3:3:');
    await save();
    await cut('4:4:');
    expect(await opened(file)).toEqual(expected);
  });
});

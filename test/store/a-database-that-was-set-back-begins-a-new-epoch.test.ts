import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readLastBatch } from '../../src/store/effective/log-tail.ts';
import { type Epoch, openEpoch } from '../../src/store/installation.ts';
import type { Outside, Seen } from '../../src/store/set-back.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('the epoch of a database at the address where it was (P-01)', () => {
  let test: TestDirectory;
  beforeAll(async () => {
    test = await openTestDirectory();
    await open({});
  });
  afterAll(() => test.close());

  const open = (outside: Partial<Outside>): Promise<Epoch> =>
    openEpoch(test.database, 'http://muster.test', { seen: null, files: null, ...outside });
  async function seenNow(): Promise<Seen> {
    const [{ system, id }, { n, position }] = [await open({}), await readLastBatch(test.database)];
    return { system, epoch: id, batch: { n, position: position.text } };
  }

  it('goes on where the database is as far as it was seen', async () => {
    expect(await open({ seen: await seenNow() })).toMatchObject({ isNew: false });
  });

  it('is another where a cut that was seen is not there, or is another one by its number', async () => {
    for (const wrong of [{ n: 7 }, { position: '5:5:' }]) {
      const seen = await seenNow();
      const before = await open({});
      const after = await open({ seen: { ...seen, batch: { ...seen.batch, ...wrong } } });
      expect(after).toMatchObject({ isNew: true });
      expect(after.id).not.toBe(before.id);
    }
  });

  it('is another where the epoch that was seen has not begun', async () => {
    const seen = { ...(await seenNow()), epoch: '11111111-1111-4111-8111-111111111111' };
    expect(await open({ seen })).toMatchObject({ isNew: true });
  });

  it('goes on where what was seen is of another database, or of a cut that is no longer kept', async () => {
    const seen = await seenNow();
    expect(await open({ seen: { ...seen, system: 'another', batch: { n: 9, position: '' } } })).toMatchObject(
      {
        isNew: false,
      },
    );
    const older = { ...seen, batch: { n: seen.batch.n - 1, position: '1:1:' } };
    expect(await open({ seen: older })).toMatchObject({ isNew: false });
  });

  it('is another once both the inode and the birth of its files are others, and takes those for its own', async () => {
    const found = [];
    for (const files of ['1:10', '1:10', '2:10', '3:30', '3:30', null, '4:40']) {
      found.push([files, (await open({ files })).isNew]);
    }
    expect(found).toEqual([
      ['1:10', false],
      ['1:10', false],
      ['2:10', false],
      ['3:30', true],
      ['3:30', false],
      [null, false],
      ['4:40', true],
    ]);
  });
});

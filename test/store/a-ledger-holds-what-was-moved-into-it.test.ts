import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RoaringBitmap32 } from 'roaring-wasm';
import type { GroupN } from '../../src/core/ids.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { dropLedger, moveLedger, readLedger, readLedgerPage } from '../../src/store/ledger.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let test: TestDatabase;
let database: Database;
const group = 7 as GroupN;

beforeAll(async () => {
  test = await freshDatabase();
  database = openDatabase({ url: test.url, poolSize: 2, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await test.close();
});

/** Ranges of numbers, so that sets cross the size at which they are split, over several containers. */
const anySet: fc.Arbitrary<RoaringBitmap32> = fc
  .array(fc.tuple(fc.nat(200_000), fc.nat(6_000)), { maxLength: 3 })
  .map((ranges) => {
    const set = new RoaringBitmap32();
    for (const [from, size] of ranges) set.addRange(from, from + size);
    return set;
  });

async function moveTo(owner: number, before: RoaringBitmap32, after: RoaringBitmap32): Promise<void> {
  const plus = RoaringBitmap32.andNot(after, before);
  const minus = RoaringBitmap32.andNot(before, after);
  await database.transaction((tx) => moveLedger(tx, owner, [{ group, after, plus, minus }]));
}

async function held(owner: number): Promise<number[]> {
  return (await readLedger(database, owner, [group])).get(group)?.toArray() ?? [];
}

describe('a ledger', () => {
  it('holds exactly the set that it was last moved to, whatever its sizes on the way (O-02)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anySet, { minLength: 1, maxLength: 5 }), async (sets) => {
        await database.transaction((tx) => dropLedger(tx, 1));
        let before = new RoaringBitmap32();
        for (const after of sets) {
          await moveTo(1, before, after);
          expect(await held(1)).toEqual(after.toArray());
          before = after;
        }
        const { length } = await database.rows({
          text: 'select 1 from ledger where owner = 1 and part >= 0',
        });
        expect(length > 0).toBe(before.size > 4_096);
      }),
      { numRuns: 40 },
    );
  });

  it('rewrites one container when one member of a large set changes', async () => {
    const large = RoaringBitmap32.fromRange(0, 300_000);
    await moveTo(2, new RoaringBitmap32(), large);
    const versions = (): Promise<{ part: number; xmin: string }[]> =>
      database.rows({ text: 'select part, xmin::text as xmin from ledger where owner = 2 order by part' });
    const before = await versions();
    const after = large.clone();
    after.delete(70_000);
    await moveTo(2, large, after);
    const rewritten = (await versions()).filter(({ xmin }, place) => xmin !== before[place]?.xmin);
    expect(before).toHaveLength(5);
    expect(rewritten.map(({ part }) => part)).toEqual([1]);
  });

  it('keeps owners and groups apart, and is read whole in pages', async () => {
    const empty = new RoaringBitmap32();
    for (const [place, id] of [11, 12, 13].entries()) {
      const after = RoaringBitmap32.of(place + 1, 200, 40_129);
      await database.transaction((tx) =>
        moveLedger(tx, 3, [{ group: id as GroupN, after, plus: after, minus: empty }]),
      );
    }
    const first = await readLedgerPage(database, 3, { after: 0, limit: 2 });
    const second = await readLedgerPage(database, 3, { after: 12, limit: 2 });
    expect([...first].map(([id, set]) => [id, set.toArray()])).toEqual([
      [11, [1, 200, 40_129]],
      [12, [2, 200, 40_129]],
    ]);
    expect([...second.keys()]).toEqual([13]);
    expect(await readLedgerPage(database, 4, { after: 0, limit: 2 })).toEqual(new Map());
  });
});

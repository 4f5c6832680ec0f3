import { Follower } from '../../src/effective/follow/follower.ts';
import { hashKeyOf } from '../../src/effective/index/member-hashes.ts';
import type { GroupN } from '../../src/core/ids.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { cutLog } from '../../src/store/effective/feed-cuts.ts';
import { readLastBatch } from '../../src/store/effective/log-tail.ts';
import { FEED_OWNER, moveLedger } from '../../src/store/ledger.ts';
import { RoaringBitmap32 } from 'roaring-wasm';

const GROUPS_AT_ONCE = 1_000;

/**
 * Writes the feed's ledger as if every effective membership had been told long ago, so that the first daemon on a
 * generated directory starts as one does on a directory that grew. Does nothing where there is a ledger.
 */
export async function deliverAll(url: string): Promise<void> {
  const database = openDatabase({ url, poolSize: 2, applicationName: 'muster-bench' });
  try {
    const found = await database.rows({ text: `select from ledger where owner = ${FEED_OWNER} limit 1` });
    if (found.length === 0) await deliver(database);
  } finally {
    await database.close();
  }
}

async function deliver(database: Database): Promise<void> {
  const follower = await Follower.open(database, hashKeyOf(new Uint8Array(16)));
  const { index, position } = follower;
  const nobody = new RoaringBitmap32();
  const groups = [...index.groups()];
  await database.transaction(async (tx) => {
    for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE) {
      const moves = groups.slice(from, from + GROUPS_AT_ONCE).map((group) => {
        const after = index.effective(group);
        return { group: group as GroupN, after, plus: after, minus: nobody };
      });
      await moveLedger(
        tx,
        FEED_OWNER,
        moves.filter(({ after }) => !after.isEmpty),
      );
      for (const { after } of moves) after.dispose();
    }
    await cutLog(tx, { n: (await readLastBatch(database)).n + 1, position, entries: 0 });
  });
  nobody.dispose();
  follower.dispose();
}

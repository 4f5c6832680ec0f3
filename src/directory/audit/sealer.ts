import { hashOfSeal, type Seal, type SealedBatch } from '../../core/audit-seal.ts';
import {
  insertSeal,
  isMarkPast,
  type KeptSeal,
  lockSealing,
  type Mark,
  readHeadSeal,
  makeMark,
  readSealable,
  type SealableRow,
} from '../../store/audit/seals.ts';
import type { Database } from '../../store/database.ts';

/** Rows to a seal, at most. */
const ROWS_AT_ONCE = 1_000;

export interface AuditSealer {
  /** Seals what nothing can be added to any more; answers how many rows that were. */
  round(): Promise<number>;
}

/**
 * Chains the log's rows in batches (D-40), after their commit: no writer waits for it. Rows come to be in no
 * order of their numbers, so a round seals only up to where the numbers had come at the round before, once all
 * transactions of that time have ended. Any number of instances may do it; one at a time does.
 */
export function createAuditSealer(database: Database, key: Buffer): AuditSealer {
  const state: { mark: Mark | null } = { mark: null };
  return {
    round: async () => {
      const { mark } = state;
      if (mark !== null && !(await isMarkPast(database, mark))) return 0;
      let sealed = 0;
      for (let isMore = mark !== null; isMore && mark !== null;) {
        const rows = await sealBatch(database, key, mark.seq);
        sealed += rows;
        isMore = rows === ROWS_AT_ONCE;
      }
      state.mark = await makeMark(database);
      return sealed;
    },
  };
}

/** One batch behind the newest seal, up to the number `until`; answers how many rows it has. */
async function sealBatch(database: Database, key: Buffer, until: number): Promise<number> {
  return database.transaction(async (tx) => {
    await lockSealing(tx);
    const previous = await readHeadSeal(tx);
    const fromSeq = previous?.toSeq ?? 0;
    const rows = await readSealable(tx, { from: fromSeq, to: until, limit: ROWS_AT_ONCE });
    const last = rows.at(-1);
    if (last === undefined) return 0;
    await insertSeal(tx, sealOf(key, previous, rows, last.seq), last.at);
    return rows.length;
  });
}

function sealOf(key: Buffer, previous: KeptSeal | null, rows: readonly SealableRow[], toSeq: number): Seal {
  const fromSeq = previous?.toSeq ?? 0;
  const batch: SealedBatch = {
    n: (previous?.n ?? 0) + 1,
    fromSeq,
    toSeq,
    offsets: rows.map(({ seq }) => seq - fromSeq),
    digests: Buffer.concat(rows.map(({ digest }) => digest)),
  };
  return { ...batch, hash: hashOfSeal(key, previous?.hash ?? null, batch) };
}

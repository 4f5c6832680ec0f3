/**
 * Seals of the audit (D-40): each covers a batch of the log's rows and the seal before it, so that a row that is
 * altered, added or taken out later fits no more, nor does anything sealed after it. They are made with a key
 * that is not in the database: whoever can write there alone cannot make them fit again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of a row's digest. */
export const DIGEST_BYTES = 16;

/** What a seal covers: rows with numbers behind `fromSeq`, up to `toSeq`. */
export interface SealedBatch {
  readonly n: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** What to add to `fromSeq` for the number of each row, ascending. */
  readonly offsets: readonly number[];
  /** DIGEST_BYTES for each row. */
  readonly digests: Buffer;
}

export interface Seal extends SealedBatch {
  readonly hash: Buffer;
}

/** A row of the log as it is now. */
export interface DigestedRow {
  readonly seq: number;
  readonly digest: Buffer;
}

/** What does not fit: a seal itself, or a row of what it covers (by its number). */
export type AuditFault =
  | { readonly kind: 'seal_missing' | 'seal_changed'; readonly seal: number }
  | {
      readonly kind: 'row_missing' | 'row_changed' | 'row_added';
      readonly seal: number;
      readonly row: number;
    };

const BEFORE_THE_FIRST = Buffer.alloc(32);

/** The hash of a seal over its batch and the hash of the seal before; null before the first. */
export function hashOfSeal(key: Buffer, previous: Buffer | null, batch: SealedBatch): Buffer {
  const numbers = JSON.stringify([batch.n, batch.fromSeq, batch.toSeq, batch.offsets]);
  return createHmac('sha256', key)
    .update(previous ?? BEFORE_THE_FIRST)
    .update(numbers)
    .update(batch.digests)
    .digest();
}

/** What is wrong with a seal that should follow `previous`; null when it fits. */
export function faultOfSeal(key: Buffer, previous: Seal | null, seal: Seal): AuditFault | null {
  const expected = (previous?.n ?? 0) + 1;
  if (seal.n !== expected) return { kind: 'seal_missing', seal: expected };
  const continues = seal.fromSeq === (previous?.toSeq ?? 0);
  const hash = hashOfSeal(key, previous?.hash ?? null, seal);
  const isWhole = seal.hash.length === hash.length && timingSafeEqual(seal.hash, hash);
  return continues && isWhole ? null : { kind: 'seal_changed', seal: seal.n };
}

/** The first row of a sealed batch that is not as it was; null when all are. `rows`: those there now, ascending. */
export function faultOfRows(seal: Seal, rows: readonly DigestedRow[]): AuditFault | null {
  let at = 0;
  for (const [index, offset] of seal.offsets.entries()) {
    const sealed = seal.fromSeq + offset;
    const row = rows[at];
    if (row === undefined || row.seq > sealed) return { kind: 'row_missing', seal: seal.n, row: sealed };
    if (row.seq < sealed) return { kind: 'row_added', seal: seal.n, row: row.seq };
    const digest = seal.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);
    if (!row.digest.equals(digest)) return { kind: 'row_changed', seal: seal.n, row: sealed };
    at += 1;
  }
  const extra = rows[at];
  return extra === undefined ? null : { kind: 'row_added', seal: seal.n, row: extra.seq };
}

/** A fault in words. */
export function auditFaultSentence(fault: AuditFault): string {
  switch (fault.kind) {
    case 'seal_missing':
      return `Seal ${fault.seal} is missing.`;
    case 'seal_changed':
      return `Seal ${fault.seal} does not fit: it, or one before it, was altered, or it was made with another master key.`;
    case 'row_missing':
      return `Row ${fault.row}, sealed in batch ${fault.seal}, is missing.`;
    case 'row_changed':
      return `Row ${fault.row}, sealed in batch ${fault.seal}, was altered.`;
    case 'row_added':
      return `Row ${fault.row} was put into batch ${fault.seal} after it was sealed.`;
  }
}

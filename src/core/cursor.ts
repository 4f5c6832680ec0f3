/**
 * Cursors: places in the change log, sealed so that they come back as they went out (P-02). A row's place is its
 * transaction and number, which is known before anybody read it: the write's `Muster-Cursor`, the cause in a list
 * and the entry of the feed name it by the same text. An end is the place behind everything of a batch.
 */
import { createHash } from 'node:crypto';
import { Refusal } from './refusal.ts';
import { deriveKey, readSigned, sign } from './seal.ts';

export type CursorPlace =
  | { readonly kind: 'row'; readonly xid: string; readonly seq: number }
  | { readonly kind: 'end'; readonly batch: number };

export interface Cursors {
  /** `filter`: canonical text of what the reader filters by; empty for all. */
  seal(place: CursorPlace, filter?: string): string;
  /**
   * Reads a cursor for a reader with that filter. A cursor made without filter is good for every reader. Refuses
   * `cursor.unreadable` and, for one of another epoch, `cursor.expired`.
   */
  open(text: string, filter?: string): CursorPlace;
}

const KINDS = { row: 1, end: 2 } as const;
const EPOCH_BYTES = 16;
const FILTER_BYTES = 4;
const LENGTH = 1 + EPOCH_BYTES + FILTER_BYTES + 8 + 8;

/** Cursors of one installation and epoch; `epoch` is its uuid. */
export function createCursors(masterKey: Buffer, epoch: string): Cursors {
  const key = deriveKey(masterKey, 'cursor');
  const epochBytes = Buffer.from(epoch.replaceAll('-', ''), 'hex');
  return {
    seal: (place, filter = '') => {
      const payload = Buffer.alloc(LENGTH);
      payload.writeUInt8(KINDS[place.kind], 0);
      epochBytes.copy(payload, 1);
      hashOf(filter).copy(payload, 1 + EPOCH_BYTES);
      const [first, second] = place.kind === 'row' ? [place.xid, place.seq] : [0, place.batch];
      payload.writeBigUInt64BE(BigInt(first), LENGTH - 16);
      payload.writeBigUInt64BE(BigInt(second), LENGTH - 8);
      return sign(key, payload);
    },
    open: (text, filter = '') => {
      const payload = readSigned(key, text);
      if (payload?.length !== LENGTH) throw unreadable('it was not made here, or was altered.');
      if (!payload.subarray(1, 1 + EPOCH_BYTES).equals(epochBytes)) {
        throw new Refusal('cursor.expired', { why: 'the database was restored, copied or moved since.' });
      }
      const madeFor = payload.subarray(1 + EPOCH_BYTES, 1 + EPOCH_BYTES + FILTER_BYTES);
      if (!madeFor.equals(hashOf('')) && !madeFor.equals(hashOf(filter))) {
        throw unreadable('it was made for another filter.');
      }
      const [first, second] = [payload.readBigUInt64BE(LENGTH - 16), payload.readBigUInt64BE(LENGTH - 8)];
      return payload.readUInt8(0) === KINDS.row
        ? { kind: 'row', xid: String(first), seq: Number(second) }
        : { kind: 'end', batch: Number(second) };
    },
  };
}

function hashOf(filter: string): Buffer {
  if (filter === '') return Buffer.alloc(FILTER_BYTES);
  return createHash('sha256').update(filter).digest().subarray(0, FILTER_BYTES);
}

function unreadable(why: string): Refusal {
  return new Refusal('cursor.unreadable', { why });
}

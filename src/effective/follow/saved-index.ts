/**
 * An index in a file, from which the next start goes on: the file and the log's tail since are the state. The file
 * is never the truth. It is used only when it is whole (its hash), of this form, of this epoch, not older than a
 * week, and when the cut that it remembers is still in the database as it was; otherwise it is as if it were not
 * there, and the index is filled from the database.
 *
 * Form: length of the head (4 bytes) · head (JSON) · for each group its number, length and roaring bitmap · SHA-256
 * of all before.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { parsePosition, type Position } from '../../core/position.ts';
import type { BatchRow } from '../../store/effective/log-tail.ts';
import { MembershipIndex } from '../index/membership-index.ts';
import type { SetHash } from '../index/set-hash.ts';

const FORMAT = 1;
const HASH_BYTES = 32;
const WEEK_MS = 7 * 86_400_000;

const head = z.strictObject({
  format: z.literal(FORMAT),
  epoch: z.string(),
  savedAt: z.number(),
  position: z.string().regex(/^\d+:\d+:[\d,]*$/),
  /** The newest cut of the feed when this was saved. */
  batch: z.strictObject({ n: z.int(), position: z.string() }),
  groups: z.int().min(0),
  /** Numbers of nestings, two each. */
  nestings: z.array(z.int()),
});

/** Where an index is kept, and which directory's it must be. */
export interface IndexFile {
  readonly path: string;
  readonly epoch: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface SavedIndex {
  readonly index: MembershipIndex;
  readonly position: Position;
  /** A cut that the database must still have, with the text of its snapshot. */
  readonly batch: { readonly n: number; readonly position: string };
}

/** Writes an index, in one step: whoever reads meets the old file or the new one. */
export async function saveIndex(
  { path, epoch, now }: IndexFile,
  index: MembershipIndex,
  { position, batch }: { readonly position: Position; readonly batch: BatchRow },
): Promise<void> {
  const { direct, nestings, active } = index.parts();
  const pieces: Uint8Array[] = [];
  const sets = [[0, active] as const, ...direct];
  const text = JSON.stringify({
    format: FORMAT,
    epoch,
    savedAt: now(),
    position: position.text,
    batch: { n: batch.n, position: batch.position.text },
    groups: sets.length - 1,
    nestings,
  } satisfies z.input<typeof head>);
  pieces.push(words(Buffer.byteLength(text)), Buffer.from(text));
  for (const [group, bitmap] of sets) {
    const bytes = bitmap.serialize('portable');
    pieces.push(words(group, bytes.length), bytes);
  }
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const written = `${path}.${process.pid}`;
  await writeFile(written, Buffer.concat([...pieces, hash.digest()]), { mode: 0o600 });
  await rename(written, path);
}

/** Reads the index of that file; null where it cannot be relied on, whatever the reason. */
export function readSavedIndex({ path, epoch, now }: IndexFile, hashKey: SetHash): SavedIndex | null {
  let index: MembershipIndex | null = null;
  try {
    const bytes = readFileSync(path);
    const end = bytes.length - HASH_BYTES;
    const hash = createHash('sha256').update(bytes.subarray(0, end)).digest();
    if (!hash.equals(bytes.subarray(end))) return null;
    let at = 4 + bytes.readUInt32LE(0);
    const { position, batch, groups, nestings, ...rest } = head.parse(
      JSON.parse(bytes.toString('utf8', 4, at)),
    );
    if (rest.epoch !== epoch || now() - rest.savedAt > WEEK_MS) return null;
    index = new MembershipIndex(hashKey);
    for (let set = 0; set <= groups; set += 1) {
      const [group, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      at += 8 + length;
      index.restoreSet(group === 0 ? 'active' : group, bytes.subarray(at - length, at));
    }
    for (let pair = 0; pair + 1 < nestings.length; pair += 2) {
      index.addNesting(nestings[pair] ?? 0, nestings[pair + 1] ?? 0);
    }
    index.settle();
    return { index, position: parsePosition(position), batch };
  } catch {
    index?.dispose();
    return null;
  }
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, place) => bytes.writeUInt32LE(value, 4 * place));
  return bytes;
}

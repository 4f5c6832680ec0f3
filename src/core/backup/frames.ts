/**
 * The form of a backup before it is compressed: lines of JSON, of which those with `bytes` are followed by so many
 * bytes of data. `zcat FILE | head -1` shows the first one.
 */
import { z } from 'zod';

export const FORMAT = 1;

const name = z.string().regex(/^[a-z_][a-z0-9_]*$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().nonnegative();

/** First: what made it, of what. */
const head = z.object({
  kind: z.literal('muster-backup'),
  format: z.int(),
  madeAt: z.string(),
  /** Of the program. */
  version: z.string(),
  /** Migrations that the database had, in order. */
  migrations: z.array(z.string().regex(/^\w+$/)),
  /** Fingerprint of the master key that seals what is in it; null for a database that no key has sealed yet. */
  masterKey: z.string().nullable(),
  /** Months of the log, such as `2026_11`, that have a partition of their own. */
  months: z.array(z.string().regex(/^\d{4}_\d{2}$/)),
});
/** Before the data of a table. */
const table = z.object({ kind: z.literal('table'), name, columns: z.array(name).min(1) });
const data = z.object({ bytes: count });
/** Last: what there must have been before it. */
const end = z.object({
  kind: z.literal('end'),
  /** Rows and hash of the data of each table. */
  tables: z.record(name, z.object({ rows: count, sha256 })),
  /** Where sequences had come to. */
  sequences: z.record(name, z.object({ value: z.string().regex(/^-?\d{1,19}$/), isCalled: z.boolean() })),
  /** Keyed hash of everything before this line, with a key that follows from the master key. */
  seal: sha256,
});

export type BackupHead = z.output<typeof head>;
export type BackupTable = z.output<typeof table>;
export type BackupEnd = z.output<typeof end>;
export type Frame = BackupHead | BackupTable | BackupEnd | { readonly kind: 'data'; readonly data: Buffer };

const line = z.union([head, table, end, data]);

/** Why a file is no backup that can be read, as a sentence. */
export class BackupFault extends Error {}

/** A line of the form. */
export function frameLine(frame: BackupHead | BackupTable | BackupEnd): Buffer {
  return Buffer.from(`${JSON.stringify(frame)}\n`);
}

/** Data with its line before it. */
export function dataFrame(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"bytes":${bytes.length}}\n`), bytes]);
}

/** A line is never longer: there is no list of rows in one. */
const MAX_LINE = 1_000_000;
const MAX_DATA = 64 * 1024 * 1024;

/**
 * Reads frames, each with the bytes it was made of. Throws a {@link BackupFault} where the form is another, and where it
 * ends before its end.
 */
export async function* readFrames(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly frame: Frame; readonly bytes: Buffer }> {
  const source = createSource(chunks);
  try {
    yield* framesIn(source);
  } finally {
    await source.close();
  }
}

async function* framesIn(source: ReturnType<typeof createSource>): ReturnType<typeof readFrames> {
  for (let isOver = false; !isOver;) {
    const text = await source.line();
    if (text === null) throw new BackupFault('It ends before its end: it was cut off.');
    const read = parsed(text);
    if ('bytes' in read) {
      if (read.bytes > MAX_DATA) throw new BackupFault('It is damaged.');
      const bytes = await source.bytes(read.bytes);
      if (bytes === null) throw new BackupFault('It ends before its end: it was cut off.');
      yield { frame: { kind: 'data', data: bytes }, bytes: Buffer.concat([text, bytes]) };
    } else {
      isOver = read.kind === 'end';
      yield { frame: read, bytes: text };
    }
  }
  if ((await source.bytes(1)) !== null) throw new BackupFault('Something follows its end: it is damaged.');
}

function parsed(text: Buffer): z.output<typeof line> {
  try {
    return line.parse(JSON.parse(text.toString('utf8')));
  } catch {
    throw new BackupFault('It is no backup that Muster made, or it is damaged.');
  }
}

function createSource(chunks: AsyncIterable<Buffer>) {
  const more = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const grow = async (): Promise<boolean> => {
    const next = await more.next();
    if (next.done === true) return false;
    held = held.length === 0 ? next.value : Buffer.concat([held, next.value]);
    return true;
  };
  const take = (length: number): Buffer => {
    const taken = held.subarray(0, length);
    held = held.subarray(length);
    return taken;
  };
  return {
    /** The next line with its end; null where there is none. */
    async line(): Promise<Buffer | null> {
      for (let at = held.indexOf(0x0a); ; at = held.indexOf(0x0a)) {
        if (at !== -1) return take(at + 1);
        if (held.length > MAX_LINE)
          throw new BackupFault('It is no backup that Muster made, or it is damaged.');
        if (!(await grow())) return null;
      }
    },
    async close(): Promise<void> {
      await more.return?.();
    },
    /** So many bytes; null where there are fewer. */
    async bytes(length: number): Promise<Buffer | null> {
      while (held.length < length) if (!(await grow())) return null;
      return take(length);
    },
  };
}

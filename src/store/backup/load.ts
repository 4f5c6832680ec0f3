/** Loading the frames of a backup into a database in which nothing was done yet. */
import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { type BackupEnd, BackupFault, type BackupTable, type Frame } from '../../core/backup/frames.ts';
import type { Tx } from '../database.ts';
import { beginRestoredEpoch } from '../installation.ts';
import { makeMonths } from '../log-partitions.ts';
import { isUntouched, listSequences, listTables } from './tables.ts';

/**
 * Fills the database with a backup's content and opens a new epoch of it: cursors of before are refused, no target is
 * written to until a person resumes it, and everybody signs in again. Throws a {@link BackupFault}, so that nothing
 * commits, where something was done in the database already, where the tables are others, and where the content is not
 * what the backup's end says.
 */
export async function loadDatabase(tx: Tx, frames: AsyncIterable<Frame>, baseUrl: string): Promise<void> {
  const tables = await listTables(tx);
  // Nobody else does anything from here on until this is over.
  await tx.rows({
    text: `lock table ${tables.map(({ name }) => `"${name}"`).join(', ')} in access exclusive mode`,
  });
  if (!(await isUntouched(tx))) throw new BackupFault('The database is not empty.');
  await tx.rows({ text: `truncate ${tables.map(({ name }) => `"${name}"`).join(', ')}` });
  const known = new Map(tables.map((table) => [table.name, new Set(table.columns)]));
  const reading = createReading(frames);
  try {
    await loadFrames(tx, reading, { known, baseUrl });
  } finally {
    await reading.close();
  }
}

interface Loading {
  /** Columns by table. */
  readonly known: ReadonlyMap<string, ReadonlySet<string>>;
  readonly baseUrl: string;
}

async function loadFrames(tx: Tx, reading: Reading, { known, baseUrl }: Loading): Promise<void> {
  for (let frame = await reading.next(); ; frame = await reading.next()) {
    switch (frame.kind) {
      case 'muster-backup':
        await makeMonths(tx, frame.months);
        break;
      case 'table':
        requireKnown(known, frame);
        await loadTable(tx, frame, reading);
        break;
      case 'data':
        throw new BackupFault('It is damaged.');
      case 'end':
        compare(frame, reading.loaded);
        await setSequences(tx, frame);
        await tx.rows({ text: 'delete from session' });
        await tx.rows({ text: 'delete from sign_in_link' });
        await beginRestoredEpoch(tx, baseUrl);
        return;
    }
  }
}

type Reading = ReturnType<typeof createReading>;

interface Loaded {
  readonly rows: number;
  readonly sha256: string;
}

function createReading(frames: AsyncIterable<Frame>) {
  const source = frames[Symbol.asyncIterator]();
  const loaded = new Map<string, Loaded>();
  let next: Frame | null = null;
  const take = async (): Promise<Frame> => {
    if (next !== null) {
      const frame = next;
      next = null;
      return frame;
    }
    const read = await source.next();
    if (read.done === true) throw new BackupFault('It ends before its end: it was cut off.');
    return read.value;
  };
  return {
    loaded,
    next: take,
    async close(): Promise<void> {
      await source.return?.();
    },
    /** Data up to the next frame of another kind. */
    async *data(hash: Hash): AsyncGenerator<Buffer> {
      for (let frame = await take(); ; frame = await take()) {
        if (frame.kind !== 'data') {
          next = frame;
          return;
        }
        hash.update(frame.data);
        yield frame.data;
      }
    },
  };
}

function requireKnown(known: ReadonlyMap<string, ReadonlySet<string>>, { name, columns }: BackupTable): void {
  const has = known.get(name);
  const isKnown = has !== undefined && columns.every((column) => has.has(column));
  if (!isKnown)
    throw new BackupFault(`It has a table ${name} that this database has otherwise or not at all.`);
}

async function loadTable(tx: Tx, { name, columns }: BackupTable, reading: Reading): Promise<void> {
  const list = columns.map((column) => `"${column}"`).join(', ');
  const hash = createHash('sha256');
  const copy = tx.client.query(copyFrom(`copy "${name}" (${list}) from stdin`));
  await pipeline(reading.data(hash), copy);
  reading.loaded.set(name, { rows: copy.rowCount, sha256: hash.digest('hex') });
}

function compare({ tables }: BackupEnd, loaded: ReadonlyMap<string, Loaded>): void {
  for (const [name, { rows, sha256 }] of Object.entries(tables)) {
    const found = loaded.get(name);
    if (found?.rows !== rows || found.sha256 !== sha256)
      throw new BackupFault(`Its table ${name} is not as it was: it is damaged.`);
  }
  if (loaded.size !== Object.keys(tables).length) throw new BackupFault('It is damaged.');
}

async function setSequences(tx: Tx, { sequences }: BackupEnd): Promise<void> {
  const known = new Set((await listSequences(tx)).map(({ name }) => name));
  const text = `select setval(format('%I', t.name)::regclass, t.value::bigint, t.is_called)
                from unnest($1::text[], $2::text[], $3::boolean[]) as t(name, value, is_called)`;
  const places = Object.entries(sequences).filter(([name]) => known.has(name));
  await tx.rows({ text }, [
    places.map(([name]) => name),
    places.map(([, { value }]) => value),
    places.map(([, { isCalled }]) => isCalled),
  ]);
}

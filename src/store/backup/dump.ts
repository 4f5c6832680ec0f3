/** A database as the frames of a backup (core/backup/frames.ts), from one snapshot. */
import { createHash } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import { type BackupHead, dataFrame, FORMAT, frameLine } from '../../core/backup/frames.ts';
import type { Tx } from '../database.ts';
import { readBoundKey } from '../installation.ts';
import { listMonths } from '../log-partitions.ts';
import { type BackedTable, listMigrations, listSequences, listTables } from './tables.ts';

export interface DumpFacts {
  readonly madeAt: Date;
  readonly version: string;
  /** Takes in everything that is given out, and seals it at the end. */
  readonly seal: { update(bytes: Buffer): unknown; digest(form: 'hex'): string };
}

export interface DumpedTable {
  readonly rows: number;
  readonly sha256: string;
}

/** Sent by the server in small pieces; they are gathered up to this. */
const GATHERED = 256 * 1024;

/** All frames, the tables in an order in which they can be loaded. `tx` must be REPEATABLE READ. */
export async function* dumpDatabase(tx: Tx, { madeAt, version, seal }: DumpFacts): AsyncGenerator<Buffer> {
  const sealed = (bytes: Buffer): Buffer => {
    seal.update(bytes);
    return bytes;
  };
  const head: BackupHead = {
    ...{ kind: 'muster-backup', format: FORMAT, madeAt: madeAt.toISOString(), version },
    migrations: await listMigrations(tx),
    masterKey: await readBoundKey(tx),
    months: await listMonths(tx),
  };
  yield sealed(frameLine(head));
  const tables: Record<string, DumpedTable> = {};
  for (const table of await listTables(tx)) {
    yield sealed(frameLine({ kind: 'table', name: table.name, columns: [...table.columns] }));
    const hash = createHash('sha256');
    const rows = yield* dumpTable(tx, table, (bytes) => {
      hash.update(bytes);
      return sealed(dataFrame(bytes));
    });
    tables[table.name] = { rows, sha256: hash.digest('hex') };
  }
  const places = await listSequences(tx);
  const sequences = Object.fromEntries(
    places.map(({ name, value, isCalled }) => [name, { value, isCalled }]),
  );
  yield frameLine({ kind: 'end', tables, sequences, seal: seal.digest('hex') });
}

async function* dumpTable(
  tx: Tx,
  { name, columns }: BackedTable,
  framed: (bytes: Buffer) => Buffer,
): AsyncGenerator<Buffer, number> {
  const list = columns.map((column) => `"${column}"`).join(', ');
  const copy = tx.client.query(copyTo(`copy (select ${list} from "${name}") to stdout`));
  try {
    let held: Buffer[] = [];
    let size = 0;
    const pieces: AsyncIterable<Buffer> = copy.iterator({ destroyOnReturn: false });
    for await (const bytes of pieces) {
      held.push(bytes);
      size += bytes.length;
      if (size < GATHERED) continue;
      yield framed(Buffer.concat(held));
      held = [];
      size = 0;
    }
    if (size > 0) yield framed(Buffer.concat(held));
    return copy.rowCount;
  } finally {
    // Whoever reads may have given up: the connection is of use again only when the server has said all.
    copy.resume();
    await finished(copy).catch(() => undefined);
  }
}

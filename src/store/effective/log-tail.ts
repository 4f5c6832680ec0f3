/**
 * The log as its followers read it: what one snapshot sees and an earlier one did not. Rows are *dirty marks*:
 * they say where to look again, in the same snapshot. Their order is not the order of commits, so that replaying
 * them could end wrong.
 */
import { parsePosition, type Position } from '../../core/position.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

/** One row of the log as a mark. Numbers in `added` and `removed` are of users or groups. */
export interface MarkRow {
  readonly xid: string;
  readonly seq: number;
  readonly type: string;
  readonly group_n: number | null;
  readonly user_n: number | null;
  readonly added: readonly number[] | null;
  readonly removed: readonly number[] | null;
}

/** A cut of the log: the order that every reader sees is (batch, xid, seq). */
export interface BatchRow {
  readonly n: number;
  readonly position: Position;
}

const here = named('log_position', 'select pg_current_snapshot()::text as text');

const between = `from change c
   where c.xid >= pg_snapshot_xmin($1::pg_snapshot) and c.xid < pg_snapshot_xmax($2::pg_snapshot)
     and not pg_visible_in_snapshot(c.xid, $1::pg_snapshot) and pg_visible_in_snapshot(c.xid, $2::pg_snapshot)
     and c.batch is null`;

const tail = named(
  'log_tail',
  `select c.xid::text as xid, c.seq, c.type, c.group_n, c.user_n, c.added, c.removed ${between}
   order by c.xid, c.seq limit $3`,
);

const tailCount = named('log_tail_count', `select count(*) as rows ${between}`);

const lastBatch = named(
  'feed_last_batch',
  'select n, snapshot::text as snapshot from feed_batch order by n desc limit 1',
);

const batchAt = named('feed_batch_at', 'select snapshot::text as snapshot from feed_batch where n = $1');

/** True when the cut of that number is kept, and sees what it saw. */
export async function hasBatch(
  connection: Connection,
  { n, position }: { readonly n: number; readonly position: string },
): Promise<boolean> {
  const [row] = await connection.rows<{ snapshot: string }>(batchAt, [n]);
  return row?.snapshot === position;
}

/** What the transaction, of isolation REPEATABLE READ, sees. Outside of one: what a statement of now sees. */
export async function readPosition(connection: Connection): Promise<Position> {
  return parsePosition(onlyRow(await connection.rows<{ text: string }>(here)).text);
}

/** A stretch of the log: what `to` sees and `since` does not. */
export interface Stretch {
  readonly since: Position;
  readonly to: Position;
  readonly limit: number;
}

/** Rows of a stretch, at most `limit`, in the order of their transactions; the feed's own rows are no marks. */
export async function readTail(tx: Tx, { since, to, limit }: Stretch): Promise<MarkRow[]> {
  return tx.rows<MarkRow>(tail, [since.text, to.text, limit]);
}

/** Number of rows of the stretch, without a limit. */
export async function countTail(tx: Tx, since: Position, to: Position): Promise<number> {
  return onlyRow(await tx.rows<{ rows: number }>(tailCount, [since.text, to.text])).rows;
}

/** The newest cut. The first migration makes one that sees nothing. */
export async function readLastBatch(connection: Connection): Promise<BatchRow> {
  const row = onlyRow(await connection.rows<{ n: number; snapshot: string }>(lastBatch));
  return { n: row.n, position: parsePosition(row.snapshot) };
}

/**
 * Reading the log in the order of the feed, (batch, xid, seq). A batch is the rows that its cut sees and the cut
 * before does not, and after them the feed's own rows, which carry its number: the transaction that cut the log
 * came later than every one it saw.
 */
import type { GroupId, GroupN, UserId } from '../../core/ids.ts';
import { parsePosition, type Position } from '../../core/position.ts';
import { type Connection, named, onlyRow } from '../database.ts';

/** One cut. `entries`: rows of the log in it, at the most. */
export interface FeedBatch {
  readonly n: number;
  readonly position: Position;
  readonly entries: number;
}

export interface FeedRow {
  readonly xid: string;
  readonly seq: number;
  readonly batch: number | null;
  readonly type: string;
  readonly at: Date;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly source: string | null;
  readonly origin_kind: string | null;
  readonly origin_name: string | null;
  readonly origin_sha256: string | null;
  readonly request_id: string | null;
  readonly on_behalf_of: UserId | null;
  readonly group_id: GroupId | null;
  readonly group_name: string | null;
  readonly user_id: UserId | null;
  readonly user_name: string | null;
  readonly added: readonly number[] | null;
  readonly added_lines: readonly (number | null)[] | null;
  readonly removed: readonly number[] | null;
  readonly removed_lines: readonly (number | null)[] | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
  readonly part: number | null;
  readonly parts: number | null;
  readonly causes: readonly (readonly [xid: string, seq: number])[] | null;
  readonly causes_total: number | null;
}

/** What a reader wants to see; null for everything. */
export interface FeedFilter {
  /** Names such as `group.created`, or a family as `group.*`. */
  readonly types: readonly string[] | null;
  readonly group: GroupN | null;
}

/** Consecutive batches, from behind `since` to `last`. */
export interface FeedStretch {
  readonly since: FeedBatch;
  readonly first: number;
  readonly last: FeedBatch;
  /** Only rows behind this one; null for all. Good within one batch. */
  readonly after: { readonly xid: string; readonly seq: number } | null;
  readonly filter: FeedFilter;
  readonly limit: number;
}

const floor = named(
  'feed_floor',
  'select n, snapshot::text as snapshot, entries from feed_batch order by n limit 1',
);

const head = named('feed_head', 'select max(n) as n from feed_batch');

const batches = named(
  'feed_batches',
  'select n, snapshot::text as snapshot, entries from feed_batch where n >= $1 order by n limit $2',
);

const batchOfRow = named(
  'feed_batch_of_row',
  `select coalesce(
     (select c.batch from change c where c.xid = $1::xid8 and c.seq = $2 and c.batch is not null limit 1),
     (select b.n from feed_batch b
      where b.horizon > $1::xid8 and pg_visible_in_snapshot($1::xid8, b.snapshot)
      order by b.horizon, b.n limit 1)) as n`,
);

const sees = named(
  'feed_sees_transaction',
  'select pg_visible_in_snapshot($1::xid8, pg_current_snapshot()) as seen',
);

const unbegun = named(
  'feed_transaction_unbegun',
  'select $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) as unbegun',
);

/** Columns of a FeedRow: of rows `c` of the log, with `feedRowNames` joined. */
export const feedRowColumns = `c.xid::text as xid, c.seq, c.batch, c.type, c.at, c.actor_kind, c.actor_id,
  s.name as source, o.kind as origin_kind, o.name as origin_name, o.sha256 as origin_sha256, c.request_id,
  b.id as on_behalf_of, g.id as group_id, g.name as group_name, u.id as user_id, u.user_name,
  c.added, c.added_lines, c.removed, c.removed_lines,
  coalesce(p.before, c.before) as before, coalesce(p.after, c.after) as after, coalesce(p.reason, c.reason) as reason,
  c.part, c.parts, c.causes, c.causes_total`;

/** What rows `c` of the log name by number, and what they say of persons. */
export const feedRowNames = `left join source s on s.n = c.source_n
  left join origin o on o.n = c.origin_n
  left join users b on b.n = c.on_behalf_of
  left join groups g on g.n = c.group_n
  left join users u on u.n = c.user_n
  left join change_personal p on p.seq = c.seq and c.user_n is not null`;

/* What belongs to a row is joined to the page alone: planning all of it together took ten times as long as running it. */
const rows = named(
  'feed_rows',
  `select ${feedRowColumns}
   from (
     select * from (
       select * from change
       where xid >= pg_snapshot_xmin($1::pg_snapshot) and xid < pg_snapshot_xmax($2::pg_snapshot)
         and not pg_visible_in_snapshot(xid, $1::pg_snapshot) and pg_visible_in_snapshot(xid, $2::pg_snapshot)
         and batch is null
       union all
       select * from change where batch >= $3 and batch <= $4) c
     where c.type ~ '^(user|group|membership|entitlement|request|plan)[.]'
       and ($5::text[] is null or c.type like any($5))
       and ($6::int is null or c.group_n = $6)
       and ($7::xid8 is null or (c.xid, c.seq) > ($7, $8))
     order by c.xid, c.seq limit $9) c
   ${feedRowNames}
   order by c.xid, c.seq`,
);

/** Rows are looked through up to a limit, so that a filter that little passes costs no more. */
const count = named(
  'feed_count',
  `select count(*) filter (where c.type ~ '^(user|group|membership|entitlement|request|plan)[.]'
       and c.type like any($5::text[])
       and ($6::int[] is null or c.group_n is null or c.group_n = any($6)))::int as count,
     count(*)::int as searched
   from (
     select c.type, c.group_n from (
       select type, group_n, xid, seq from change
       where xid >= pg_snapshot_xmin($1::pg_snapshot) and xid < pg_snapshot_xmax($2::pg_snapshot)
         and not pg_visible_in_snapshot(xid, $1::pg_snapshot) and pg_visible_in_snapshot(xid, $2::pg_snapshot)
         and batch is null
       union all
       select type, group_n, xid, seq from change where batch >= $3 and batch <= $4) c
     where ($7::xid8 is null or (c.xid, c.seq) > ($7, $8))
     limit $9) c`,
);

/** The oldest cut that is kept: what it sees is gone. */
export async function readFeedFloor(connection: Connection): Promise<FeedBatch> {
  return batchOf(onlyRow(await connection.rows<BatchText>(floor)));
}

/** Number of the newest cut. */
export async function readFeedHead(connection: Connection): Promise<number> {
  return onlyRow(await connection.rows<{ n: number }>(head)).n;
}

/** At most `limit` cuts from `from` on, ascending. */
export async function readBatches(connection: Connection, from: number, limit: number): Promise<FeedBatch[]> {
  return (await connection.rows<BatchText>(batches, [from, limit])).map(batchOf);
}

/** The batch that a row of the log belongs to; null while no cut sees it. */
export async function findBatchOfRow(
  connection: Connection,
  { xid, seq }: { readonly xid: string; readonly seq: number },
): Promise<number | null> {
  return onlyRow(await connection.rows<{ n: number | null }>(batchOfRow, [xid, seq])).n;
}

/** Whether what that transaction wrote is seen here. */
export async function seesTransaction(connection: Connection, xid: string): Promise<boolean> {
  return onlyRow(await connection.rows<{ seen: boolean }>(sees, [xid])).seen;
}

/** Whether no transaction of that number was begun here. */
export async function isUnbegun(connection: Connection, xid: string): Promise<boolean> {
  return onlyRow(await connection.rows<{ unbegun: boolean }>(unbegun, [xid])).unbegun;
}

/** Rows of a stretch that pass the filter, by (xid, seq); that is the feed's order within each batch. */
export async function readFeedRows(connection: Connection, stretch: FeedStretch): Promise<FeedRow[]> {
  const { since, first, last, after, filter, limit } = stretch;
  return connection.rows<FeedRow>(rows, [
    since.position.text,
    last.position.text,
    first,
    last.n,
    filter.types === null ? null : patternsOf(filter.types),
    filter.group,
    after?.xid ?? null,
    after?.seq ?? null,
    limit,
  ]);
}

/** What is counted of a stretch; `groups` also lets pass what is about no group. */
export interface FeedCount extends Omit<FeedStretch, 'filter' | 'limit'> {
  readonly types: readonly string[];
  readonly groups: readonly GroupN[] | null;
  /** Rows that are looked through. */
  readonly limit: number;
}

/** How many rows of a stretch pass, and how many were looked through for that. */
export async function countFeedRows(
  connection: Connection,
  { since, first, last, after, types, groups, limit }: FeedCount,
): Promise<{ readonly count: number; readonly searched: number }> {
  return onlyRow(
    await connection.rows<{ count: number; searched: number }>(count, [
      ...[since.position.text, last.position.text, first, last.n, patternsOf(types)],
      ...[groups, after?.xid ?? null, after?.seq ?? null, limit],
    ]),
  );
}

/** Of names and families the patterns of SQL. */
function patternsOf(types: readonly string[]): readonly string[] {
  return types.map((type) => type.replace(/[\\%_]/g, '\\$&').replace(/\.\*$/, '.%'));
}

interface BatchText {
  readonly n: number;
  readonly snapshot: string;
  readonly entries: number;
}

function batchOf({ n, snapshot, entries }: BatchText): FeedBatch {
  return { n, entries, position: parsePosition(snapshot) };
}

/**
 * Reading the feed in pages. Every committed change is in exactly one batch, and a batch is read only when it is
 * cut, so a reader that goes on from its cursor misses nothing and sees nothing twice, however writers overlap
 * (P-01). Reading in the order of a sequence would lose what commits late.
 */
import type { CursorPlace } from '../../core/cursor.ts';
import { isSeen } from '../../core/position.ts';
import { Refusal } from '../../core/refusal.ts';
import type { Connection } from '../../store/database.ts';
import {
  type FeedBatch,
  type FeedFilter,
  type FeedRow,
  findBatchOfRow,
  isUnbegun,
  readBatches,
  readFeedFloor,
  readFeedHead,
  readFeedRows,
} from '../../store/effective/feed-pages.ts';

export interface FeedQuery {
  /** Where to go on; `oldest` for all that is kept, `now` for what comes. */
  readonly after: CursorPlace | 'oldest' | 'now';
  readonly limit: number;
  readonly filter: FeedFilter;
}

export interface FeedPage {
  readonly rows: readonly FeedRow[];
  /** Where to go on from: the last row, or behind what was searched and did not pass the filter. */
  readonly end: CursorPlace;
  readonly isMore: boolean;
  /** Number of the last batch that was looked into, whole or in part. */
  readonly batch: number;
}

/** Batches looked up at a time. */
const BATCHES_AT_ONCE = 256;
/** Entries searched for one page: a filter that little passes answers an empty page that goes on. */
const SEARCHED_AT_MOST = 20_000;

/** The next page. Refuses `cursor.expired` where what follows the cursor is not kept any more. */
export async function readFeed(connection: Connection, query: FeedQuery): Promise<FeedPage> {
  const start = await locate(connection, query.after);
  if (start === null || query.after === 'now') {
    const batch = await readFeedHead(connection);
    const end = typeof query.after === 'string' ? ({ kind: 'end', batch } as const) : query.after;
    return { rows: [], end, isMore: false, batch };
  }
  return collect(connection, query, start);
}

interface Start {
  readonly batch: number;
  readonly row: { readonly xid: string; readonly seq: number } | null;
}

async function collect(connection: Connection, query: FeedQuery, start: Start): Promise<FeedPage> {
  const [before, ...batches] = await readBatches(connection, start.batch - 1, BATCHES_AT_ONCE + 1);
  if (before?.n !== start.batch - 1) throw await lost(connection, start.batch - 1);
  const mayBeMore = batches.length === BATCHES_AT_ONCE;
  const found: FeedRow[] = [];
  let since = before;
  let searched = 0;
  let { row } = start;
  while (batches.length > 0 && found.length < query.limit && searched < SEARCHED_AT_MOST) {
    const wanted = query.limit - found.length;
    const stretch = takeStretch(batches, row === null ? wanted : 0);
    const last = stretch.at(-1) ?? since;
    const rows = await readFeedRows(connection, {
      since,
      first: stretch[0]?.n ?? last.n,
      last,
      after: row,
      filter: query.filter,
      limit: wanted + 1,
    });
    searched += stretch.reduce((sum, { entries }) => sum + entries, 0);
    found.push(...inFeedOrder(rows, stretch).slice(0, wanted));
    if (rows.length > wanted) return pageUpTo(found, last, { isMore: true });
    since = last;
    row = null;
  }
  const isMore = batches.length > 0 || (mayBeMore && (await readFeedHead(connection)) > since.n);
  const isAll = query.filter.types === null && query.filter.group === null;
  if (isAll && found.length > 0) return pageUpTo(found, since, { isMore });
  return { rows: found, end: { kind: 'end', batch: since.n }, isMore, batch: since.n };
}

/**
 * Takes batches off the front that together hold no more than a page, at least one. One batch alone is paged by
 * its rows; it is alone, too, when it was begun before, for a row's place says nothing of other batches.
 */
function takeStretch(batches: FeedBatch[], wanted: number): FeedBatch[] {
  const stretch: FeedBatch[] = [];
  for (let sum = 0; batches[0] !== undefined;) {
    sum += batches[0].entries;
    if (stretch.length > 0 && sum > wanted) break;
    stretch.push(batches[0]);
    batches.shift();
  }
  return stretch;
}

/** Rows come by (xid, seq); a long transaction stands in a later batch than its number says. */
function inFeedOrder(rows: readonly FeedRow[], stretch: readonly FeedBatch[]): readonly FeedRow[] {
  if (stretch.length < 2) return rows;
  const batchOf = (row: FeedRow): number => {
    if (row.batch !== null) return row.batch;
    const xid = BigInt(row.xid);
    return stretch.find(({ position }) => isSeen(position, xid))?.n ?? Infinity;
  };
  return rows
    .map((row, place) => ({ row, place, batch: batchOf(row) }))
    .sort((a, b) => a.batch - b.batch || a.place - b.place)
    .map(({ row }) => row);
}

function pageUpTo(
  rows: readonly FeedRow[],
  batch: FeedBatch,
  { isMore }: { readonly isMore: boolean },
): FeedPage {
  const last = rows.at(-1);
  const end: CursorPlace =
    last === undefined ? { kind: 'end', batch: batch.n } : { kind: 'row', xid: last.xid, seq: last.seq };
  return { rows, end, isMore, batch: batch.n };
}

/** Null for a row that no cut sees yet: nothing follows it so far. */
async function locate(connection: Connection, after: FeedQuery['after']): Promise<Start | null> {
  if (after === 'now') return null;
  if (after === 'oldest') return { batch: (await readFeedFloor(connection)).n + 1, row: null };
  if (after.kind === 'end') return { batch: after.batch + 1, row: null };
  const batch = await findBatchOfRow(connection, after);
  if (batch !== null) return { batch, row: after };
  if (await isUnbegun(connection, after.xid)) throw setBack();
  return null;
}

/** Why the cut that a cursor follows is not there. It is asked only then: readers that wait come often. */
async function lost(connection: Connection, batch: number): Promise<Refusal> {
  return batch < (await readFeedFloor(connection)).n ? expired() : setBack();
}

/** Nobody is given a place that is not there yet: the database was set back to an older state, and goes on from it. */
function setBack(): Refusal {
  return new Refusal('cursor.expired', { why: 'the database was set back to a time before it.' });
}

function expired(): Refusal {
  return new Refusal('cursor.expired', { why: 'what follows it is no longer kept.' });
}

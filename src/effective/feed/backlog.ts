/** How much of the feed lies before a reader, for people who look after it. */
import type { CursorPlace } from '../../core/cursor.ts';
import type { GroupN } from '../../core/ids.ts';
import type { Connection } from '../../store/database.ts';
import {
  countFeedRows,
  findBatchOfRow,
  readBatches,
  readFeedHead,
} from '../../store/effective/feed-pages.ts';

export interface Backlog {
  readonly count: number;
  /** There may be more: not all was looked through, or some of it is not kept any more. */
  readonly isAtLeast: boolean;
}

/** Rows looked through for a count. */
const SEARCHED_AT_MOST = 20_000;
const NOTHING: Backlog = { count: 0, isAtLeast: false };
const NONE = { count: 0, searched: 0 };

/** How many entries of these types, of these groups or of none, lie behind a place of the feed. */
export async function countBehind(
  connection: Connection,
  {
    after,
    types,
    groups,
  }: {
    readonly after: CursorPlace;
    readonly types: readonly string[];
    readonly groups: readonly GroupN[] | null;
  },
): Promise<Backlog> {
  const head = await readFeedHead(connection);
  const batch = after.kind === 'end' ? after.batch : await findBatchOfRow(connection, after);
  if (batch === null || (after.kind === 'end' && batch >= head)) return NOTHING;
  const [before, ...others] = await readBatches(connection, batch - 1, 2);
  const [last] = await readBatches(connection, head, 1);
  const own = before?.n === batch ? before : others[0];
  if (before === undefined || own?.n !== batch || last === undefined) return { count: 0, isAtLeast: true };
  const filter = { types, groups, limit: SEARCHED_AT_MOST };
  const rest =
    after.kind === 'end' || before === own
      ? NONE
      : await countFeedRows(connection, { since: before, first: batch, last: own, after, ...filter });
  const later =
    batch === head
      ? NONE
      : await countFeedRows(connection, { since: own, first: batch + 1, last, after: null, ...filter });
  const isAll = rest.searched < SEARCHED_AT_MOST && later.searched < SEARCHED_AT_MOST;
  const isKept = after.kind === 'end' || before !== own;
  return { count: rest.count + later.count, isAtLeast: !isAll || !isKept };
}

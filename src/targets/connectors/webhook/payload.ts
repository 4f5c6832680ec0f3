/**
 * What a webhook says: thin, under 20 kB. Whoever wants all of an entry that is larger reads it from the change
 * log: `data.after` is the cursor that it is the next entry of.
 */
import type { Cursors, CursorPlace } from '../../../core/cursor.ts';
import type { FeedRow } from '../../../store/effective/feed-pages.ts';
import { LARGEST_PAYLOAD_BYTES, type WebhookMessage } from './delivery.ts';

export interface Told {
  readonly row: FeedRow;
  /** Ids of the members that the row names by number. */
  readonly ids: ReadonlyMap<number, { readonly id: string; readonly kind: string }>;
  readonly cursors: Cursors;
  /** The place before this row; null at the log's beginning. */
  readonly before: CursorPlace | null;
}

/** The message of one entry of the log. Its id is the entry's, the same at every retry and replay. */
export function messageOf(told: Told): WebhookMessage {
  const { row } = told;
  const whole = textOf(told, dataOf(told));
  const payload =
    Buffer.byteLength(whole) <= LARGEST_PAYLOAD_BYTES
      ? whole
      : textOf(told, { ...refsOf(row), ...countsOf(row) });
  return { id: `change_${row.xid}_${row.seq}`, payload };
}

/** Says that entries were given up, so that the receiver can fetch them from the log. */
export function gapMessage(
  { since, count }: { readonly since: string | null; readonly count: number },
  now: number,
): WebhookMessage {
  const data = { after: since, count };
  const payload = JSON.stringify({ type: 'gap', timestamp: new Date(now).toISOString(), data });
  return { id: `gap_${now}_${count}`, payload };
}

function textOf({ row, cursors, before }: Told, data: object): string {
  const cursor = cursors.seal({ kind: 'row', xid: row.xid, seq: row.seq });
  const after = before === null ? null : cursors.seal(before);
  return JSON.stringify({
    type: row.type,
    timestamp: row.at.toISOString(),
    data: { cursor, after, ...data },
  });
}

function refsOf({ group_id: id, group_name: name, user_id: userId, user_name: userName }: FeedRow): object {
  return {
    ...(id === null ? {} : { group: { id, name } }),
    ...(userId === null ? {} : { user: { id: userId, userName } }),
  };
}

function dataOf({ row, ids }: Told): object {
  const named = (numbers: readonly number[] | null) => (numbers ?? []).flatMap((n) => ids.get(n) ?? []);
  switch (row.type) {
    case 'membership.effective': {
      const [joined, left] = [named(row.added), named(row.removed)].map((list) => list.map(({ id }) => id));
      return { ...refsOf(row), joined, left, part: row.part, parts: row.parts };
    }
    case 'membership.direct': {
      const [added, removed] = [named(row.added), named(row.removed)].map((list) =>
        list.map(({ id, kind }) => ({ type: kind === 'u' ? 'user' : 'group', id })),
      );
      return { ...refsOf(row), added, removed };
    }
    default:
      return refsOf(row);
  }
}

function countsOf({ added, removed, part, parts }: FeedRow): object {
  return { truncated: true, addedCount: added?.length ?? 0, removedCount: removed?.length ?? 0, part, parts };
}

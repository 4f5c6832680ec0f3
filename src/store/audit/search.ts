/** Looking for entries of the log as its audit: by who, what, where and when (D-40). */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import { type FeedRow, feedRowColumns, feedRowNames } from '../effective/feed-pages.ts';

/** What is looked for; null for all. */
export interface AuditFilter {
  /** Names such as `group.created`, or a family as `group.*`. */
  readonly types: readonly string[] | null;
  readonly group: GroupN | null;
  /** Entries of the user, and memberships that the user gained or lost directly. */
  readonly user: UserN | null;
  readonly actorKind: string | null;
  readonly actorId: string | null;
  readonly source: string | null;
  readonly requestId: string | null;
  readonly since: Date | null;
  /** Exclusive. */
  readonly until: Date | null;
  /** Effective joins and leaves and entitlements, which follow from the others, besides. */
  readonly derived: 'with' | 'without';
}

/** Entries before this one, by its transaction and number; null for the newest. */
export type Before = { readonly xid: string; readonly seq: number } | null;

const search = named(
  'audit_search',
  `select ${feedRowColumns}
   from change c ${feedRowNames}
   where ($1::text[] is null or c.type like any($1))
     and ($2::int is null or c.group_n = $2)
     and ($3::int is null or c.user_n = $3 or c.added @> array[$3] or c.removed @> array[$3])
     and ($4::text is null or c.actor_kind = $4) and ($5::text is null or c.actor_id = $5)
     and ($6::text is null or s.name = $6) and ($7::text is null or c.request_id = $7)
     and ($8::timestamptz is null or c.at >= $8) and ($9::timestamptz is null or c.at < $9)
     and ($10 or c.batch is null)
     and ($11::xid8 is null or (c.xid, c.seq) < ($11, $12))
   order by c.xid desc, c.seq desc limit $13`,
);

/** Entries that fit, the newest first. */
export async function searchAudit(
  connection: Connection,
  filter: AuditFilter,
  { before, limit }: { readonly before: Before; readonly limit: number },
): Promise<FeedRow[]> {
  return connection.rows<FeedRow>(search, [
    filter.types?.map((type) => type.replace(/[\\%_]/g, '\\$&').replace(/\.\*$/, '.%')) ?? null,
    ...[filter.group, filter.user, filter.actorKind, filter.actorId, filter.source, filter.requestId],
    ...[
      filter.since,
      filter.until,
      filter.derived === 'with',
      before?.xid ?? null,
      before?.seq ?? null,
      limit,
    ],
  ]);
}

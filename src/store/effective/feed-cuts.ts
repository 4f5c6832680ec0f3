/** Writing the feed: cuts of the log and the effective joins and leaves that belong to them. */
import type { Position } from '../../core/position.ts';
import { type Connection, named, type Tx } from '../database.ts';

/** One entry: at most 1,000 users that joined or left one group for the same causes. */
export interface EffectiveEntry {
  readonly group: number;
  readonly joined: readonly number[];
  readonly left: readonly number[];
  readonly part: number;
  readonly parts: number;
  /** Places in the log, as [xid, seq]. */
  readonly causes: readonly (readonly [xid: string, seq: number])[];
  readonly causesTotal: number;
}

/** At most 1,000 users that gained or lost one role or permission for the same causes. */
export interface EntitlementEntry extends Pick<EffectiveEntry, 'part' | 'parts' | 'causes' | 'causesTotal'> {
  readonly kind: 'role' | 'permission';
  readonly name: string;
  readonly gained: readonly number[];
  readonly lost: readonly number[];
}

/** Rows to a statement: a million ids at most. */
const ENTRIES_AT_ONCE = 1_000;

const insertBatch = named(
  'feed_batch_insert',
  `insert into feed_batch (n, snapshot, horizon, entries)
   values ($1, $2::pg_snapshot, pg_snapshot_xmax($2::pg_snapshot), $3)`,
);

const insertEntries = named(
  'feed_entries_insert',
  `insert into change (type, batch, actor_kind, actor_id, group_n, added, removed, part, parts, causes, causes_total)
   select 'membership.effective', $1, 'system', 'feed', e.group_n, e.joined::int[], e.gone::int[], e.part, e.parts,
          e.causes::jsonb, e.total
   from unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::int[])
     with ordinality as e(group_n, joined, gone, part, parts, causes, total, at)
   order by e.at`,
);

const insertEntitlements = named(
  'feed_entitlements_insert',
  `insert into change (type, batch, actor_kind, actor_id, after, added, removed, part, parts, causes, causes_total)
   select 'entitlement.changed', $1, 'system', 'feed', jsonb_build_object('kind', e.kind, 'name', e.name),
          e.gained::int[], e.lost::int[], e.part, e.parts, e.causes::jsonb, e.total
   from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[], $9::int[])
     with ordinality as e(kind, name, gained, lost, part, parts, causes, total, at)
   order by e.at`,
);

const forget = named(
  'feed_forget_cuts',
  `delete from feed_batch where n < (
     select max(n) from feed_batch where at < now() - make_interval(days => $1))`,
);

/** Forgets cuts that are older: cursors from before them are good no more. The newest of those stays, as the floor. */
export async function forgetCuts(connection: Connection, days: number): Promise<void> {
  await connection.rows(forget, [days]);
}

/** Cuts the log at a position. `entries`: rows of the log in the batch, the feed's own among them. */
export async function cutLog(
  tx: Tx,
  { n, position, entries }: { readonly n: number; readonly position: Position; readonly entries: number },
): Promise<void> {
  await tx.rows(insertBatch, [n, position.text, entries]);
}

/** Appends effective joins and leaves to the batch `n`, in order. */
export async function appendEffective(tx: Tx, n: number, entries: readonly EffectiveEntry[]): Promise<void> {
  for (let from = 0; from < entries.length; from += ENTRIES_AT_ONCE) {
    const some = entries.slice(from, from + ENTRIES_AT_ONCE);
    await tx.rows(insertEntries, [
      n,
      some.map(({ group }) => group),
      some.map(({ joined }) => `{${joined.join(',')}}`),
      some.map(({ left }) => `{${left.join(',')}}`),
      some.map(({ part }) => part),
      some.map(({ parts }) => parts),
      some.map(({ causes }) => JSON.stringify(causes)),
      some.map(({ causesTotal }) => causesTotal),
    ]);
  }
}

/** Appends what users gained and lost to the batch `n`, behind their joins and leaves. */
export async function appendEntitlements(
  tx: Tx,
  n: number,
  entries: readonly EntitlementEntry[],
): Promise<void> {
  for (let from = 0; from < entries.length; from += ENTRIES_AT_ONCE) {
    const some = entries.slice(from, from + ENTRIES_AT_ONCE);
    await tx.rows(insertEntitlements, [
      n,
      some.map(({ kind }) => kind),
      some.map(({ name }) => name),
      some.map(({ gained }) => `{${gained.join(',')}}`),
      some.map(({ lost }) => `{${lost.join(',')}}`),
      some.map(({ part }) => part),
      some.map(({ parts }) => parts),
      some.map(({ causes }) => JSON.stringify(causes)),
      some.map(({ causesTotal }) => causesTotal),
    ]);
  }
}

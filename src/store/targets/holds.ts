/** What a push would do, in numbers, and pushes that a guard held (O-07). */
import type { PushBase, PushCounts } from '../../core/targets/push-guard.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

export type HoldState = 'held' | 'approved' | 'rejected' | 'replaced' | 'done';

export interface HoldRow {
  readonly id: string;
  readonly state: HoldState;
  readonly counts: PushCounts;
  readonly why: readonly string[];
  readonly hash: string;
  readonly created_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
}

/** What may remove something: counted before every round, so each part is a small index. */
export interface Removals {
  readonly usersDeactivated: number;
  readonly deleted: number;
  readonly membersRemoved: number;
  readonly isAnythingWanted: boolean;
}

const open = `('due', 'sending', 'resending', 'observing', 'backing-off')`;

const removals = named(
  'target_removals',
  `select
     (select count(*)::int from target_object where target_n = $1 and kind = 'u' and not wanted and held = 'a'
        and state in ${open}) as "usersDeactivated",
     (select count(*)::int from target_object where target_n = $1 and not wanted and held is not null and owned = 'c'
        and state in ${open} and (kind = 'g' or (kind = 'u' and held = 'i'))) as deleted,
     (select coalesce(sum(remove_count), 0)::int from target_object
        where target_n = $1 and kind = 'm' and remove_count > 0) as "membersRemoved",
     exists (select from target_object where target_n = $1 and kind <> 'm' and wanted) as "isAnythingWanted"`,
);

const counts = named(
  'target_push_counts',
  `select
     count(*) filter (where kind = 'u' and wanted and remote_id is null and state in ${open})::int as "usersCreated",
     count(*) filter (where kind = 'u' and wanted and remote_id is not null and state in ${open})::int as "usersUpdated",
     count(*) filter (where kind = 'u' and not wanted and held = 'a' and state in ${open})::int as "usersDeactivated",
     count(*) filter (where kind = 'g' and wanted and remote_id is null and state in ${open})::int as "groupsCreated",
     count(*) filter (where kind = 'g' and wanted and remote_id is not null and state in ${open})::int as "groupsUpdated",
     count(*) filter (where not wanted and held is not null and owned = 'c' and state in ${open}
                        and (kind = 'g' or (kind = 'u' and held = 'i')))::int as deleted,
     coalesce(sum(add_count) filter (where kind = 'm'), 0)::int as "membersAdded",
     coalesce(sum(remove_count) filter (where kind = 'm'), 0)::int as "membersRemoved"
   from target_object where target_n = $1`,
);

const base = named(
  'target_push_base',
  `select
     count(*) filter (where kind = 'u' and held = 'a')::int as users,
     count(*) filter (where kind = 'g' and held is not null)::int as groups,
     coalesce(sum(applied_count) filter (where kind = 'm'), 0)::int as members,
     count(*) filter (where kind = 'u' and wanted)::int as "desiredUsers",
     count(*) filter (where kind = 'g' and wanted)::int as "desiredGroups"
   from target_object where target_n = $1`,
);

const columns = 'id, state, counts, why, hash, created_at, decided_at, decided_by, reason';

const openHold = named(
  'target_hold_open',
  `select ${columns} from target_hold where target_n = $1 and state in ('held', 'approved')`,
);

const replaceOld = named(
  'target_hold_replace',
  `update target_hold set state = $2 where target_n = $1 and state in ('held', 'approved')`,
);

const insert = named(
  'target_hold_insert_row',
  `insert into target_hold (target_n, state, counts, why, hash) values ($1, 'held', $2, $3, $4) returning ${columns}`,
);

const shrink = named(
  'target_hold_shrink',
  `update target_hold set counts = $2 where target_n = $1 and state = 'approved'`,
);

const decide = named(
  'target_hold_decide',
  `update target_hold set state = $3, decided_at = now(), decided_by = $4, reason = $5
   where target_n = $1 and hash = $2 and state = 'held' returning ${columns}`,
);

/** What the next round may remove. */
export async function readRemovals(connection: Connection, target: number): Promise<Removals> {
  return onlyRow(await connection.rows<Removals>(removals, [target]));
}

/** Everything that is to be done, by kind. */
export async function readPushCounts(connection: Connection, target: number): Promise<PushCounts> {
  return onlyRow(await connection.rows<PushCounts>(counts, [target]));
}

/** What the target holds and should hold, by the ledger. */
export async function readPushBase(connection: Connection, target: number): Promise<PushBase> {
  return onlyRow(await connection.rows<PushBase>(base, [target]));
}

/** The push that is held, or approved and under way; null for none. */
export async function readOpenHold(connection: Connection, target: number): Promise<HoldRow | null> {
  return (await connection.rows<HoldRow>(openHold, [target]))[0] ?? null;
}

/** Holds a push; one that was held before is replaced (D-32). */
export async function holdPush(
  tx: Tx,
  target: number,
  held: { readonly counts: PushCounts; readonly why: readonly string[]; readonly hash: string },
): Promise<HoldRow> {
  await tx.rows(replaceOld, [target, 'replaced']);
  return onlyRow(await tx.rows<HoldRow>(insert, [target, JSON.stringify(held.counts), held.why, held.hash]));
}

/** What is left of an approved push: never more than before. */
export async function shrinkApproved(
  connection: Connection,
  target: number,
  left: PushCounts,
): Promise<void> {
  await connection.rows(shrink, [target, JSON.stringify(left)]);
}

/** The held or approved push is over: done, or there is nothing of it left. */
export async function closeHold(connection: Connection, target: number): Promise<void> {
  await connection.rows(replaceOld, [target, 'done']);
}

/** Decides the held push with that hash; null when it is another one by now. */
export async function decideHold(
  connection: Connection,
  target: number,
  decision: {
    readonly hash: string;
    readonly state: 'approved' | 'rejected';
    readonly by: string;
    readonly reason: string | null;
  },
): Promise<HoldRow | null> {
  const { hash, state, by, reason } = decision;
  return (await connection.rows<HoldRow>(decide, [target, hash, state, by, reason]))[0] ?? null;
}

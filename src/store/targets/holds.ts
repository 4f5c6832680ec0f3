/** What a push would do, in numbers and one by one, and the plan that waits for a target (O-07). */
import type { GroupN, UserN } from '../../core/ids.ts';
import type { TrippedGuard } from '../../core/plans/guards.ts';
import type { PlanState } from '../../core/plans/plan.ts';
import type { PushBase, PushCounts } from '../../core/targets/push-guard.ts';
import { type Connection, named, onlyRow } from '../database.ts';

/** The newest plan of a target. */
export interface PushPlanRow {
  readonly n: number;
  readonly id: string;
  readonly state: PlanState;
  readonly counts: Readonly<Record<string, number>>;
  readonly guards: readonly TrippedGuard[];
  readonly hash: string;
  readonly created_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
}

/** Plans of a target are of this subject. */
export function subjectOf(target: number): string {
  return `target:${target}`;
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
   from target_object where target_n = $1 and (kind = 'm' or state in ${open})`,
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

const newestPlan = named(
  'target_newest_plan',
  `select n, id, state, counts, guards, hash, created_at, decided_at, decided_by, reason
   from plan where subject = $1 order by n desc limit 1`,
);

const closePlan = named(
  'target_close_plan',
  `update plan set state = case state when 'approved' then 'applied' else 'replaced' end, ended_at = now()
   where subject = $1 and state in ('held', 'approved')`,
);

const closeAll = named(
  'target_close_plans',
  `update plan set state = 'replaced', ended_at = now() where target_n = $1 and state in ('held', 'approved')`,
);

const removing = named(
  'target_removing',
  `select kind, n, held from target_object
   where target_n = $1 and not wanted and held is not null and state in ${open}
     and ((kind = 'u' and held = 'a') or (owned = 'c' and kind in ('u', 'g')))
   order by n`,
);

const removingLists = named(
  'target_removing_lists',
  `select n from target_object where target_n = $1 and kind = 'm' and remove_count > 0 order by n`,
);

const due = named(
  'target_due_at_least',
  `select count(*)::int as due from (
     select from target_object where target_n = $1 and state in ('due', 'backing-off') limit $2) d`,
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

/** The newest plan of a target, whatever became of it; null for none. */
export async function readNewestPlan(connection: Connection, target: number): Promise<PushPlanRow | null> {
  return (await connection.rows<PushPlanRow>(newestPlan, [subjectOf(target)]))[0] ?? null;
}

/** The waiting plan is over: what was approved is done, and what was held is not asked for any more. */
export async function closeWaitingPlan(connection: Connection, target: number): Promise<void> {
  await connection.rows(closePlan, [subjectOf(target)]);
}

/** Nobody is to decide of a target any more, of its pushes and of what would be undone there. */
export async function closePlansOf(connection: Connection, target: number): Promise<void> {
  await connection.rows(closeAll, [target]);
}

/** Users to deactivate and objects to delete, in the order of their numbers. */
export function listRemovedObjects(
  connection: Connection,
  target: number,
): Promise<{ readonly kind: 'u' | 'g'; readonly n: UserN | GroupN; readonly held: 'a' | 'i' }[]> {
  return connection.rows(removing, [target]);
}

/** Groups of which members are to be taken out. */
export async function listRemovingGroups(connection: Connection, target: number): Promise<GroupN[]> {
  return (await connection.rows<{ n: GroupN }>(removingLists, [target])).map(({ n }) => n);
}

/** How many operations wait, counted up to `most`. */
export async function countDue(connection: Connection, target: number, most: number): Promise<number> {
  return onlyRow(await connection.rows<{ due: number }>(due, [target, most])).due;
}

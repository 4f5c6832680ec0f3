/** Marking objects of a target: that they may differ, that they go on, that they left long ago. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, type Tx } from '../database.ts';
import { stateAfter } from './objects.ts';

const markUsers = named(
  'target_mark_users',
  `with inserted as (
     insert into target_object as o (target_n, kind, n, state, wanted)
     select $1, 'u', w.n, 'due', true from unnest($3::int[]) as w(n) order by w.n
     on conflict (target_n, kind, n) do update
       set state = ${stateAfter('marked')}, generation = o.generation + 1, wanted = true, left_at = null)
   update target_object o
   set state = ${stateAfter('marked')}, generation = o.generation + 1, wanted = false,
       left_at = coalesce(o.left_at, now())
   where o.target_n = $1 and o.kind = 'u' and o.n = any($2::int[]) and not o.n = any($3::int[])`,
);

const markGroups = named(
  'target_mark_groups',
  `with inserted as (
     insert into target_object as o (target_n, kind, n, state, wanted)
     select $1, k.kind, w.n, case k.kind when 'g' then 'due' else 'settled' end, true
     from unnest($3::int[]) as w(n), (values ('g'::"char"), ('m'::"char")) as k(kind) order by w.n
     on conflict (target_n, kind, n) do update
       set state = case o.kind when 'g' then ${stateAfter('marked')} else o.state end,
           generation = o.generation + 1, wanted = true, left_at = null)
   update target_object o
   set state = case o.kind when 'g' then ${stateAfter('marked')} else o.state end, generation = o.generation + 1,
       wanted = false, left_at = coalesce(o.left_at, now())
   where o.target_n = $1 and o.kind in ('g', 'm') and o.n = any($2::int[]) and not o.n = any($3::int[])`,
);

const wakeLeavers = named(
  'target_wake_leavers',
  `update target_object o set state = ${stateAfter('marked')}
   where o.target_n = $1 and o.kind = 'u' and not o.wanted and o.held is not null and o.owned = 'c'
     and o.state = 'settled' and o.left_at < now() - make_interval(days => $2)`,
);

/** What was sent with an unknown end is looked up at once, and not sent before. */
const release = named(
  'target_release_objects',
  `update target_object o set state = case o.state when 'observing' then o.state else ${stateAfter('released')} end,
     due_at = null, failures = 0, why = null
   where o.target_n = $1
     and (o.state in ('blocked', 'conflict', 'backing-off') or (o.state in ('due', 'observing') and o.failures > 0))`,
);

const endAllWaits = named(
  'target_end_waits',
  `update target_object set due_at = null
   where target_n = $1 and state in ('due', 'observing', 'backing-off') and due_at is not null`,
);

const forget = named(
  'target_forget_applied',
  'update target_object set applied_hash = null where target_n = $1 and applied_hash is not null',
);

/**
 * Marks users as perhaps different from what the target holds. `wanted` are those of them that it should have;
 * of the others only known ones are marked, and stand as having left.
 */
export async function markUserObjects(
  tx: Tx,
  target: number,
  { users, wanted }: { readonly users: readonly UserN[]; readonly wanted: readonly UserN[] },
): Promise<void> {
  if (users.length > 0) await tx.rows(markUsers, [target, users, wanted]);
}

/** Marks groups alike, and makes the row of their member list. */
export async function markGroupObjects(
  tx: Tx,
  target: number,
  { groups, wanted }: { readonly groups: readonly GroupN[]; readonly wanted: readonly GroupN[] },
): Promise<void> {
  if (groups.length > 0) await tx.rows(markGroups, [target, groups, wanted]);
}

/** Marks users that left more than `days` ago and are ours to delete (O-05). */
export async function markLeaversOlderThan(tx: Tx, target: number, days: number): Promise<void> {
  await tx.rows(wakeLeavers, [target, days]);
}

/** Lets everything go on that was blocked, in conflict, backing off or waiting otherwise after it failed. */
export async function releaseObjects(connection: Connection, target: number): Promise<void> {
  await connection.rows(release, [target]);
}

/** Has everything that waits for a time tried at once; how often it failed stays, and so does what was refused. */
export async function endWaits(connection: Connection, target: number): Promise<void> {
  await connection.rows(endAllWaits, [target]);
}

/** Has every object looked at again at the target, because what is sent of it may have changed. */
export async function forgetApplied(tx: Tx, target: number): Promise<void> {
  await tx.rows(forget, [target]);
}

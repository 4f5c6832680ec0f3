/**
 * Objects of a target: what is known of each, and where it stands. Their states move by the table of
 * core/targets/object-state alone; the statements are built from it.
 */
import {
  nextState,
  OBJECT_STATES,
  type ObjectEvent,
  type ObjectState,
} from '../../core/targets/object-state.ts';
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';

/** A user, a group, the member list of a group. */
export type ObjectKind = 'u' | 'g' | 'm';

export interface ObjectRow {
  readonly n: number;
  readonly kind: ObjectKind;
  readonly state: ObjectState;
  readonly wanted: boolean;
  readonly generation: number;
  readonly due_at: Date | null;
  readonly failures: number;
  readonly remote_id: string | null;
  /** `a`ctive or `i`nactive at the target; null when not known to be there. */
  readonly held: 'a' | 'i' | null;
  /** `c`reated by us or `a`dopted. */
  readonly owned: 'c' | 'a' | null;
  readonly name: string | null;
  readonly applied_hash: Buffer | null;
  readonly left_at: Date | null;
  readonly applied_count: number;
  readonly add_count: number;
  readonly remove_count: number;
  readonly waiting_count: number;
  readonly blocked_count: number;
}

/** Text of SQL that gives the state after an event. */
function after(event: ObjectEvent, alias = 'o'): string {
  const moves = OBJECT_STATES.filter((state) => nextState(state, event) !== state);
  const whens = moves.map((state) => `when '${state}' then '${nextState(state, event)}'`);
  return whens.length === 0
    ? `${alias}.state`
    : `case ${alias}.state ${whens.join(' ')} else ${alias}.state end`;
}

const columns = `o.n, o.kind, o.state, o.wanted, o.generation, o.due_at, o.failures, o.remote_id, o.held, o.owned,
  o.name, o.applied_hash, o.left_at, o.applied_count, o.add_count, o.remove_count, o.waiting_count, o.blocked_count`;

const markUsers = named(
  'target_mark_users',
  `with inserted as (
     insert into target_object as o (target_n, kind, n, state, wanted)
     select $1, 'u', w.n, 'due', true from unnest($3::int[]) as w(n) order by w.n
     on conflict (target_n, kind, n) do update
       set state = ${after('marked')}, generation = o.generation + 1, wanted = true, left_at = null)
   update target_object o
   set state = ${after('marked')}, generation = o.generation + 1, wanted = false,
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
       set state = case o.kind when 'g' then ${after('marked')} else o.state end,
           generation = o.generation + 1, wanted = true, left_at = null)
   update target_object o
   set state = case o.kind when 'g' then ${after('marked')} else o.state end, generation = o.generation + 1,
       wanted = false, left_at = coalesce(o.left_at, now())
   where o.target_n = $1 and o.kind in ('g', 'm') and o.n = any($2::int[]) and not o.n = any($3::int[])`,
);

/** Objects that may be worked on now; a group's members only once the group is there. */
const dueObjects = named(
  'target_due_objects',
  `select ${columns} from target_object o
   where o.target_n = $1 and o.kind = $2 and o.state in ('due', 'observing', 'backing-off')
     and (o.due_at is null or o.due_at <= now())
     and (o.kind <> 'm' or exists (
       select from target_object g where g.target_n = $1 and g.kind = 'g' and g.n = o.n and g.remote_id is not null))
   order by o.due_at nulls first, o.n limit $3
   for update of o skip locked`,
);

const lockOne = named(
  'target_object_lock',
  `select ${columns} from target_object o where o.target_n = $1 and o.kind = $2 and o.n = $3 for update`,
);

const readSome = named(
  'target_object_read',
  `select ${columns} from target_object o where o.target_n = $1 and o.kind = $2 and o.n = any($3::int[])`,
);

const listDue = named(
  'target_list_due',
  `select case
       when o.kind = 'm' then case when o.remove_count > 0 then 'change-members' else 'add-members' end
       when not o.wanted and o.kind = 'u' and o.held = 'a' then 'deactivate'
       when not o.wanted then 'delete'
       when o.remote_id is null then 'create'
       else 'update' end as operation,
     coalesce(u.user_name, g.name, o.name, o.n::text)
       || case o.kind when 'm' then ' (+' || o.add_count || ' -' || o.remove_count || ')' else '' end as what
   from target_object o
   left join users u on o.kind = 'u' and u.n = o.n
   left join groups g on o.kind in ('g', 'm') and g.n = o.n
   where o.target_n = $1 and o.state in ('due', 'observing', 'backing-off', 'sending', 'resending')
   order by case o.kind when 'u' then 1 when 'g' then 2 else 3 end, o.n limit $2`,
);

const nextDue = named(
  'target_next_due',
  `select min(o.due_at) as at from target_object o
   where o.target_n = $1 and o.due_at > now()
     and o.state in ('due', 'observing', 'backing-off', 'sending', 'resending')`,
);

const wakeLeavers = named(
  'target_wake_leavers',
  `update target_object o set state = ${after('marked')}
   where o.target_n = $1 and o.kind = 'u' and not o.wanted and o.held is not null and o.owned = 'c'
     and o.state = 'settled' and o.left_at < now() - make_interval(days => $2)`,
);

const release = named(
  'target_release_objects',
  `update target_object o set state = ${after('released')}, due_at = null, failures = 0, why = null
   where o.target_n = $1 and o.state in ('blocked', 'conflict', 'backing-off')`,
);

const forget = named(
  'target_forget_applied',
  'update target_object set applied_hash = null where target_n = $1 and applied_hash is not null',
);

const trouble = named(
  'target_trouble',
  `select coalesce(sum(waiting_count), 0)::int as waiting,
     (count(*) filter (where state = 'blocked') + coalesce(sum(blocked_count), 0))::int as blocked,
     (count(*) filter (where state = 'conflict'))::int as conflicts
   from target_object where target_n = $1`,
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

/** Up to `limit` objects that may be worked on, those due longest first; locked until the transaction ends. */
export function takeDue(
  tx: Tx,
  target: number,
  { kind, limit }: { kind: ObjectKind; limit: number },
): Promise<ObjectRow[]> {
  return tx.rows<ObjectRow>(dueObjects, [target, kind, limit]);
}

/** One object, locked until the transaction ends. */
export async function lockObject(
  tx: Tx,
  target: number,
  kind: ObjectKind,
  n: number,
): Promise<ObjectRow | null> {
  return (await tx.rows<ObjectRow>(lockOne, [target, kind, n]))[0] ?? null;
}

export async function readObjects(
  connection: Connection,
  target: number,
  kind: ObjectKind,
  numbers: readonly number[],
): Promise<ObjectRow[]> {
  return numbers.length === 0 ? [] : connection.rows<ObjectRow>(readSome, [target, kind, numbers]);
}

/** What is to be done at a target, in the order it would be, for people to read. */
export function listDueObjects(
  connection: Connection,
  target: number,
  limit: number,
): Promise<{ readonly operation: string; readonly what: string }[]> {
  return connection.rows(listDue, [target, limit]);
}

/** When the next object that waits for its time is due; null when none does. */
export async function nextDueAt(connection: Connection, target: number): Promise<Date | null> {
  return (await connection.rows<{ at: Date | null }>(nextDue, [target]))[0]?.at ?? null;
}

/** Marks users that left more than `days` ago and are ours to delete (O-05). */
export async function markLeaversOlderThan(tx: Tx, target: number, days: number): Promise<void> {
  await tx.rows(wakeLeavers, [target, days]);
}

/** Lets everything go on that was blocked, in conflict or backing off. */
export async function releaseObjects(connection: Connection, target: number): Promise<void> {
  await connection.rows(release, [target]);
}

/** Has every object looked at again at the target, because what is sent of it may have changed. */
export async function forgetApplied(tx: Tx, target: number): Promise<void> {
  await tx.rows(forget, [target]);
}

/** What does not go on by itself: members waiting for their user, objects and members refused, conflicts. */
export async function countTrouble(
  connection: Connection,
  target: number,
): Promise<{ readonly waiting: number; readonly blocked: number; readonly conflicts: number }> {
  return onlyRow(await connection.rows(trouble, [target]));
}

/** What an end of an attempt changes on an object; absent fields stay. */
export interface ObjectChange {
  readonly remoteId?: string | null;
  readonly held?: 'a' | 'i' | null;
  readonly owned?: 'c' | 'a' | null;
  readonly name?: string | null;
  readonly nameKey?: string | null;
  readonly appliedHash?: Buffer | null;
  readonly why?: string | null;
  readonly failures?: number;
  readonly dueAt?: Date | null;
  readonly applied?: true;
  readonly observed?: true;
}

const FIELDS = {
  remoteId: 'remote_id',
  held: 'held',
  owned: 'owned',
  name: 'name',
  nameKey: 'name_key',
  appliedHash: 'applied_hash',
  why: 'why',
  failures: 'failures',
  dueAt: 'due_at',
} as const;

const MOVED = [...Object.keys(FIELDS), 'applied', 'observed'];

/** Moves an object's state by an event and writes what came with it. The constraint `target_object_name_unique` refuses a name in use. */
export async function moveObject(
  tx: Tx,
  of: { readonly target: number; readonly kind: ObjectKind; readonly n: number },
  event: ObjectEvent,
  change: ObjectChange = {},
): Promise<void> {
  const values: unknown[] = [of.target, of.kind, of.n];
  const sets = [`state = ${after(event)}`];
  for (const [field, column] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][]) {
    if (!(field in change)) continue;
    values.push(change[field]);
    sets.push(`${column} = $${values.length}`);
  }
  if (change.applied === true) sets.push('applied_at = clock_timestamp()');
  if (change.observed === true) sets.push('observed_at = clock_timestamp()');
  // A name of its own for every combination that occurs: few, and each is planned once.
  const shape = MOVED.reduce((mask, field, bit) => (field in change ? mask | (1 << bit) : mask), 0);
  await tx.rows(
    named(
      `target_move_${event}_${shape}`,
      `update target_object o set ${sets.join(', ')} where o.target_n = $1 and o.kind = $2 and o.n = $3`,
    ),
    values,
  );
}

const moveCounts = named(
  'target_object_move_counts',
  `update target_object set applied_count = applied_count + $3, add_count = add_count + $4,
     remove_count = remove_count + $5, waiting_count = waiting_count + $6, blocked_count = blocked_count + $7
   where target_n = $1 and kind = 'm' and n = $2`,
);

/** By how much the sets of a member list grew. */
export interface CountChange {
  readonly applied: number;
  readonly add: number;
  readonly remove: number;
  readonly waiting: number;
  readonly blocked: number;
}

export async function moveObjectCounts(
  tx: Tx,
  target: number,
  group: GroupN,
  by: CountChange,
): Promise<void> {
  const values = [by.applied, by.add, by.remove, by.waiting, by.blocked];
  if (values.some((value) => value !== 0)) await tx.rows(moveCounts, [target, group, ...values]);
}

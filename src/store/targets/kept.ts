/**
 * What an undone push put back at a target (O-07): users, groups and members that are desired there although the
 * directory does not ask for them. They go when the directory asks for the same again, or when the undo is undone.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import type { PlanN } from '../plans/plans.ts';

/** What a push took from a target, as far as the target lacks it still and it can come back. */
export interface TakenRow {
  readonly kind: 'u' | 'g' | 'm';
  readonly group_n: GroupN | 0;
  readonly users: readonly UserN[];
}

/** Rows of `taken(kind, group_n, user_n)` that the target lacks and that the directory can still describe. */
const lacking = `
  select t.kind, t.group_n, array_agg(t.user_n order by t.user_n) as users from taken t
  left join users u on u.n = t.user_n and u.deleted_at is null and u.user_name is not null and not u.stub
  left join target_object o on o.target_n = $1
    and ((t.kind = 'u' and o.kind = 'u' and o.n = t.user_n) or (t.kind = 'g' and o.kind = 'g' and o.n = t.group_n))
  where case t.kind when 'u' then u.n is not null and coalesce(o.held, 'i') = 'i'
                    when 'g' then o.held is null
                    else u.n is not null end
  group by t.kind, t.group_n order by t.kind, t.group_n`;

const takenByPlan = named(
  'target_taken_by_plan',
  `with taken as (
     select 'u' as kind, 0 as group_n, user_n from plan_operation
     where plan_n = $2 and user_n is not null and type in ('user.updated', 'user.deleted')
     union select 'g', group_n, 0 from plan_operation where plan_n = $2 and type = 'group.deleted'
     union select 'm', group_n, unnest(removed) from plan_operation where plan_n = $2 and removed is not null)
   ${lacking}`,
);

const takenSince = named(
  'target_taken_since',
  `with attempt as (
     select kind, object_n, operation, members from target_attempt
     where target_n = $1 and started_at >= $2 and outcome in ('applied', 'ambiguous')
       and operation in ('deactivate', 'delete', 'remove-members')),
   taken as (
     select 'u' as kind, 0 as group_n, object_n as user_n from attempt where kind = 'u'
     union select 'g', object_n, 0 from attempt where kind = 'g'
     union select 'm', object_n, unnest(members) from attempt where kind in ('m', 'g') and members is not null)
   ${lacking}`,
);

const keep = named(
  'target_keep_undone',
  `insert into target_kept (target_n, kind, group_n, user_n, plan_n)
   select $1, k.* from (
     select 'u'::"char", 0, user_n, $2::bigint from plan_operation where plan_n = $2 and type = 'user.updated'
     union select 'g', group_n, 0, $2 from plan_operation where plan_n = $2 and type = 'group.created'
     union select 'm', group_n, unnest(added), $2 from plan_operation where plan_n = $2 and added is not null) k
   on conflict (target_n, kind, group_n, user_n) do update set plan_n = excluded.plan_n`,
);

const drop = named('target_drop_kept', 'delete from target_kept where plan_n = $1');

const keptBy = named(
  'target_kept_by',
  `select kind, group_n, array_agg(user_n order by user_n) as users from target_kept where plan_n = $1
   group by kind, group_n order by kind, group_n`,
);

const lift = named(
  'target_lift_kept',
  `delete from target_kept k where k.target_n = $1
     and ($2::int[] is null or k.user_n = any($2) or k.group_n = any($3))
     and case k.kind
       when 'g' then exists (select from target_scope s join groups g on g.n = s.group_n and g.deleted_at is null
                             where s.target_n = $1 and s.group_n = k.group_n)
       when 'u' then exists (
         select from users u where u.n = k.user_n and (u.deleted_at is not null or u.active and (
           (select t.all_users from target t where t.n = $1)
           or exists (select from assertion a join closure c on c.descendant = a.group_n
                      join target_scope s on s.group_n = c.ancestor and s.target_n = $1
                      where a.member_n = u.n and not a.suppressed))))
       else exists (
         select from assertion a join closure c on c.descendant = a.group_n
         join users u on u.n = a.member_n and u.active and u.deleted_at is null
         where a.member_n = k.user_n and not a.suppressed
           and (c.ancestor = k.group_n
                or exists (select from group_role r where r.group_n = c.ancestor and r.role_n = -k.group_n))) end`,
);

const liftMembers = named(
  'target_lift_kept_members',
  `delete from target_kept where target_n = $1 and kind = 'm' and group_n = $2 and user_n = any($3::int[])`,
);

const isKeeping = named(
  'target_is_keeping',
  'select exists (select from target_kept where target_n = $1) as kept',
);

const keptGroups = named(
  'target_kept_groups',
  `select distinct group_n from target_kept where target_n = $1 and kind = 'm'`,
);

const count = named('target_count_kept', 'select count(*)::int as kept from target_kept where target_n = $1');

/** What an applied push took away, and is not back. */
export function takenByPush(connection: Connection, target: number, plan: PlanN): Promise<TakenRow[]> {
  return connection.rows<TakenRow>(takenByPlan, [target, plan]);
}

/** What was taken away by whatever was sent since a moment, by the attempts of the last 30 days, and is not back. */
export function takenFromTarget(connection: Connection, target: number, since: Date): Promise<TakenRow[]> {
  return connection.rows<TakenRow>(takenSince, [target, since]);
}

/** Has everything that a plan puts back count among what is desired. */
export async function keepUndone(tx: Tx, target: number, plan: PlanN): Promise<void> {
  await tx.rows(keep, [target, plan]);
}

/** What stands at its target because of a plan. */
export function keptByPlan(connection: Connection, plan: PlanN): Promise<TakenRow[]> {
  return connection.rows<TakenRow>(keptBy, [plan]);
}

export async function dropKept(tx: Tx, plan: PlanN): Promise<void> {
  await tx.rows(drop, [plan]);
}

/** Leaves to the directory what it asks for itself; of these users and groups, or of all. */
export async function liftKept(
  tx: Tx,
  target: number,
  of: { readonly users: readonly number[]; readonly groups: readonly number[] } | 'all',
): Promise<void> {
  if (!onlyRow(await tx.rows<{ kept: boolean }>(isKeeping, [target])).kept) return;
  await tx.rows(lift, of === 'all' ? [target, null, null] : [target, of.users, of.groups]);
}

/** The directory spoke of these memberships anew: what it says counts from now on. */
export async function liftKeptMembers(
  tx: Tx,
  target: number,
  { group, users }: { readonly group: GroupN; readonly users: readonly UserN[] },
): Promise<void> {
  await tx.rows(liftMembers, [target, group, users]);
}

/** Groups with members whom an undo put back. */
export async function groupsKept(connection: Connection, target: number): Promise<Set<GroupN>> {
  const rows = await connection.rows<{ group_n: GroupN }>(keptGroups, [target]);
  return new Set(rows.map(({ group_n: group }) => group));
}

/** How many users, groups and members are at a target because of an undo. */
export async function countKept(connection: Connection, target: number): Promise<number> {
  return onlyRow(await connection.rows<{ kept: number }>(count, [target])).kept;
}

/**
 * What a transaction's moves mean: who stops being an effective member of what. Exact, through the closure as it is
 * and as it was noted (moves.ts); each question is one statement over all that moved.
 */
import type { GroupN, SourceN } from '../../core/ids.ts';
import { named, onlyRow, type Tx } from '../database.ts';
import { OFF } from './moves.ts';

/** Tables of fewer rows are joined quickly however it is done; for larger ones the planner has to know. */
const ANALYZE_FROM = 200;

/** The closure as it was above groups of a set: noted where a nesting moved, unchanged elsewhere. */
const above = (groups: string): string => `
  select s.n, up.ancestor from ${groups} s cross join lateral (
    select b.ancestor from plan_closure b where b.descendant = s.n
    union all
    select c.ancestor from closure c
    where c.descendant = s.n and not exists (select from plan_closure b where b.descendant = s.n)) up`;

/** The closure as it was below groups of a set. */
const below = (groups: string): string => `
  select s.n, down.descendant from ${groups} s cross join lateral (
    select b.descendant from plan_closure b where b.ancestor = s.n
    union all
    select c.descendant from closure c
    where c.ancestor = s.n and not exists (select from plan_closure b where b.descendant = c.descendant)) down`;

/** Users listed directly as it was, of groups of a set of (n, descendant). */
const listedBefore = (sets: string): string => `
  select s.n, a.member_n as user_n from ${sets} s
  join assertion a on a.group_n = s.descendant and a.member_kind = 'u' and not a.suppressed
  where not exists (select from plan_moved m where m.group_n = a.group_n and m.member_n = a.member_n and m.is_added)
  union
  select s.n, m.member_n from ${sets} s
  join plan_moved m on m.group_n = s.descendant and m.kind = 'u' and not m.is_added`;

const left = named(
  'plan_gather_left',
  `with off as materialized ${OFF},
   listing_off as materialized (
     select a.group_n, a.member_n from off join assertion a on a.member_n = off.n and not a.suppressed
     where not exists (
       select from plan_moved m where m.group_n = a.group_n and m.member_n = a.member_n and m.is_added)),
   places as (
     select group_n as n from plan_moved where kind = 'u' and not is_added union select group_n from listing_off),
   up as materialized (${above('places')}),
   gone as materialized (
     select b.descendant, b.ancestor from plan_closure b
     where not exists (select from closure c where c.descendant = b.descendant and c.ancestor = b.ancestor)),
   candidate as (
     select up.ancestor as group_n, m.member_n as user_n
     from plan_moved m join up on up.n = m.group_n where m.kind = 'u' and not m.is_added
     union
     select g.ancestor, a.member_n from gone g
     join assertion a on a.group_n = g.descendant and a.member_kind = 'u' and not a.suppressed
     where not exists (
       select from plan_moved m where m.group_n = a.group_n and m.member_n = a.member_n and m.is_added)
     union
     select up.ancestor, l.member_n from listing_off l join up on up.n = l.group_n)
   insert into plan_left (group_n, user_n)
   select k.group_n, k.user_n from candidate k join users u on u.n = k.user_n
   where k.user_n in (select n from off)
      or (u.active and u.deleted_at is null and not exists (
        select from assertion a join closure c on c.descendant = a.group_n and c.ancestor = k.group_n
        where a.member_n = k.user_n and not a.suppressed))`,
);

const joined = named(
  'plan_gather_joined',
  `with fresh as materialized (
     select c.descendant, c.ancestor from closure c
     where c.descendant in (select descendant from plan_closure)
       and not exists (select from plan_closure b where b.descendant = c.descendant and b.ancestor = c.ancestor)),
   candidate as (
     select distinct f.ancestor as group_n, a.member_n as user_n from fresh f
     join assertion a on a.group_n = f.descendant and a.member_kind = 'u' and not a.suppressed
     join users u on u.n = a.member_n and u.active and u.deleted_at is null),
   places as (select distinct group_n as n from candidate),
   down as (${below('places')}),
   was as (${listedBefore('down')})
   insert into plan_joined (group_n, user_n)
   select k.group_n, k.user_n from candidate k
   where not exists (select from was where was.n = k.group_n and was.user_n = k.user_n)`,
);

/** Own writes of this transaction began with it. */
const grownSince = named(
  'plan_grown_since',
  `select from plan p join assertion a on a.since > p.created_at and a.since < now() and not a.suppressed
   where p.n = $1 and a.group_n in (
     select c.descendant from closure c
     where c.descendant in (select descendant from plan_closure)
       and not exists (select from plan_closure b where b.descendant = c.descendant and b.ancestor = c.ancestor))
   limit 1`,
);

const leavingByGroup = named(
  'plan_leaving_by_group',
  `select l.group_n, g.id, g.name, count(*) filter (where not u.stub)::int as leaving, count(*)::int as "leavingAll"
   from plan_left l join users u on u.n = l.user_n join groups g on g.n = l.group_n
   group by l.group_n, g.id, g.name order by l.group_n`,
);

/** Sizes without stubs, of groups with their members as they were and as they are. */
const sizes = named(
  'plan_group_sizes',
  `with off as materialized ${OFF},
   asked as (select n from unnest($1::int[]) as t(n)),
   down as materialized (${below('asked')}),
   was as (${listedBefore('down')}),
   is_now as (
     select s.n, a.member_n as user_n from asked s join closure c on c.ancestor = s.n
     join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed)
   select s.n,
     (select count(distinct w.user_n) from was w join users u on u.n = w.user_n
      where w.n = s.n and not u.stub and ((u.active and u.deleted_at is null) or u.n in (select n from off)))::int as before,
     (select count(distinct i.user_n) from is_now i join users u on u.n = i.user_n
      where i.n = s.n and not u.stub and u.active and u.deleted_at is null)::int as after
   from asked s order by s.n`,
);

const people = named('plan_people', `select count(distinct user_n)::int as people from plan_left`);

const nestings = named(
  'plan_nesting_moves',
  `with moved as (select group_n, member_n from plan_moved where kind = 'g'),
   groups_of as (select distinct group_n as n from moved),
   members_of as (select distinct member_n as n from moved),
   up as materialized (
     ${above('groups_of')}
     union select s.n, c.ancestor from groups_of s join closure c on c.descendant = s.n),
   down as materialized (
     ${below('members_of')}
     union select s.n, c.descendant from members_of s join closure c on c.ancestor = s.n),
   inside as materialized (
     ${listedBefore('down')}
     union select d.n, a.member_n from down d
     join assertion a on a.group_n = d.descendant and a.member_kind = 'u' and not a.suppressed),
   shifted as (select group_n, user_n from plan_left union all select group_n, user_n from plan_joined)
   select g.id as "groupId", g.name as "groupName", k.id as "memberId", k.name as "memberName",
     (select count(*) from shifted s
      where s.group_n in (select ancestor from up where up.n = m.group_n)
        and s.user_n in (select user_n from inside where inside.n = m.member_n))::int as moves
   from moved m join groups g on g.n = m.group_n join groups k on k.n = m.member_n
   order by m.group_n, m.member_n`,
);

const shifted = named(
  'plan_shifted',
  `select ((select count(*) from plan_left) + (select count(*) from plan_joined))::int as shifted`,
);

const ofSource = named(
  'plan_source_memberships',
  `select ((select count(*) from assertion a left join users u on u.n = a.member_n
            where a.source_n = $1 and not a.suppressed and not coalesce(u.stub, false))
         + (select count(*) filter (where not is_added) - count(*) filter (where is_added)
            from plan_moved m left join users u on u.n = m.member_n
            where not coalesce(u.stub, false) and not of_deleted))::int as memberships`,
);

const activeUsers = named(
  'plan_active_users',
  `select ((select count(*) from users where active and not stub and deleted_at is null)
         + (select count(*) from ${OFF} o join users u on u.n = o.n where not u.stub))::int as users`,
);

/** J-20: it, or a group that it is or was nested in, confers more than groups.request. */
/* A group that is given its first permission by what is measured was not protected when it was touched. */
const protectedTouched = named(
  'plan_protected_touched',
  `with touched as (
     select group_n as n from plan_moved
     union select group_n from change
     where xid = pg_current_xact_id() and batch is null and group_n is not null and type <> 'group.created'),
   up as (${above('touched')} union select s.n, c.ancestor from touched s join closure c on c.descendant = s.n)
   select g.id, g.name from groups g
   where g.n in (select up.n from up join permission_grant p on p.holder_n = up.ancestor
                 where p.permission <> 'groups.request' and (p.granted_at < now() or exists (
                   select from change c
                   where c.xid = pg_current_xact_id() and c.batch is null and c.group_n = p.holder_n
                     and (c.before->'permissions') - 'groups.request' <> '[]')))
   order by g.n`,
);

const keepGroups = named(
  'plan_keep_groups',
  `insert into plan_group (plan_n, group_n, members, leaving)
   select $1, * from unnest($2::int[], $3::int[], $4::int[])`,
);

const leavingTargets = named(
  'plan_leaving_targets',
  `select s.target_n as target, count(distinct l.user_n)::int as leaving
   from plan_left l join users u on u.n = l.user_n and not u.stub
   join target_scope s on s.group_n = l.group_n
   join target t on t.n = s.target_n and t.deleted_at is null
   group by s.target_n order by s.target_n`,
);

const keepTargets = named(
  'plan_keep_targets',
  `insert into plan_target (plan_n, target_n, leaving) select $1, * from unnest($2::int[], $3::int[])`,
);

export interface LeavingRow {
  readonly group_n: GroupN;
  readonly id: string;
  readonly name: string;
  /** Users, stubs aside. */
  readonly leaving: number;
  readonly leavingAll: number;
}

export interface NestingMovesRow {
  readonly groupId: string;
  readonly groupName: string;
  readonly memberId: string;
  readonly memberName: string;
  readonly moves: number;
}

export interface TargetLeaving {
  readonly target: number;
  readonly leaving: number;
}

/** Finds who stops being an effective member of what; `moved` is about how many rows it is found from. */
export async function gatherLeft(tx: Tx, moved: number): Promise<void> {
  if (moved >= ANALYZE_FROM) await tx.rows({ text: 'analyze plan_moved; analyze plan_closure' });
  await tx.rows(left);
}

/** Finds who becomes an effective member of what by a nesting. */
export async function gatherJoined(tx: Tx): Promise<void> {
  await tx.rows(joined);
}

/** True when somebody was put into a group that is nested anew by this transaction after the plan was made. */
export async function hasGrownSince(tx: Tx, plan: number): Promise<boolean> {
  return (await tx.rows(grownSince, [plan])).length > 0;
}

/** Groups that somebody leaves, in the order of their numbers. */
export async function listLeavingByGroup(tx: Tx): Promise<LeavingRow[]> {
  return tx.rows<LeavingRow>(leavingByGroup);
}

/** Effective members of groups before and after, stubs aside. */
export async function readGroupSizes(
  tx: Tx,
  groups: readonly GroupN[],
): Promise<ReadonlyMap<GroupN, { readonly before: number; readonly after: number }>> {
  if (groups.length === 0) return new Map();
  const rows = await tx.rows<{ n: GroupN; before: number; after: number }>(sizes, [groups]);
  return new Map(rows.map(({ n, before, after }) => [n, { before, after }]));
}

/** People who stop being an effective member of anything. */
export async function countPeople(tx: Tx): Promise<number> {
  return onlyRow(await tx.rows<{ people: number }>(people)).people;
}

/** Effective memberships that each nesting moves, where all of them together are over `limit`; none otherwise. */
export async function listNestingMoves(tx: Tx, limit: number): Promise<NestingMovesRow[]> {
  const { shifted: moves } = onlyRow(await tx.rows<{ shifted: number }>(shifted));
  return moves <= limit ? [] : tx.rows<NestingMovesRow>(nestings);
}

/** Live memberships that a source asserted before this transaction, those of stubs aside. */
export async function countSourceMemberships(tx: Tx, source: SourceN): Promise<number> {
  return onlyRow(await tx.rows<{ memberships: number }>(ofSource, [source])).memberships;
}

/** Active users before this transaction, stubs aside. */
export async function countActiveUsers(tx: Tx): Promise<number> {
  return onlyRow(await tx.rows<{ users: number }>(activeUsers)).users;
}

/** People who leave each target's scope. */
export async function listLeavingTargets(tx: Tx): Promise<TargetLeaving[]> {
  return tx.rows<TargetLeaving>(leavingTargets);
}

export interface KeptImpact {
  readonly plan: number;
  readonly groups: readonly {
    readonly n: GroupN;
    readonly members: number | null;
    readonly leaving: number;
  }[];
  readonly targets: readonly TargetLeaving[];
}

/** Protected groups (J-20) whose members, nestings or state the transaction has changed. */
export async function listProtectedTouched(
  tx: Tx,
): Promise<{ readonly id: string; readonly name: string }[]> {
  return tx.rows(protectedTouched);
}

/** Keeps with a plan whom it takes from which groups and targets. */
export async function keepImpact(tx: Tx, { plan, groups, targets }: KeptImpact): Promise<void> {
  if (groups.length > 0) {
    await tx.rows(keepGroups, [
      plan,
      groups.map(({ n }) => n),
      groups.map(({ members }) => members),
      groups.map(({ leaving }) => leaving),
    ]);
  }
  if (targets.length > 0) {
    await tx.rows(keepTargets, [
      plan,
      targets.map(({ target }) => target),
      targets.map(({ leaving }) => leaving),
    ]);
  }
}

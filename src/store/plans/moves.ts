/**
 * What a transaction has moved so far, read from the log rows that it has written: direct members into `plan_moved`,
 * and the closure as it was into `plan_closure`, which whoever moves nestings notes first. The tables belong to the
 * session and are empty at the end of every transaction.
 */
import type { GroupN } from '../../core/ids.ts';
import type { DirectoryCounts } from '../../core/plans/plan.ts';
import { named, onlyRow, type Tx } from '../database.ts';

const TABLES = `
  set local client_min_messages = warning;
  create temp table if not exists plan_closure (
    descendant integer not null, ancestor integer not null, primary key (descendant, ancestor)
  ) on commit delete rows;
  create index if not exists plan_closure_ancestor on plan_closure (ancestor);
  create temp table if not exists plan_moved (
    group_n integer not null, member_n integer not null, kind "char" not null, is_added boolean not null,
    of_deleted boolean not null, primary key (group_n, member_n)
  ) on commit delete rows;
  create temp table if not exists plan_left (
    group_n integer not null, user_n integer not null, primary key (group_n, user_n)
  ) on commit delete rows;
  create temp table if not exists plan_joined (
    group_n integer not null, user_n integer not null, primary key (group_n, user_n)
  ) on commit delete rows;
  delete from plan_closure; delete from plan_moved; delete from plan_left; delete from plan_joined;`;

const note = named(
  'plan_note_closure',
  `insert into plan_closure (descendant, ancestor)
   select c.descendant, c.ancestor from closure c
   where c.descendant in (select descendant from closure where ancestor = any((select $1::int[])::int[]))
     and not exists (select from plan_closure b where b.descendant = c.descendant)`,
);

/*
 * Net: what was added and removed again on the way is no move. Users of a group that is deleted keep their rows for
 * a while, which is how they are found here.
 */
const gather = named(
  'plan_gather_moves',
  `insert into plan_moved (group_n, member_n, kind, is_added, of_deleted)
   select net.group_n, net.member_n, case when g.n is null then 'u'::"char" else 'g'::"char" end, net.way > 0, false
   from (
     select group_n, member_n, sum(way) as way from (
       select c.group_n, m.n as member_n, 1 as way from change c cross join unnest(c.added) as m(n)
       where c.xid = pg_current_xact_id() and c.type = 'membership.direct'
       union all
       select c.group_n, m.n, -1 from change c cross join unnest(c.removed) as m(n)
       where c.xid = pg_current_xact_id() and c.type = 'membership.direct') moved
     group by group_n, member_n) net
   left join groups g on g.n = net.member_n
   where net.way <> 0
   union all
   select distinct a.group_n, a.member_n, a.member_kind, false, true
   from change c join assertion a on a.group_n = c.group_n and a.member_kind = 'u' and not a.suppressed
   where c.xid = pg_current_xact_id() and c.type = 'group.deleted'
   on conflict do nothing`,
);

/** A user that the transaction deactivates or deletes. */
export const OFF = `(
  select c.user_n as n, c.type = 'user.deleted' as is_deleted
  from change c left join change_personal p on p.seq = c.seq
  where c.xid = pg_current_xact_id() and (c.type = 'user.deleted' or (c.type = 'user.updated'
    and coalesce(p.before, c.before) ->> 'active' = 'true' and coalesce(p.after, c.after) ->> 'active' = 'false')))`;

const summary = named(
  'plan_summary_of_moves',
  `select coalesce(sum(cardinality(added)), 0)::int as added,
          coalesce(bool_or(removed is not null or type = 'group.deleted'), false)
            or exists (select from ${OFF} o) as takes
   from change where xid = pg_current_xact_id() and batch is null`,
);

const nests = named(
  'plan_nests',
  `select exists (
     select from change c cross join unnest(c.added) as m(n) join groups g on g.n = m.n
     where c.xid = pg_current_xact_id() and c.type = 'membership.direct') as nests`,
);

const count = named(
  'plan_count_moves',
  `select
     (select count(*) from plan_moved where kind = 'u' and is_added)::int as "membersAdded",
     (select count(*) from plan_moved where kind = 'u' and not is_added)::int as "membersRemoved",
     (select count(*) from plan_moved where kind = 'g' and is_added)::int as "nestingsAdded",
     (select count(*) from plan_moved where kind = 'g' and not is_added)::int as "nestingsRemoved",
     (select count(*) from ${OFF} o where not is_deleted)::int as "usersDeactivated",
     t.*
   from (
     select count(*) filter (where type = 'group.created')::int as "groupsCreated",
            count(distinct group_n) filter (where type = 'group.updated')::int as "groupsChanged",
            count(*) filter (where type = 'group.deleted')::int as "groupsDeleted",
            count(*) filter (where type in ('user.created', 'user.stubbed'))::int as "usersCreated",
            count(distinct user_n) filter (where type = 'user.updated')::int as "usersChanged",
            count(*) filter (where type = 'user.deleted')::int as "usersDeleted",
            exists (select from plan_closure b where not exists (
              select from closure k where k.descendant = b.descendant and k.ancestor = b.ancestor)) as "opensClosure"
     from change where xid = pg_current_xact_id() and batch is null) t`,
);

const countAsked = named(
  'plan_count_asked_for',
  `select count(*)::int as asked from change c cross join unnest(c.removed_lines) as l(line)
   where c.xid = pg_current_xact_id() and c.type = 'membership.direct' and l.line = any($1::int[])`,
);

export interface MovesCounted {
  readonly counts: Omit<DirectoryCounts, 'membersRemovedAskedFor'>;
  /** Whether a group that contained another no longer does, at any depth. */
  readonly opensClosure: boolean;
}

/** Makes the tables where this session has none, and empties them. */
export async function openMoves(tx: Tx): Promise<void> {
  await tx.rows({ text: TABLES });
}

/** Notes the closure of everything below these groups, before a nesting of theirs comes or goes. The first note of a group stands. */
export async function noteClosure(tx: Tx, members: readonly GroupN[]): Promise<void> {
  if (members.length > 0) await tx.rows(note, [members]);
}

/**
 * Gathers the direct members that the transaction has moved, and counts what else it did. Where users were only added,
 * which takes nothing from anybody, they are counted and not gathered: a large import adds a million.
 */
export async function gatherMoves(tx: Tx): Promise<MovesCounted> {
  const { added, takes } = onlyRow(await tx.rows<{ added: number; takes: boolean }>(summary));
  const onlyAdds = !takes && !onlyRow(await tx.rows<{ nests: boolean }>(nests)).nests;
  if (!onlyAdds) await tx.rows(gather);
  const row = await tx.rows<MovesCounted['counts'] & { readonly opensClosure: boolean }>(count);
  const { opensClosure, ...counts } = onlyRow(row);
  return { counts: onlyAdds ? { ...counts, membersAdded: added } : counts, opensClosure };
}

/** How many of the members removed were so by rows of those lines. */
export async function countAskedFor(tx: Tx, lines: readonly number[]): Promise<number> {
  if (lines.length === 0) return 0;
  return onlyRow(await tx.rows<{ asked: number }>(countAsked, [lines])).asked;
}

/**
 * The closure of the nestings (docs/decisions/0002): a row for every group and each group that contains it, at
 * any depth, itself included. It moves in the transaction of the nesting change.
 *
 * Lock: nesting changes read the closure and derive rows from it, so they take the *graph lock* exclusively, in
 * an earlier statement than their reads. Without it two writers that each nest one half of a cycle both find
 * none, and an un-nest can delete a row that a nest beside it has just relied on.
 */
import type { GroupN } from '../core/ids.ts';
import { type Connection, named, type Tx } from './database.ts';

/** Key of the graph lock among PostgreSQL's advisory locks. */
const GRAPH_LOCK = 7_205_181;

const lockExclusive = named('graph_lock_exclusive', `select pg_advisory_xact_lock(${GRAPH_LOCK})`);

const closing = named(
  'closure_closing_members',
  `select m.n from unnest($2::int[]) with ordinality as m(n, at)
   where m.n = $1 or exists (select 1 from closure c where c.descendant = $1 and c.ancestor = m.n)
   order by m.at limit 1`,
);

const pathDown = named(
  'closure_path_down',
  `with recursive walk(n, path) as (
     select $1::int, array[$1::int]
     union all
     select step.member_n, step.path from (
       select distinct on (a.member_n) a.member_n, w.path || a.member_n as path
       from walk w
       join assertion a on a.group_n = w.n and a.member_kind = 'g' and not a.suppressed
       where w.n <> $2 and not a.member_n = any(w.path)
         and exists (select 1 from closure c where c.descendant = $2 and c.ancestor = a.member_n)) step)
   select path from walk where n = $2 order by cardinality(path) limit 1`,
);

/*
 * An anti-join in place of `on conflict do nothing`: the graph lock keeps other writers out, and a speculative
 * insertion takes twice as long.
 */
const nest = named(
  'closure_nest',
  `insert into closure (descendant, ancestor)
   select distinct d.descendant, a.ancestor
   from closure d cross join closure a
   where d.ancestor = any($2::int[]) and a.descendant = $1
     and not exists (
       select from closure c where c.descendant = d.descendant and c.ancestor = a.ancestor)`,
);

const nestMany = named(
  'closure_nest_many',
  `with recursive
   below as (select distinct descendant as n from closure where ancestor = any($1::int[])),
   upward(start, n) as (
     select n, n from below
     union
     select u.start, a.group_n from upward u
     join assertion a on a.member_n = u.n and a.member_kind = 'g' and not a.suppressed)
   insert into closure (descendant, ancestor) select start, n from upward on conflict do nothing`,
);

/*
 * The lateral sub-select is not flattened (offset 0): every step upward is a probe of the small index of nestings,
 * never a pass over all of them. What is gone is read where it stands, by descendant and ancestor, and not pair by
 * pair.
 */
const unnest = named(
  'closure_unnest',
  `with recursive
   below as (select distinct descendant as n from closure where ancestor = any($2::int[])),
   above as (select distinct ancestor as n from closure where descendant = any($1::int[])),
   upward(start, n) as (
     select n, n from below
     union
     select u.start, a.group_n from upward u
     cross join lateral (
       select group_n from assertion where member_n = u.n and member_kind = 'g' and not suppressed offset 0) a)
   delete from closure c using below
   where c.descendant = below.n and c.ancestor = any(array(select n from above))
     and not exists (select from upward u where u.start = c.descendant and u.n = c.ancestor)`,
);

const drop = named('closure_drop', 'delete from closure where descendant = $1 or ancestor = $1');

/** Waits for the graph lock, exclusive: before any nesting change, in its own statement. */
export async function lockGraph(tx: Tx): Promise<void> {
  await tx.rows(lockExclusive);
}

/**
 * The cycle that nesting `members` in `group` would close, from the member down to the group and up to the
 * member again (D-11); null when it closes none. The graph lock must be held.
 */
export async function findCycle(
  tx: Tx,
  group: GroupN,
  members: readonly GroupN[],
): Promise<readonly GroupN[] | null> {
  const [closer] = await tx.rows<{ n: GroupN }>(closing, [group, members]);
  if (closer === undefined) return null;
  if (closer.n === group) return [group, group];
  const [found] = await tx.rows<{ path: GroupN[] }>(pathDown, [closer.n, group]);
  return [...(found?.path ?? [closer.n, group]), closer.n];
}

/** Adds what follows from `members` now being in `group`. The graph lock must be held, and no cycle closed. */
export async function closeOverNesting(tx: Tx, group: GroupN, members: readonly GroupN[]): Promise<void> {
  await tx.rows(nest, [group, members]);
}

/** Adds what follows from any number of new nestings at once, by walking upward from all that their members contain. The graph lock must be held, and no cycle closed. */
export async function closeOverNestings(tx: Tx, members: readonly GroupN[]): Promise<void> {
  if (members.length > 0) await tx.rows(nestMany, [members]);
}

/** Takes away what no longer follows after any of `members` left any of `groups`: recomputed upward, where groups are few. The graph lock must be held. */
export async function reopenNesting(
  tx: Tx,
  groups: readonly GroupN[],
  members: readonly GroupN[],
): Promise<void> {
  if (groups.length > 0 && members.length > 0) await tx.rows(unnest, [groups, members]);
}

/** Takes a deleted group out of the closure, after its nestings are gone. The graph lock must be held. */
export async function dropFromClosure(tx: Tx, group: GroupN): Promise<void> {
  await tx.rows(drop, [group]);
}

const contains = named(
  'closure_contains',
  'select 1 as found from closure where descendant = $1 and ancestor = $2',
);

/** True when `inner` is `outer` or nested in it at any depth. */
export async function isNestedIn(connection: Connection, inner: GroupN, outer: GroupN): Promise<boolean> {
  return (await connection.rows(contains, [inner, outer])).length > 0;
}

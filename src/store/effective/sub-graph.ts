/** The memberships between a group and a user, with who asserts them: what an explanation is made of (D-20). */
import type { GroupId, GroupN, UserN } from '../../core/ids.ts';
import type { Filter } from '../../core/scim/filter.ts';
import { type Connection, named } from '../database.ts';

/** One assertion of one membership that lies on a way from the group down to the user. */
export interface SubGraphRow {
  readonly group_n: GroupN;
  readonly member_n: GroupN | UserN;
  readonly member_kind: 'u' | 'g';
  readonly source: string;
  readonly since: Date;
  readonly line: number | null;
  readonly origin_kind: string | null;
  readonly origin_name: string | null;
  readonly origin_sha256: string | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  /** The rule of the group, on a direct membership of the user. */
  readonly rule: string | null;
}

const between = named(
  'effective_sub_graph',
  `with own as (select distinct group_n as n from assertion where member_n = $2 and not suppressed),
   node as (
     select distinct up.ancestor as n from own
     join closure up on up.descendant = own.n
     join closure down on down.descendant = up.ancestor and down.ancestor = $1)
   select a.group_n, a.member_n, a.member_kind, s.name as source, a.since, a.line,
          o.kind as origin_kind, o.name as origin_name, o.sha256 as origin_sha256, by.actor_kind, by.actor_id,
          case when a.member_kind = 'u' then (select g.rule from groups g where g.n = a.group_n) end as rule
   from node
   join assertion a on a.group_n = node.n and not a.suppressed
     and (a.member_n = $2 or (a.member_kind = 'g' and a.member_n in (select n from node)))
   join source s on s.n = a.source_n
   left join origin o on o.n = a.origin_n
   left join lateral (
     select c.actor_kind, c.actor_id from change c
     where c.group_n = a.group_n and c.at = a.since and c.source_n = a.source_n and c.type = 'membership.direct'
     limit 1) by on true
   order by a.group_n, a.member_n, s.name`,
);

const rulesBelow = named(
  'effective_rules_below',
  `with recursive down(n, depth) as (
     select $1::int, 0
     union
     select a.member_n, d.depth + 1 from down d
     join assertion a on a.group_n = d.n and a.member_kind = 'g' and not a.suppressed
     where d.depth < $3)
   select g.n, g.rule_filter as filter from (select n, min(depth) as depth from down group by n) d
   join groups g using (n)
   where g.kind = 'rule' and g.rule_filter is not null and g.deleted_at is null
   order by d.depth, g.name_key limit $2`,
);

const waiting = named(
  'effective_waiting',
  `select 'request_pending' as reason, r.group_n from closure c
   join join_request r on r.group_n = c.descendant and r.user_n = $2 and r.state = 'pending' and r.kind = 'join'
   where c.ancestor = $1
   union
   select 'held', o.group_n from plan p
   join plan_operation o on o.plan_n = p.n and o.type = 'membership.direct' and $2 = any(o.added)
   join closure c on c.descendant = o.group_n and c.ancestor = $1
   where p.state = 'held' and not p.dry_run
   order by 1 desc, 2 limit $3`,
);

const refs = named('effective_group_refs', 'select n, id, name, kind from groups where n = any($1::int[])');

const below = named(
  'effective_nearest_groups',
  `with recursive down(n, depth) as (
     select $1::int, 0
     union
     select a.member_n, d.depth + 1 from down d
     join assertion a on a.group_n = d.n and a.member_kind = 'g' and not a.suppressed
     where d.depth < $3)
   select g.n, g.id, g.name from (select n, min(depth) as depth from down group by n) d
   join groups g using (n)
   where g.kind = 'regular' and g.deleted_at is null order by d.depth, g.name_key limit $2`,
);

/** Every assertion of every membership on some way from the group down to the user; none when there is no way. */
export async function readSubGraph(
  connection: Connection,
  group: GroupN,
  user: UserN,
): Promise<SubGraphRow[]> {
  return connection.rows<SubGraphRow>(between, [group, user]);
}

/** Ids, names and kinds of groups, tombstones included. */
export async function groupRefs(
  connection: Connection,
  groups: readonly GroupN[],
): Promise<ReadonlyMap<GroupN, { readonly id: GroupId; readonly name: string; readonly kind: string }>> {
  const rows = await connection.rows<{ n: GroupN; id: GroupId; name: string; kind: string }>(refs, [groups]);
  return new Map(rows.map((row) => [row.n, row]));
}

/** Rule groups at or below a group, nearest first: fitting any of their rules leads into it (D-21). */
export async function rulesLeadingInto(
  connection: Connection,
  group: GroupN,
  { limit, depth }: { readonly limit: number; readonly depth: number },
): Promise<{ readonly n: GroupN; readonly filter: Filter }[]> {
  return connection.rows(rulesBelow, [group, limit, depth]);
}

/** What waits for somebody's decision and would lead the user into the group: requests to join, held plans (D-21). */
export async function waitingFor(
  connection: Connection,
  { group, user, limit }: { readonly group: GroupN; readonly user: UserN; readonly limit: number },
): Promise<{ readonly reason: 'request_pending' | 'held'; readonly group_n: GroupN }[]> {
  return connection.rows(waiting, [group, user, limit]);
}

/** Regular groups at or below a group, nearest first: joining any of them leads into it (D-21). */
export async function nearestGroups(
  connection: Connection,
  group: GroupN,
  { limit, depth }: { readonly limit: number; readonly depth: number },
): Promise<{ readonly n: GroupN; readonly id: GroupId; readonly name: string }[]> {
  return connection.rows(below, [group, limit, depth]);
}

/**
 * Who was in what at a past moment (D-23): recursion over the nestings that stood then, and the users that stood in
 * those groups and were active. A membership stood at a moment when it has begun by then and either stands now or
 * ended later. A change counts from the start of its transaction.
 */
import type { GroupId, GroupN, UserId, UserN } from '../../core/ids.ts';
import type { KeptHistory, Moment } from '../../core/moment.ts';
import { type Connection, named, onlyRow } from '../database.ts';
import type { MemberRow, Page } from './membership.ts';
import type { SubGraphRow } from './sub-graph.ts';

/** Which members: all that were in the group, or those that it listed itself. */
export type PastList = 'effective' | 'direct';

/** Assertions that stood at a moment, of those with the value in the column. */
const stood = (column: 'group_n' | 'member_n', value: string, at: string): string => `(
  select group_n, member_n, member_kind, source_n, line, origin_n, since from assertion
  where ${column} = ${value} and not suppressed and since <= ${at}
  union all
  select group_n, member_n, member_kind, source_n, line, origin_n, since from membership_past
  where ${column} = ${value} and since <= ${at} and until > ${at})`;

const lived = (row: string, at: string): string =>
  `${row}.created_at <= ${at} and (${row}.deleted_at is null or ${row}.deleted_at > ${at})`;

const wasActive = (row: string, at: string): string => `${lived(row, at)} and (
  (${row}.active and ${row}.active_since <= ${at})
  or exists (select from activity_past p where p.user_n = ${row}.n and p.since <= ${at} and p.until > ${at}))`;

const effectiveAt = (group: string, at: string): string => `(
  with recursive below(n) as (
    select g.n from groups g where g.n = ${group} and ${lived('g', at)}
    union
    select e.member_n from below cross join lateral ${stood('group_n', 'below.n', at)} e where e.member_kind = 'g')
  select e.member_n as n, 'u'::"char" as kind, bool_or(below.n = ${group}) as direct
  from below cross join lateral ${stood('group_n', 'below.n', at)} e join users u on u.n = e.member_n
  where e.member_kind = 'u' and ${wasActive('u', at)}
  group by e.member_n)`;

const directAt = (group: string, at: string): string => `(
  select distinct e.member_n as n, e.member_kind as kind, true as direct from ${stood('group_n', group, at)} e
  join groups g on g.n = e.group_n and ${lived('g', at)})`;

const membersAt = { effective: effectiveAt, direct: directAt } as const;

const withIds = (members: string): string => `
  select m.n, coalesce(u.id, g.id) as id, m.kind, m.direct
  from (select * from ${members} x where x.n > $3 order by x.n limit $4) m
  left join users u on m.kind = 'u' and u.n = m.n
  left join groups g on m.kind = 'g' and g.n = m.n
  order by m.n`;

const AT = '$2::timestamptz';

const pages = {
  effective: named('as_of_effective_page', withIds(effectiveAt('$1::int', AT))),
  direct: named('as_of_direct_page', withIds(directAt('$1::int', AT))),
};

const counts = {
  effective: named('as_of_effective_count', `select count(*) as total from ${effectiveAt('$1::int', AT)} m`),
  direct: named('as_of_direct_count', `select count(*) as total from ${directAt('$1::int', AT)} m`),
};

const differences = (list: PastList) =>
  named(
    `as_of_${list}_difference`,
    `select d.n, coalesce(u.id, g.id) as id, d.kind, d.joined
     from (
       select n, coalesce(a.kind, b.kind) as kind, a.n is null as joined
       from ${membersAt[list]('$1::int', AT)} a full join ${membersAt[list]('$1::int', '$5::timestamptz')} b using (n)
       where (a.n is null or b.n is null) and n > $3 order by n limit $4) d
     left join users u on d.kind = 'u' and u.n = d.n
     left join groups g on d.kind = 'g' and g.n = d.n
     order by d.n`,
  );
const difference = { effective: differences('effective'), direct: differences('direct') };

const groupAt = named(
  'as_of_group',
  `select g.n, g.name, coalesce(
     (select p.rule from rule_past p where p.group_n = g.n and p.since <= ${AT} and p.until > ${AT} limit 1),
     case when g.rule_since <= ${AT} then g.rule end) as rule
   from groups g where g.id = $1 and ${lived('g', AT)}`,
);

const userAt = named(
  'as_of_user',
  `select u.n, ${wasActive('u', AT)} as active from users u where u.id = $1 and ${lived('u', AT)}`,
);

const between = named(
  'as_of_sub_graph',
  `with recursive up(n) as (
     select e.group_n from ${stood('member_n', '$3::int', AT)} e join groups g on g.n = e.group_n and ${lived('g', AT)}
     union
     select e.group_n from up cross join lateral ${stood('member_n', 'up.n', AT)} e
     join groups g on g.n = e.group_n and ${lived('g', AT)}),
   node(n) as (
     select n from up where n = $1::int
     union
     select e.member_n from node cross join lateral ${stood('group_n', 'node.n', AT)} e
     where e.member_kind = 'g' and e.member_n in (select n from up))
   select a.group_n, a.member_n, a.member_kind, s.name as source, a.since, a.line,
          o.kind as origin_kind, o.name as origin_name, o.sha256 as origin_sha256, by.actor_kind, by.actor_id,
          case when a.member_kind = 'u' then coalesce(
            (select p.rule from rule_past p where p.group_n = a.group_n and p.since <= ${AT} and p.until > ${AT} limit 1),
            (select g.rule from groups g where g.n = a.group_n and g.rule_since <= ${AT})) end as rule
   from node cross join lateral ${stood('group_n', 'node.n', AT)} a
   join source s on s.n = a.source_n
   left join origin o on o.n = a.origin_n
   left join lateral (
     select c.actor_kind, c.actor_id from change c
     where c.group_n = a.group_n and c.at = a.since and c.source_n = a.source_n and c.type = 'membership.direct'
     limit 1) by on true
   where a.member_n = $3::int or (a.member_kind = 'g' and a.member_n in (select n from node))
   order by a.group_n, a.member_n, s.name, a.since`,
);

const kept = named(
  'history_kept',
  `select greatest(now() - $1 * interval '1 day', (select (value #>> '{}')::timestamptz from installation
                                                   where key = 'history_since')) as since, now() as until`,
);

/** A group as it was; `rule` is the one that stood then. */
export interface PastGroup {
  readonly n: GroupN;
  /** As it was called last. */
  readonly name: string;
  readonly rule: string | null;
}

/** From when to when questions can be answered, where `days` are kept. */
export async function readKeptHistory(connection: Connection, days: number): Promise<KeptHistory> {
  return onlyRow(await connection.rows<KeptHistory>(kept, [days]));
}

/** The group with that id, if it was there. */
export async function findPastGroup(
  connection: Connection,
  id: GroupId,
  at: Moment,
): Promise<PastGroup | null> {
  return (await connection.rows<PastGroup>(groupAt, [id, at]))[0] ?? null;
}

/** The user with that id, if it was there, and whether it was active. */
export async function findPastUser(
  connection: Connection,
  id: UserId,
  at: Moment,
): Promise<{ readonly n: UserN; readonly active: boolean } | null> {
  return (await connection.rows<{ n: UserN; active: boolean }>(userAt, [id, at]))[0] ?? null;
}

/** Which list of which group, when. */
export interface PastMembers {
  readonly group: GroupN;
  readonly list: PastList;
  readonly at: Moment;
}

/** Members of a group at a moment, in the order of their numbers. */
export async function pastMembersPage(
  connection: Connection,
  { group, list, at }: PastMembers,
  { after, limit }: Page,
): Promise<MemberRow[]> {
  return connection.rows<MemberRow>(pages[list], [group, at, after, limit]);
}

export async function countPastMembers(
  connection: Connection,
  { group, list, at }: PastMembers,
): Promise<number> {
  return onlyRow(await connection.rows<{ total: number }>(counts[list], [group, at])).total;
}

/** Somebody who was in the group at one of two moments alone. */
export interface MovedRow {
  readonly n: UserN | GroupN;
  readonly id: UserId | GroupId;
  readonly kind: 'u' | 'g';
  /** In it at the later moment, and not at the earlier. */
  readonly joined: boolean;
}

/** Who joined and left, net, between two moments; in the order of their numbers. */
export async function movedBetween(
  connection: Connection,
  { group, list, at, until }: PastMembers & { readonly until: Moment },
  { after, limit }: Page,
): Promise<MovedRow[]> {
  return connection.rows<MovedRow>(difference[list], [group, at, after, limit, until]);
}

/** As readSubGraph, of a moment. */
export async function readPastSubGraph(
  connection: Connection,
  { group, user, at }: { readonly group: GroupN; readonly user: UserN; readonly at: Moment },
): Promise<SubGraphRow[]> {
  return connection.rows<SubGraphRow>(between, [group, at, user]);
}

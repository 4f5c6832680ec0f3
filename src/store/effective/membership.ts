/**
 * Who is in what, read through the closure: exact in the transaction of a change and on any replica, whatever
 * the index knows. Inactive and deleted users are in nothing (D-07); a deleted group has no closure rows.
 */
import type { GroupId, GroupN, UserId, UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow } from '../database.ts';

/** A living group by its two numbers. */
export interface GroupRef {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
}

/** A member of a page. `direct` says whether the group lists it itself. */
export interface MemberRow {
  readonly n: UserN | GroupN;
  readonly id: UserId | GroupId;
  readonly kind: 'u' | 'g';
  readonly direct: boolean;
}

/** A group of a user, and whether the group lists the user itself. */
export interface GroupOfUserRow extends GroupRef {
  readonly direct: boolean;
}

export interface Page {
  /** Number of the last member of the page before; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

/** Users see no internal groups, not even their own (J-01). */
export interface PageOfGroups extends Page {
  readonly shown?: 'all' | 'not-internal';
}

/*
 * One look into the closure for each group that lists the user. `limit 1` holds it to that: joined freely, all that
 * lies below the outer group is walked, which grows with the depth.
 */
const isIn = named(
  'effective_is_member',
  `select exists (
     select 1 from users u
     join assertion a on a.member_n = u.n and not a.suppressed
     cross join lateral (
       select from closure c where c.descendant = a.group_n and c.ancestor = $2 limit 1) up
     where u.n = $1 and u.active and u.deleted_at is null) as found`,
);

const checks = named(
  'effective_check_many',
  `select p.at, u.id is not null and g.id is not null as known,
          u.active and exists (
            select 1 from assertion a
            cross join lateral (
              select from closure c where c.descendant = a.group_n and c.ancestor = g.n limit 1) up
            where a.member_n = u.n and not a.suppressed) as found
   from unnest($1::uuid[], $2::uuid[]) with ordinality as p(user_id, group_id, at)
   left join users u on u.id = p.user_id and u.deleted_at is null
   left join groups g on g.id = p.group_id and g.deleted_at is null
   order by p.at`,
);

const groupsOf = named(
  'effective_groups_of_user',
  `with own as (select distinct group_n as n from assertion where member_n = $1 and not suppressed)
   select g.n, g.id, g.name, g.n in (select n from own) as direct
   from (select distinct c.ancestor as n from own join closure c on c.descendant = own.n) above
   join groups g using (n) join users u on u.n = $1 and u.active and u.deleted_at is null
   where g.n > $2 and ($4 or not g.internal) order by g.n limit $3`,
);

const directGroupsOf = named(
  'effective_direct_groups_of_user',
  `select g.n, g.id, g.name, true as direct from groups g
   where g.n in (select a.group_n from assertion a where a.member_n = $1 and not a.suppressed)
     and g.deleted_at is null and g.n > $2 and ($4 or not g.internal)
   order by g.n limit $3`,
);

const effectivePage = named(
  'effective_members_page',
  `select m.n, u.id, 'u' as kind,
          exists (select 1 from assertion a
                  where a.group_n = $1 and a.member_n = m.n and not a.suppressed) as direct
   from (
     select distinct listed.n from closure c cross join lateral (
       select a.member_n as n from assertion a join users u on u.n = a.member_n
       where a.group_n = c.descendant and a.member_n > $2 and a.member_kind = 'u' and not a.suppressed
         and u.active and u.deleted_at is null
       order by a.member_n limit $3) listed
     where c.ancestor = $1 order by listed.n limit $3) m
   join users u on u.n = m.n order by m.n`,
);

const directPage = named(
  'effective_direct_members_page',
  `select m.n, coalesce(u.id, g.id) as id, m.kind, true as direct
   from (
     select distinct a.member_n as n, a.member_kind as kind from assertion a
     join closure c on c.descendant = a.group_n and c.ancestor = a.group_n
     where a.group_n = $1 and a.member_n > $2 and not a.suppressed order by a.member_n limit $3) m
   left join users u on m.kind = 'u' and u.n = m.n
   left join groups g on m.kind = 'g' and g.n = m.n
   order by m.n`,
);

const effectiveCount = named(
  'effective_members_count',
  `select count(distinct a.member_n) as total from closure c
   join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
   join users u on u.n = a.member_n and u.active and u.deleted_at is null
   where c.ancestor = $1`,
);

const directCount = named(
  'effective_direct_members_count',
  `select count(distinct a.member_n) as total from assertion a
   join closure c on c.descendant = a.group_n and c.ancestor = a.group_n
   where a.group_n = $1 and not a.suppressed`,
);

/* Members are users nearly always: groups are looked up only where not all were found among users. */
const memberIds = named(
  'effective_member_ids',
  `with found as (select n, id from users where n = any($1::int[]))
   select n, id, 'u' as kind from found
   union all
   select n, id, 'g' from groups where n = any($1::int[]) and (select count(*) from found) < cardinality($1::int[])`,
);

/** D-12: whether the user is in the group, directly or through any depth of nesting. */
export async function isMember(connection: Connection, user: UserN, group: GroupN): Promise<boolean> {
  return onlyRow(await connection.rows<{ found: boolean }>(isIn, [user, group])).found;
}

/** One answer per pair, in order; `known` is false where the user or the group does not exist. */
export async function areMembers(
  connection: Connection,
  pairs: readonly { readonly user: UserId; readonly group: GroupId }[],
): Promise<readonly { readonly known: boolean; readonly found: boolean }[]> {
  const rows = await connection.rows<{ known: boolean; found: boolean | null }>(checks, [
    pairs.map(({ user }) => user),
    pairs.map(({ group }) => group),
  ]);
  return rows.map(({ known, found }) => ({ known, found: known && found === true }));
}

/** Groups that the user is effectively in, in the order of their numbers. An inactive user is in none. */
export async function groupsOfUser(
  connection: Connection,
  user: UserN,
  { after, limit, shown = 'all' }: PageOfGroups,
): Promise<GroupOfUserRow[]> {
  return connection.rows<GroupOfUserRow>(groupsOf, [user, after, limit, shown === 'all']);
}

/** Groups that list the user, active or not, in the order of their numbers. */
export async function directGroupsOfUser(
  connection: Connection,
  user: UserN,
  { after, limit, shown = 'all' }: PageOfGroups,
): Promise<GroupOfUserRow[]> {
  return connection.rows<GroupOfUserRow>(directGroupsOf, [user, after, limit, shown === 'all']);
}

/** Effective users of a group in the order of their numbers. */
export async function effectiveMembersPage(
  connection: Connection,
  group: GroupN,
  { after, limit }: Page,
): Promise<MemberRow[]> {
  return connection.rows<MemberRow>(effectivePage, [group, after, limit]);
}

/** Users and groups that a group lists, active or not, in the order of their numbers. */
export async function directMembersPage(
  connection: Connection,
  group: GroupN,
  { after, limit }: Page,
): Promise<MemberRow[]> {
  return connection.rows<MemberRow>(directPage, [group, after, limit]);
}

export async function countMembers(
  connection: Connection,
  group: GroupN,
  which: 'effective' | 'direct',
): Promise<number> {
  const statement = which === 'effective' ? effectiveCount : directCount;
  return onlyRow(await connection.rows<{ total: number }>(statement, [group])).total;
}

/** Uuids of users and groups by number, tombstones included. */
export async function idsOfMembers(
  connection: Connection,
  members: readonly number[],
): Promise<ReadonlyMap<number, { readonly id: UserId | GroupId; readonly kind: 'u' | 'g' }>> {
  const rows = await connection.rows<{ n: number; id: UserId | GroupId; kind: 'u' | 'g' }>(memberIds, [
    members,
  ]);
  return new Map(rows.map((row) => [row.n, row]));
}

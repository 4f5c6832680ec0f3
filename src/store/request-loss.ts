/**
 * What ends when users lose `groups.request` (J-11): memberships in groups that are not public, and requests for
 * such. One statement for all users and groups; the directory decides when.
 */
import type { GroupN, UserN } from '../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from './changes.ts';
import { type Connection, named, type Tx } from './database.ts';
import { endedMemberships } from './history.ts';
import { mayRequest } from './standing.ts';

/** Members to a log row: an entry that a reader can take whole. */
const MEMBERS_PER_ENTRY = 1_000;

const lockUsers = named(
  'request_loss_lock_users',
  'select n from users where n = any($1::int[]) order by n for no key update',
);

const losers = named(
  'request_loss_losers',
  `select u.n from users u
   where u.n = any($1::int[]) and u.deleted_at is null and not ${mayRequest('u.n')} order by u.n`,
);

const effectiveUsers = named(
  'request_loss_effective_users',
  `select distinct a.member_n as n from closure c
   join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
   where c.ancestor = any($1::int[]) order by a.member_n`,
);

/** Assertions of users $1 that end; $2 says whose. */
const doomed = `doomed as materialized (
  select a.group_n, a.member_n, a.source_n
  from assertion a join groups g on g.n = a.group_n and g.deleted_at is null and g.kind = 'regular' and not g.public
  join source s on s.n = a.source_n
  where a.member_n = any((select $1::int[])::int[]) and a.member_kind = 'u' and not a.suppressed
    and ($2 = 'all' or s.kind in ('console', 'self-service')))`;

const letting = named(
  'request_loss_letting_groups',
  `select c.descendant as n from permission_grant p join closure c on c.ancestor = p.holder_n
   where c.descendant = any($1::int[]) and p.permission in ('groups.request', 'admin')`,
);

const lockGroups = named(
  'request_loss_lock_groups',
  `with ${doomed}
   select n from groups where n in (select group_n from doomed) order by n for no key update`,
);

const retract = named(
  'request_loss_retract',
  `with ${doomed},
   gone as (
     delete from assertion a using doomed d
     where a.group_n = d.group_n and a.member_n = d.member_n and a.source_n = d.source_n
     returning a.*),
   ${endedMemberships('gone')},
   moved as (
     select distinct d.group_n, d.member_n from doomed d
     where not exists (
       select from assertion o where o.group_n = d.group_n and o.member_n = d.member_n and not o.suppressed
         and not exists (
           select from doomed x
           where x.group_n = o.group_n and x.member_n = o.member_n and x.source_n = o.source_n))),
   undelegated as (
     delete from delegation d using moved m where d.group_n = m.group_n and d.user_n = m.member_n),
   bumped as (
     update groups set version = version + 1, modified_at = now() where n in (select group_n from moved)),
   numbered as (
     select group_n, member_n,
            (row_number() over (partition by group_n order by member_n) - 1) / ${MEMBERS_PER_ENTRY} as entry
     from moved),
   logged as (
     insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                         removed, removed_lines, reason)
     select 'membership.direct', group_n, $3::text, $4::text, (select u.n from users u where u.id = $5::uuid),
            $6::int, $7::bigint, $8::text, array_agg(member_n order by member_n),
            array_agg(null::int), 'groups.request was lost'
     from numbered group by group_n, entry order by group_n, entry
     returning xid, seq)
   select (select max(xid::text) from logged) as xid, (select max(seq) from logged) as seq,
     (select count(*) from moved)::int as moved`,
);

/** Users that are in one of the groups, directly or through others. */
export async function usersBelow(connection: Connection, groups: readonly GroupN[]): Promise<UserN[]> {
  if (groups.length === 0) return [];
  return (await connection.rows<{ n: UserN }>(effectiveUsers, [groups])).map(({ n }) => n);
}

/** Those of the users who do not hold `groups.request` now, locked so that none of them joins meanwhile. */
export async function lockLosers(tx: Tx, users: readonly UserN[]): Promise<UserN[]> {
  if (users.length === 0) return [];
  await tx.rows(lockUsers, [users]);
  return (await tx.rows<{ n: UserN }>(losers, [users])).map(({ n }) => n);
}

/** Ends the memberships of users who lost `groups.request`, in the author's name. */
export async function retractLosses(
  tx: Tx,
  users: readonly UserN[],
  whose: 'own' | 'all',
  author: ChangeAuthor,
): Promise<{ readonly moved: number; readonly place: Place | null }> {
  await tx.rows(lockGroups, [users, whose]);
  const [row] = await tx.rows<{ xid: string | null; seq: number | null; moved: number }>(retract, [
    users,
    whose,
    ...authorColumns(author),
  ]);
  const place =
    row === undefined || row.xid === null || row.seq === null ? null : { xid: row.xid, seq: row.seq };
  return { moved: row?.moved ?? 0, place };
}

/** Those of the groups that let their members ask to join others. */
export async function groupsLettingRequest(tx: Tx, groups: readonly GroupN[]): Promise<ReadonlySet<GroupN>> {
  return new Set((await tx.rows<{ n: GroupN }>(letting, [groups])).map(({ n }) => n));
}

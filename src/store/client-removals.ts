/** What clients removed lately, from the log (D-33). */
import type { GroupN, SourceN } from '../core/ids.ts';
import { type Connection, named, onlyRow } from './database.ts';

const usersBelow = named(
  'closure_users_below',
  `select count(*)::int as users from (
     select distinct a.member_n from closure c
     join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
     join users u on u.n = a.member_n and u.active and u.deleted_at is null
     where c.ancestor = any($1::int[]) limit $2) moved`,
);

const removedBy = named(
  'client_removals_by_group',
  `select s.n as source, s.name as client, g.n as group_n, g.id, g.name, count(distinct m.member)::int as removed
   from change c cross join lateral unnest(c.removed) as m(member)
   join source s on s.n = c.source_n
   join groups g on g.n = c.group_n and g.deleted_at is null
   where c.actor_kind = 'client' and c.removed is not null and c.at > now() - make_interval(secs => $1)
     and not exists (
       select from assertion a where a.group_n = c.group_n and a.member_n = m.member and not a.suppressed)
   group by s.n, s.name, g.n`,
);

const usersEndedBy = named(
  'client_removals_of_users',
  `select s.n as source, s.name as client, count(distinct c.user_n)::int as users
   from change c join source s on s.n = c.source_n join users u on u.n = c.user_n
   left join change_personal p on p.seq = c.seq
   where c.actor_kind = 'client' and c.type in ('user.updated', 'user.deleted')
     and c.at > now() - make_interval(secs => $1)
     and (u.deleted_at is not null or not u.active)
     and (c.type = 'user.deleted'
          or (p.before -> 'active' = 'true'::jsonb and p.after -> 'active' = 'false'::jsonb))
   group by s.n, s.name`,
);

const assertedBy = named(
  'client_asserted_count',
  `select count(*)::int as rows from (
     select from assertion where source_n = $1 and not suppressed limit $2) counted`,
);

const activeUsers = named(
  'client_active_users',
  'select count(*)::int as rows from (select from users where active and deleted_at is null and not stub limit $1) counted',
);

const membersLeft = named(
  'client_members_left',
  `select g.n, (select count(*) from (
       select distinct member_n from assertion a where a.group_n = g.n and not a.suppressed limit $2) counted)::int as left
   from unnest($1::int[]) as g(n)`,
);

const toldLately = named(
  'client_guard_told',
  `select subject from alert
   where kind = 'client.guard' and (resolved_at is null or resolved_at > now() - make_interval(secs => $1))`,
);

export interface RemovedFromGroup {
  readonly source: SourceN;
  readonly client: string;
  readonly group_n: GroupN;
  readonly id: string;
  readonly name: string;
  readonly removed: number;
}

/** Users that are effectively in any of the groups, counted up to `most`. */
export async function countUsersBelow(
  connection: Connection,
  groups: readonly GroupN[],
  most: number,
): Promise<number> {
  return onlyRow(await connection.rows<{ users: number }>(usersBelow, [groups, most])).users;
}

/** By client and group, how many members it took out within those seconds that are not back. */
export async function listRemovedByClients(
  connection: Connection,
  seconds: number,
): Promise<readonly RemovedFromGroup[]> {
  return connection.rows<RemovedFromGroup>(removedBy, [seconds]);
}

/** By client, how many users it deactivated or deleted within those seconds that are not back. */
export async function listUsersEndedByClients(
  connection: Connection,
  seconds: number,
): Promise<readonly { readonly source: SourceN; readonly client: string; readonly users: number }[]> {
  return connection.rows(usersEndedBy, [seconds]);
}

/** Memberships that a source asserts, counted up to `most`. */
export async function countAsserted(connection: Connection, source: SourceN, most: number): Promise<number> {
  return onlyRow(await connection.rows<{ rows: number }>(assertedBy, [source, most])).rows;
}

/** Active users, counted up to `most`. */
export async function countActiveUsers(connection: Connection, most: number): Promise<number> {
  return onlyRow(await connection.rows<{ rows: number }>(activeUsers, [most])).rows;
}

/** Direct members of groups, each counted up to `most`. */
export async function countMembersLeft(
  connection: Connection,
  groups: readonly GroupN[],
  most: number,
): Promise<ReadonlyMap<GroupN, number>> {
  const rows = await connection.rows<{ n: GroupN; left: number }>(membersLeft, [groups, most]);
  return new Map(rows.map(({ n, left }) => [n, left]));
}

/** Subjects of guards that are open, or that a person resolved within those seconds. */
export async function listGuardsTold(connection: Connection, seconds: number): Promise<ReadonlySet<string>> {
  const rows = await connection.rows<{ subject: string }>(toldLately, [seconds]);
  return new Set(rows.map(({ subject }) => subject));
}

/**
 * People as actors: what somebody may do follows from the groups that it effectively belongs to, read through the
 * closure in one statement.
 */
import type { Delegation, Person } from '../core/actor.ts';
import type { GroupN, UserId, UserN } from '../core/ids.ts';
import { parsePermission, type Permission } from '../core/permissions.ts';
import { type Connection, named } from './database.ts';

/**
 * The groups that contain user `u`, at any depth: whether it is active is for the caller to ask. The group of
 * everyone lists nobody and contains all (D-13).
 */
export const groupsAbove = (user: string): string => `
  select c.ancestor as n from assertion a join closure c on c.descendant = a.group_n
  where a.member_n = ${user} and a.member_kind = 'u' and not a.suppressed
  union
  select e.n from groups e where e.kind = 'everyone' and e.deleted_at is null`;

const find = named(
  'person_by_id',
  `with person as (select n, id from users where id = $1 and active and not stub and deleted_at is null),
   above as (select x.n from person p cross join lateral (${groupsAbove('p.n')}) x),
   self as (select n from above union all select n from person)
   select p.n, p.id,
     array(select distinct g.permission from permission_grant g where g.holder_n in (select n from self)) as permissions,
     array(select distinct l.group_n from group_leader l where l.leader_n in (select n from self)) as leads,
     (select coalesce(jsonb_agg(jsonb_build_array(d.group_n, d.can_add, d.can_remove)), '[]')
      from delegation d where d.user_n = p.n) as delegations,
     array(select distinct r.name_key from group_role h join role r on r.n = h.role_n
           where h.group_n in (select n from above)) as roles
   from person p`,
);

const heldBy = named(
  'person_permissions',
  `select distinct g.permission from permission_grant g
   where g.holder_n = $1 or g.holder_n in (${groupsAbove('$1::int')})`,
);

interface PersonRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly permissions: readonly string[];
  readonly leads: readonly GroupN[];
  readonly delegations: readonly (readonly [GroupN, boolean, boolean])[];
  readonly roles: readonly string[];
}

/** An active user as an actor, with all that it may do now; null for a stub and for nobody. */
export async function findPerson(connection: Connection, id: UserId): Promise<Person | null> {
  const [row] = await connection.rows<PersonRow>(find, [id]);
  if (row === undefined) return null;
  const delegations = row.delegations.map(([group, canAdd, canRemove]): [GroupN, Delegation] => [
    group,
    { canAdd, canRemove },
  ]);
  return {
    kind: 'user',
    id: row.id,
    n: row.n,
    permissions: new Set(row.permissions.flatMap((text) => parsePermission(text) ?? [])),
    leads: new Set(row.leads),
    delegations: new Map(delegations),
    roles: new Set(row.roles),
  };
}

/** What a user holds, itself or through groups, or would hold if it were active. */
export async function permissionsOfUser(connection: Connection, user: UserN): Promise<Permission[]> {
  const rows = await connection.rows<{ permission: string }>(heldBy, [user]);
  return rows.flatMap(({ permission }) => parsePermission(permission) ?? []);
}

/** Who governs: permissions granted to users and groups, leaders of groups, delegations, trusted sources. */
import type { GroupId, GroupN, SourceN, UserId, UserN } from '../core/ids.ts';
import { parsePermission, type Permission } from '../core/permissions.ts';
import type { MemberKind } from './assertions.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';

const permissionsOf = named(
  'grant_of_holder',
  'select permission from permission_grant where holder_n = $1 order by permission',
);

const setPermissions = named(
  'grant_set_of_holder',
  `with gone as (delete from permission_grant where holder_n = $1 and not permission = any($2::text[]))
   insert into permission_grant (holder_n, permission) select $1, unnest($2::text[]) on conflict do nothing`,
);

const holders = named(
  'grant_holders',
  `select p.permission, coalesce(u.id, g.id) as id, case when u.n is null then 'group' else 'user' end as type,
     coalesce(u.user_name, g.name, u.id::text) as name, p.granted_at
   from permission_grant p left join users u on u.n = p.holder_n and u.deleted_at is null
     left join groups g on g.n = p.holder_n and g.deleted_at is null
   where u.n is not null or g.n is not null
   order by p.permission, type, name`,
);

const leadersOf = named(
  'leader_of_group',
  'select leader_n as n, leader_kind as kind from group_leader where group_n = $1 order by leader_n',
);

const setLeaders = named(
  'leader_set_of_group',
  `with gone as (delete from group_leader where group_n = $1 and not leader_n = any($2::int[]))
   insert into group_leader (group_n, leader_n, leader_kind)
   select $1, n, kind from unnest($2::int[], $3::"char"[]) as l(n, kind) on conflict do nothing`,
);

const dropGoverned = named(
  'govern_drop_of_node',
  `with grants as (delete from permission_grant where holder_n = $1),
   led as (delete from group_leader where group_n = $1 or leader_n = $1)
   delete from delegation where group_n = $1 or user_n = $1`,
);

const upsertDelegation = named(
  'delegation_upsert',
  `insert into delegation (group_n, user_n, can_add, can_remove)
   select $1, $2, $3, $4
   where exists (select from assertion a where a.group_n = $1 and a.member_n = $2 and not a.suppressed)
   on conflict (group_n, user_n) do update set can_add = excluded.can_add, can_remove = excluded.can_remove
   returning user_n`,
);

const deleteDelegation = named(
  'delegation_delete',
  'delete from delegation where group_n = $1 and user_n = $2 returning can_add, can_remove',
);

const delegations = named(
  'delegation_of_group',
  `select u.n, u.id, u.user_name, d.can_add, d.can_remove, d.since
   from delegation d join users u on u.n = d.user_n where d.group_n = $1 order by d.user_n`,
);

const trust = named(
  'govern_trust',
  `update groups set trusted_sources = array(select n from source where name = any($2::text[]) order by n)
   where n = $1`,
);

const trusted = named(
  'govern_trusted',
  `select s.name from groups g join source s on s.n = any(g.trusted_sources) where g.n = $1 order by s.name`,
);

const isTrusted = named(
  'govern_is_trusted',
  'select exists (select from groups where $1::int = any(trusted_sources) and deleted_at is null) as trusted',
);

const knownSources = named('govern_known_sources', 'select name from source where name = any($1::text[])');

export interface LeaderRow {
  readonly n: UserN | GroupN;
  readonly kind: MemberKind;
}

export interface DelegationRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly user_name: string | null;
  readonly can_add: boolean;
  readonly can_remove: boolean;
  readonly since: Date;
}

export interface HolderRow {
  readonly permission: Permission;
  readonly type: 'user' | 'group';
  readonly id: UserId | GroupId;
  readonly name: string;
  readonly granted_at: Date;
}

/** What a user or group was granted itself. */
export async function permissionsOfHolder(
  connection: Connection,
  holder: UserN | GroupN,
): Promise<Permission[]> {
  const rows = await connection.rows<{ permission: string }>(permissionsOf, [holder]);
  return rows.flatMap(({ permission }) => parsePermission(permission) ?? []);
}

/** Makes what a user or group was granted these and no others. */
export async function setPermissionsOfHolder(
  tx: Tx,
  holder: UserN | GroupN,
  wanted: readonly Permission[],
): Promise<void> {
  await tx.rows(setPermissions, [holder, wanted]);
}

/** Everybody who was granted something, by permission. */
export async function listHolders(connection: Connection): Promise<HolderRow[]> {
  return connection.rows<HolderRow>(holders);
}

/** Leaders of a group, users and groups. */
export async function leadersOfGroup(connection: Connection, group: GroupN): Promise<LeaderRow[]> {
  return connection.rows<LeaderRow>(leadersOf, [group]);
}

/** Makes the leaders of a group these and no others. */
export async function setLeadersOfGroup(tx: Tx, group: GroupN, wanted: readonly LeaderRow[]): Promise<void> {
  await tx.rows(setLeaders, [group, wanted.map(({ n }) => n), wanted.map(({ kind }) => kind)]);
}

/** Takes a deleted user or group out of everything that governs. */
export async function dropGovernance(tx: Tx, node: UserN | GroupN): Promise<void> {
  await tx.rows(dropGoverned, [node]);
}

/** Gives a direct member a delegation, or another one; false when it is no direct member. */
export async function setDelegation(
  tx: Tx,
  { group, user, canAdd, canRemove }: NewDelegation,
): Promise<boolean> {
  return (await tx.rows(upsertDelegation, [group, user, canAdd, canRemove])).length > 0;
}

export interface NewDelegation {
  readonly group: GroupN;
  readonly user: UserN;
  readonly canAdd: boolean;
  readonly canRemove: boolean;
}

/** Ends a delegation; null when there is none. */
export async function dropDelegation(
  tx: Tx,
  group: GroupN,
  user: UserN,
): Promise<{ readonly can_add: boolean; readonly can_remove: boolean } | null> {
  return (
    (await tx.rows<{ can_add: boolean; can_remove: boolean }>(deleteDelegation, [group, user]))[0] ?? null
  );
}

/** Delegations in a group. */
export async function listDelegations(connection: Connection, group: GroupN): Promise<DelegationRow[]> {
  return connection.rows<DelegationRow>(delegations, [group]);
}

/** Whether any group trusts a source. */
export async function isTrustedByGroups(connection: Connection, source: SourceN): Promise<boolean> {
  return onlyRow(await connection.rows<{ trusted: boolean }>(isTrusted, [source])).trusted;
}

/** Names of the sources that a group trusts. */
export async function trustedSourcesOf(connection: Connection, group: GroupN): Promise<string[]> {
  return (await connection.rows<{ name: string }>(trusted, [group])).map(({ name }) => name);
}

/** Makes the sources that a group trusts these and no others. */
export async function setTrustedSources(tx: Tx, group: GroupN, names: readonly string[]): Promise<void> {
  await tx.rows(trust, [group, names]);
}

/** Those of the names that are sources. */
export async function findSourceNames(connection: Connection, names: readonly string[]): Promise<string[]> {
  return (await connection.rows<{ name: string }>(knownSources, [names])).map(({ name }) => name);
}

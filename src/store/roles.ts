/** Roles: names that a group confers on its effective members, for downstream use. */
import type { GroupN } from '../core/ids.ts';
import { type Connection, named, type Tx } from './database.ts';

export interface RoleRow {
  readonly n: number;
  readonly name: string;
  readonly protected: boolean;
}

const byKeys = named('role_by_keys', 'select n, name, protected from role where name_key = any($1::text[])');

const insertMissing = named(
  'role_insert_missing',
  `insert into role (name, name_key) select * from unnest($1::text[], $2::text[]) as r(name, name_key)
   on conflict (name_key) do nothing returning n, name, protected`,
);

const ofGroup = named(
  'role_of_group',
  `select r.n, r.name, r.protected from group_role g join role r on r.n = g.role_n
   where g.group_n = $1 order by r.name_key`,
);

const setOfGroup = named(
  'role_set_of_group',
  `with gone as (delete from group_role where group_n = $1 and not role_n = any($2::int[]))
   insert into group_role (group_n, role_n) select $1, unnest($2::int[]) on conflict do nothing`,
);

const dropOfGroup = named('role_drop_of_group', 'delete from group_role where group_n = $1');

/** Roles by folded name; a name that is no role is left out. */
export async function findRoles(connection: Connection, nameKeys: readonly string[]): Promise<RoleRow[]> {
  return nameKeys.length === 0 ? [] : connection.rows<RoleRow>(byKeys, [nameKeys]);
}

/** Adds the roles that are not there yet; answers those it added. */
export async function insertMissingRoles(
  tx: Tx,
  roles: readonly { readonly name: string; readonly nameKey: string }[],
): Promise<RoleRow[]> {
  return tx.rows<RoleRow>(insertMissing, [
    roles.map(({ name }) => name),
    roles.map(({ nameKey }) => nameKey),
  ]);
}

/** Roles that a group confers, in the order of their names. */
export async function rolesOfGroup(connection: Connection, group: GroupN): Promise<RoleRow[]> {
  return connection.rows<RoleRow>(ofGroup, [group]);
}

/** Makes the roles of a group these and no others. */
export async function setRolesOfGroup(tx: Tx, group: GroupN, roles: readonly number[]): Promise<void> {
  await tx.rows(setOfGroup, [group, roles]);
}

/** Takes every role from a deleted group. */
export async function dropRolesOfGroup(tx: Tx, group: GroupN): Promise<void> {
  await tx.rows(dropOfGroup, [group]);
}

const all = named(
  'role_all',
  `select r.n, r.name, r.protected, (select count(*) from group_role h where h.role_n = r.n)::int as groups
   from role r where $3::text is null and r.n > $1 or r.name_key = $3 order by r.n limit $2`,
);

const uses = named('role_uses', 'select count(*)::int as groups from group_role where role_n = $1');

const protect = named('role_protect', 'update role set protected = $2 where n = $1');

const remove = named('role_delete', 'delete from role where n = $1');

export interface ListedRoleRow extends RoleRow {
  /** How many groups give it. */
  readonly groups: number;
}

/** Roles in the order in which they came to be; `nameKey` picks the one of that folded name. */
export async function listRoles(
  connection: Connection,
  { after, limit }: { readonly after: number; readonly limit: number },
  nameKey: string | null,
): Promise<ListedRoleRow[]> {
  return connection.rows<ListedRoleRow>(all, [after, limit, nameKey]);
}

/** How many groups give a role. */
export async function countRoleUses(connection: Connection, role: number): Promise<number> {
  return (await connection.rows<{ groups: number }>(uses, [role]))[0]?.groups ?? 0;
}

/** Protects a role, or no longer. */
export async function setRoleProtection(
  tx: Tx,
  role: number,
  protection: 'protected' | 'free',
): Promise<void> {
  await tx.rows(protect, [role, protection === 'protected']);
}

/** Takes a role off the list. */
export async function deleteRole(tx: Tx, role: number): Promise<void> {
  await tx.rows(remove, [role]);
}

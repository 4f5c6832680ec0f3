/** What can be done with roles. */
import { isAdministrator } from '../core/actor.ts';
import type { GroupId } from '../core/ids.ts';
import { faultOfName, foldName } from '../core/names.ts';
import { requireInGroup, requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { bumpGroups, lockGroup } from '../store/groups.ts';
import {
  countRoleUses,
  deleteRole,
  findRoles,
  insertMissingRoles,
  type RoleRow,
  rolesOfGroup,
  setRolesOfGroup,
  setRoleProtection,
} from '../store/roles.ts';
import { record, type Work } from './work.ts';

/** Finds roles by name. Refuses `role.invalid` for a name that is none. */
export async function requireRoles(work: Work, names: readonly string[]): Promise<RoleRow[]> {
  const roles = await findRoles(work.tx, names.map(foldName));
  const found = new Set(roles.map(({ name }) => foldName(name)));
  const missing = names.find((name) => !found.has(foldName(name)));
  if (missing !== undefined)
    throw new Refusal('role.invalid', { role: missing, why: 'there is no such role.' });
  return roles;
}

/** Finds roles by name and creates those that do not exist (F-08). Refuses `role.invalid` for what cannot be a name. */
export async function ensureRoles(work: Work, names: readonly string[]): Promise<RoleRow[]> {
  const wanted = new Map(names.map((name) => [foldName(name), readRoleName(name)]));
  const made = await insertMissingRoles(
    work.tx,
    [...wanted].map(([nameKey, name]) => ({ name, nameKey })),
  );
  for (const { name } of made) await record(work, { type: 'role.created', after: { name } });
  return findRoles(work.tx, [...wanted.keys()]);
}

export interface NewRole {
  readonly name: string;
  /** Only administrators give and take a protected role. */
  readonly protected: boolean;
}

/** Creates a role. Refuses `role.invalid` for what cannot be a name, `role.name_taken`, and `actor.not_allowed`. */
export async function createRole(work: Work, role: NewRole): Promise<RoleRow> {
  requireTo('manage-roles', work.by.actor);
  if (role.protected) requireTo('manage-protected-roles', work.by.actor);
  const name = readRoleName(role.name);
  const [made] = await insertMissingRoles(work.tx, [{ name, nameKey: foldName(name) }]);
  if (made === undefined) throw new Refusal('role.name_taken', { role: name });
  if (role.protected) await setRoleProtection(work.tx, made.n, 'protected');
  await record(work, { type: 'role.created', after: { name, protected: role.protected } });
  return { ...made, protected: role.protected };
}

/** Protects a role, or no longer. Refuses `role.not_found` and `actor.not_allowed`. */
export async function protectRole(work: Work, role: NewRole): Promise<RoleRow> {
  requireTo('manage-protected-roles', work.by.actor);
  const row = await requireRole(work, role.name);
  if (row.protected === role.protected) return row;
  await setRoleProtection(work.tx, row.n, role.protected ? 'protected' : 'free');
  await record(work, {
    type: 'role.updated',
    before: { name: row.name, protected: row.protected },
    after: { name: row.name, protected: role.protected },
  });
  return { ...row, protected: role.protected };
}

/** Deletes a role that no group gives. Refuses `role.not_found`, `role.in_use`, and `actor.not_allowed`. */
export async function removeRole(work: Work, name: string): Promise<void> {
  requireTo('manage-roles', work.by.actor);
  const row = await requireRole(work, name);
  if (row.protected) requireTo('manage-protected-roles', work.by.actor);
  const groups = await countRoleUses(work.tx, row.n);
  if (groups > 0) throw new Refusal('role.in_use', { role: row.name, groups });
  await deleteRole(work.tx, row.n);
  await record(work, { type: 'role.deleted', before: { name: row.name, protected: row.protected } });
}

export interface SetGroupRoles {
  readonly group: GroupId;
  readonly roles: readonly string[];
  /** At its creation a group is at its first version, whatever it is created with. */
  readonly at: 'creation' | 'change';
}

/**
 * Makes the roles of a group these and no others; the same ones again change nothing (D-04). Refuses
 * `group.not_found`, `role.invalid` for a name that is no role, and as {@link requireGivable}.
 */
export async function setGroupRoles(work: Work, { group, roles, at }: SetGroupRoles): Promise<void> {
  const wanted = await requireRoles(work, roles);
  const row = await lockGroup(work.tx, group, work.sourceN);
  if (row === null) throw new Refusal('group.not_found', { group });
  const before = await rolesOfGroup(work.tx, row.n);
  const isMoved = requireGivable(work, before, wanted);
  if (!isMoved) return;
  if (at === 'change') requireInGroup('edit-group', work.by.actor, row);
  await setRolesOfGroup(
    work.tx,
    row.n,
    wanted.map(({ n }) => n),
  );
  if (at === 'change') await bumpGroups(work.tx, [row.n]);
  const namesOf = (some: readonly RoleRow[]): string[] => some.map(({ name }) => name).sort();
  await record(work, {
    type: 'group.updated',
    group: row.n,
    before: { roles: namesOf(before) },
    after: { roles: namesOf(wanted) },
  });
}

/**
 * Whether these roles differ from those. Refuses `role.protected` where a protected one is given or taken and the
 * actor is no administrator, and `role.not_held` where a person gives one that it does not hold (J-19).
 */
export function requireGivable(
  { by }: Work,
  before: readonly RoleRow[],
  wanted: readonly RoleRow[],
): boolean {
  const given = wanted.filter(({ n }) => !before.some((had) => had.n === n));
  const moved = [...given, ...before.filter(({ n }) => !wanted.some((want) => want.n === n))];
  if (isAdministrator(by.actor)) return moved.length > 0;
  const refused = moved.find((role) => role.protected);
  if (refused !== undefined) throw new Refusal('role.protected', { role: refused.name });
  const { actor } = by;
  const foreign =
    actor.kind === 'user' ? given.find(({ name }) => !actor.roles.has(foldName(name))) : undefined;
  if (foreign !== undefined) throw new Refusal('role.not_held', { role: foreign.name });
  return moved.length > 0;
}

async function requireRole(work: Work, name: string): Promise<RoleRow> {
  const [row] = await findRoles(work.tx, [foldName(name)]);
  if (row === undefined) throw new Refusal('role.not_found', { role: name });
  return row;
}

function readRoleName(name: string): string {
  const fault = faultOfName(name);
  if (fault !== null) throw new Refusal('role.invalid', { role: name, why: `a role's name ${fault}.` });
  return name.trim().normalize('NFC');
}

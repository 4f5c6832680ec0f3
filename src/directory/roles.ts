/** What can be done with roles. */
import type { GroupId } from '../core/ids.ts';
import { faultOfName, foldName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { bumpGroups, lockGroup } from '../store/groups.ts';
import {
  findRoles,
  insertMissingRoles,
  type RoleRow,
  rolesOfGroup,
  setRolesOfGroup,
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
  for (const name of names) {
    const fault = faultOfName(name);
    if (fault !== null) throw new Refusal('role.invalid', { role: name, why: `a role's name ${fault}.` });
  }
  const wanted = new Map(names.map((name) => [foldName(name), name.trim().normalize('NFC')]));
  const made = await insertMissingRoles(
    work.tx,
    [...wanted].map(([nameKey, name]) => ({ name, nameKey })),
  );
  for (const { name } of made) await record(work, { type: 'role.created', after: { name } });
  return findRoles(work.tx, [...wanted.keys()]);
}

export interface SetGroupRoles {
  readonly group: GroupId;
  readonly roles: readonly string[];
  /** Whether the actor may give and take protected roles: administrators may (J-19). */
  readonly mayProtected: boolean;
  /** At its creation a group is at its first version, whatever it is created with. */
  readonly at: 'creation' | 'change';
}

/**
 * Makes the roles of a group these and no others; the same ones again change nothing (D-04). Refuses
 * `group.not_found`, `role.invalid` for a name that is no role, and `role.protected`.
 */
export async function setGroupRoles(
  work: Work,
  { group, roles, mayProtected, at }: SetGroupRoles,
): Promise<void> {
  const wanted = await requireRoles(work, roles);
  const row = await lockGroup(work.tx, group, work.sourceN);
  if (row === null) throw new Refusal('group.not_found', { group });
  const before = await rolesOfGroup(work.tx, row.n);
  const moved = [...before, ...wanted].filter(
    ({ n }) => before.some((had) => had.n === n) !== wanted.some((want) => want.n === n),
  );
  if (moved.length === 0) return;
  const refused = mayProtected ? undefined : moved.find((role) => role.protected);
  if (refused !== undefined) throw new Refusal('role.protected', { role: refused.name });
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

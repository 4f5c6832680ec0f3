/** What can be done with roles. */
import { faultOfName, foldName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { findRoles, insertMissingRoles, type RoleRow } from '../store/roles.ts';
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

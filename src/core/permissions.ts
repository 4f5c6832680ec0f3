/** What an account may do in Muster itself (domain.md, Permissions). `admin` implies all others. */
import type { Scope } from './scopes.ts';

export const permissions = [
  'groups.request',
  'groups.manage',
  'users.manage',
  'sources.manage',
  'targets.manage',
  'plans.approve',
  'audit.read',
  'admin',
] as const;

export type Permission = (typeof permissions)[number];

/** Reads a permission's name; null for none of ours. */
export function parsePermission(text: string): Permission | null {
  return permissions.find((permission) => permission === text) ?? null;
}

/** True when whoever was granted `held` may do what `wanted` stands for. */
export function grants(held: ReadonlySet<Permission>, wanted: Permission): boolean {
  return held.has(wanted) || held.has('admin');
}

/** What a person may use /api/v1 for; what a request does is decided by the policies besides. */
const scopesOf: Readonly<Record<Permission, readonly Scope[]>> = {
  'groups.request': [],
  'groups.manage': ['directory.read', 'directory.write', 'groups.govern'],
  'users.manage': ['directory.read', 'directory.write'],
  'sources.manage': ['directory.read', 'imports.write', 'clients.write'],
  'targets.manage': ['directory.read', 'targets.write'],
  'plans.approve': ['directory.read'],
  'audit.read': ['directory.read', 'audit.read'],
  admin: ['admin'],
};

/** The scopes of a session: asking for oneself is open to everybody who is signed in. */
export function scopesOfPerson(held: ReadonlySet<Permission>): ReadonlySet<Scope> {
  return new Set<Scope>(['requests.write', ...[...held].flatMap((permission) => scopesOf[permission])]);
}

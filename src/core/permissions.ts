/** What an account may do in Muster itself (domain.md, Permissions). `admin` implies all others. */
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

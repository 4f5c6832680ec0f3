/** What a client's token may be used for (interface.md, HTTP). `admin` implies all others. */
export const scopes = [
  'scim.read',
  'scim.write',
  'groups.govern',
  'directory.read',
  'directory.write',
  'requests.write',
  'imports.write',
  'targets.write',
  'clients.write',
  'audit.read',
  'admin',
] as const;

export type Scope = (typeof scopes)[number];

/** Reads a scope's name; null for none of ours. */
export function parseScope(text: string): Scope | null {
  return scopes.find((scope) => scope === text) ?? null;
}

/** True when a token with these scopes may do what `wanted` stands for. */
export function allows(held: ReadonlySet<Scope>, wanted: Scope): boolean {
  return held.has(wanted) || held.has('admin');
}

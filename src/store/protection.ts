/** Protected groups (J-20): those that confer more than `groups.request`, themselves or through what they are nested in. */
import type { GroupN } from '../core/ids.ts';
import { type Connection, named } from './database.ts';

const openBelow = named(
  'protection_open_below',
  `select g.n, g.name from closure c join groups g on g.n = c.descendant
   where c.ancestor = any($1::int[]) and (g.open or g.public) and g.deleted_at is null order by g.n limit 1`,
);

const isProtectedNow = named(
  'protection_of_group',
  `select exists (
     select from permission_grant p join closure c on c.ancestor = p.holder_n
     where c.descendant = $1 and p.permission <> 'groups.request') as protected`,
);

const protectedOpen = named(
  'protection_broken',
  `select g.name from groups g
   where g.n in (select c.descendant from closure c where c.ancestor = any($1::int[])) and (g.open or g.public)
     and exists (
       select from permission_grant p join closure c on c.ancestor = p.holder_n
       where c.descendant = g.n and p.permission <> 'groups.request')
   order by g.n limit 1`,
);

/** A group that is open or public among these and what is nested in them; null when there is none. */
export async function openGroupBelow(
  connection: Connection,
  groups: readonly GroupN[],
): Promise<{ readonly n: GroupN; readonly name: string } | null> {
  if (groups.length === 0) return null;
  return (await connection.rows<{ n: GroupN; name: string }>(openBelow, [groups]))[0] ?? null;
}

/** Whether a group is protected by what is committed now: asked in a statement after the graph lock. */
export async function isProtected(connection: Connection, group: GroupN): Promise<boolean> {
  const [row] = await connection.rows<{ protected: boolean }>(isProtectedNow, [group]);
  return row?.protected ?? false;
}

/** Names of protected groups that are open or public among these and what is nested in them; one at most. */
export async function brokenProtection(connection: Connection, groups: readonly GroupN[]): Promise<string[]> {
  return groups.length === 0
    ? []
    : (await connection.rows<{ name: string }>(protectedOpen, [groups])).map(({ name }) => name);
}

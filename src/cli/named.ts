/** USER and GROUP of the command line: an id, a userName or a name. */
import { type GroupId, parseGroupId, parseUserId, type UserId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import type { Connection } from '../store/database.ts';
import { findGroupCalled, findUsersCalled, type NamedGroup, type NamedUser } from '../store/lookup.ts';

/** Refuses `user.not_found`, and `identity.ambiguous` for a name that several have. */
export async function requireUser(connection: Connection, text: string): Promise<NamedUser> {
  const [user, another] = await findUsersCalled(connection, text);
  if (user === undefined) throw new Refusal('user.not_found', { user: text });
  if (another !== undefined) throw new Refusal('identity.ambiguous', { cell: text, matches: 2 });
  return user;
}

/** Refuses `group.not_found`. */
export async function requireGroup(connection: Connection, text: string): Promise<NamedGroup> {
  const group = await findGroupCalled(connection, text);
  if (group === null) throw new Refusal('group.not_found', { group: text });
  return group;
}

/** A user or a group by id or name; a user where both have it. Refuses as {@link requireUser}. */
export async function memberCalled(
  connection: Connection,
  text: string,
): Promise<
  { readonly type: 'user'; readonly id: UserId } | { readonly type: 'group'; readonly id: GroupId }
> {
  const group = await findGroupCalled(connection, text);
  if (group === null) return { type: 'user', id: (await requireUser(connection, text)).id };
  const [user] = await findUsersCalled(connection, text);
  return user === undefined ? { type: 'group', id: group.id } : { type: 'user', id: user.id };
}

/** A user of the past: an id names one that is deleted, too. */
export async function pastUser(
  connection: Connection,
  text: string,
): Promise<{ readonly id: UserId; readonly name: string }> {
  const id = parseUserId(text);
  return id === null ? requireUser(connection, text) : { id, name: text };
}

/** A group of the past: an id names one that is deleted, too. */
export async function pastGroup(
  connection: Connection,
  text: string,
): Promise<{ readonly id: GroupId; readonly name: string }> {
  const id = parseGroupId(text);
  return id === null ? requireGroup(connection, text) : { id, name: text };
}

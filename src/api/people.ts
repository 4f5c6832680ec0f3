/** What signed-in people may see where programs need a scope. */
import { holds, type Person } from '../core/actor.ts';
import type { GroupId } from '../core/ids.ts';
import type { Permission } from '../core/permissions.ts';
import { type GroupAct, requireInGroup } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { allows } from '../core/scopes.ts';
import { findGroup } from '../store/groups.ts';
import { isJoinableBy } from '../store/effective/joinable.ts';
import type { ApiParts } from './parts.ts';
import type { Call } from './route.ts';

/** The person who asks and sees only what is its own; null for programs, and for people with the permission. */
export function personAsking({ by }: Call, permission: Permission): Person | null {
  return by.actor.kind === 'user' && !holds(by.actor, permission) ? by.actor : null;
}

/** True for programs, and for people who may read the whole directory. */
export function readsDirectory({ by, client }: Call): boolean {
  return by.actor.kind !== 'user' || allows(client.scopes, 'directory.read');
}

/**
 * Lets programs pass, and people who may read the directory or whom the policy allows it in this group (J-14, J-18).
 * Anybody else finds no such group (J-15).
 */
export async function requireSight(
  { directory }: ApiParts,
  call: Call,
  { group: id, act }: { readonly group: GroupId; readonly act: GroupAct | 'show' },
): Promise<void> {
  const { actor } = call.by;
  if (actor.kind !== 'user' || readsDirectory(call)) return;
  const group = await findGroup(directory.database, id, call.client.sourceN);
  if (group === null) throw new Refusal('group.not_found', { group: id });
  if (act === 'show' && (await isJoinableBy(directory.database, group.n, actor.n))) return;
  try {
    requireInGroup(act === 'show' ? 'see-members' : act, actor, group);
  } catch {
    throw new Refusal('group.not_found', { group: id });
  }
}

import type { Removals } from '../core/plans/approval.ts';
import type { OperationRow } from '../store/plans/operations.ts';

/** What operations take away, as an approval compares it. */
export function removalsOf(
  operations: Iterable<Pick<OperationRow, 'type' | 'group_n' | 'user_n' | 'removed' | 'before' | 'after'>>,
): Removals {
  const members = new Map<number, number[]>();
  const usersDeactivated: number[] = [];
  const groupsDeleted: number[] = [];
  for (const { type, group_n: group, user_n: user, removed, before, after } of operations) {
    if (group !== null && removed !== null) {
      const of = members.get(group) ?? [];
      for (const n of removed) of.push(n);
      members.set(group, of);
    }
    if (group !== null && type === 'group.deleted') groupsDeleted.push(group);
    const ends = type === 'user.deleted' || (type === 'user.updated' && isActive(before) && !isActive(after));
    if (user !== null && ends) usersDeactivated.push(user);
  }
  for (const list of members.values()) list.sort(ascending);
  return {
    members,
    usersDeactivated: usersDeactivated.sort(ascending),
    groupsDeleted: groupsDeleted.sort(ascending),
  };
}

function isActive(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'active' in state && state.active === true;
}

function ascending(a: number, b: number): number {
  return a - b;
}

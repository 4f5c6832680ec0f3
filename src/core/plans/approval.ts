/**
 * What an approval covers (D-30, D-32): one plan, by its hash. When it is carried out it is computed again, and may
 * then end what it would have ended, or less; never anything else.
 */
import type { TrippedGuard } from './guards.ts';

/** What a plan takes away: who from which group, and which users and groups altogether. Numbers, each list sorted. */
export interface Removals {
  /** Direct members that leave, by the number of the group. */
  readonly members: ReadonlyMap<number, readonly number[]>;
  readonly usersDeactivated: readonly number[];
  readonly groupsDeleted: readonly number[];
}

/** What goes beyond an approval; empty when nothing does. */
export interface Excess {
  readonly members: number;
  readonly users: number;
  readonly groups: number;
  readonly guards: readonly TrippedGuard[];
}

/** A plan as an approval sees it. */
export interface Approvable {
  readonly removals: Removals;
  readonly guards: readonly TrippedGuard[];
}

/**
 * Compares what a plan would do now with what was approved: removals that were not in it, and guards that did not
 * trip then. A guard on a group is another one for each group.
 */
export function excessOver(approved: Approvable, now: Approvable): Excess {
  let members = 0;
  for (const [group, removed] of now.removals.members) {
    members += countBeyond(removed, approved.removals.members.get(group) ?? []);
  }
  const known = new Set(approved.guards.map(keyOf));
  return {
    members,
    users: countBeyond(now.removals.usersDeactivated, approved.removals.usersDeactivated),
    groups: countBeyond(now.removals.groupsDeleted, approved.removals.groupsDeleted),
    guards: now.guards.filter((guard) => !known.has(keyOf(guard))),
  };
}

/** True when there is none. */
export function isWithin({ members, users, groups, guards }: Excess): boolean {
  return members + users + groups + guards.length === 0;
}

/** An excess as a sentence. */
export function tellExcess({ members, users, groups, guards }: Excess): string {
  const more = [
    [members, 'membership would end', 'memberships would end'],
    [users, 'user would be deactivated', 'users would be deactivated'],
    [groups, 'group would be deleted', 'groups would be deleted'],
  ] as const;
  const parts = more
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${count} more ${count === 1 ? one : many}`);
  return [...parts, ...guards.map(({ detail }) => detail.replace(/\.$/, ''))].join('; ');
}

function keyOf({ guard, group }: TrippedGuard): string {
  return `${guard} ${group?.id ?? ''}`;
}

/** How many of a sorted list are not in another sorted one. */
function countBeyond(some: readonly number[], allowed: readonly number[]): number {
  let beyond = 0;
  let at = 0;
  for (const n of some) {
    while (at < allowed.length && (allowed[at] ?? n) < n) at += 1;
    if (allowed[at] !== n) beyond += 1;
  }
  return beyond;
}

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
  /** People who would stop being effective members, counted in each group. */
  readonly people: number;
  readonly users: number;
  readonly groups: number;
  readonly guards: readonly TrippedGuard[];
}

/** A plan as an approval sees it. */
export interface Approvable {
  readonly removals: Removals;
  /** How many people stop being effective members, by the number of the group: one nesting may take very many along. */
  readonly leaving: ReadonlyMap<number, number>;
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
  let people = 0;
  for (const [group, count] of now.leaving) people += Math.max(0, count - (approved.leaving.get(group) ?? 0));
  const known = new Set(approved.guards.map(keyOf));
  return {
    members,
    people,
    users: countBeyond(now.removals.usersDeactivated, approved.removals.usersDeactivated),
    groups: countBeyond(now.removals.groupsDeleted, approved.removals.groupsDeleted),
    guards: now.guards.filter((guard) => !known.has(keyOf(guard))),
  };
}

/** True when there is none. */
export function isWithin({ members, people, users, groups, guards }: Excess): boolean {
  return members + people + users + groups + guards.length === 0;
}

/** An excess as a sentence. */
export function tellExcess({ members, people, users, groups, guards }: Excess): string {
  const more = [
    [members, 'membership would end', 'memberships would end'],
    [members === 0 ? people : 0, 'person would leave a group', 'people would leave a group'],
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

/** Words of plans: what they are about, where they stand, and what they count (D-30). */

/** What a plan is about. A kind has its own way of being carried out once it is approved. */
export const planKinds = [
  'feed',
  'nesting',
  'group-deletion',
  'group-edit',
  'rule',
  'permission',
  'source-retirement',
  'push',
  'push-undo',
  'undo',
] as const;

export type PlanKind = (typeof planKinds)[number];

/**
 * held: a guard stopped it and a person has to decide. approved: decided, and about to be carried out; a process
 * that dies here leaves it to the next. applied: done, at once where no guard tripped. stale: carrying it out would
 * have done more than was approved. replaced: a newer plan of the same subject took its place. tried: a dry run.
 *
 *     (new) ─┬─> applied               held ──> approved ─┬─> applied
 *            ├─> tried                   ├────> rejected   ├─> stale
 *            └─> held                    └────> replaced <─┘
 */
export const planStates = ['held', 'approved', 'applied', 'rejected', 'stale', 'replaced', 'tried'] as const;

export type PlanState = (typeof planStates)[number];

/** Operations by kind; what is not named is none. */
export type PlanCounts = Readonly<Record<string, number>>;

/** Counts of operations on the directory. A push counts by its own names. */
export interface DirectoryCounts {
  readonly membersAdded: number;
  readonly membersRemoved: number;
  /** Of those removed: asked for by a `*` deletion (D-32). */
  readonly membersRemovedAskedFor: number;
  readonly nestingsAdded: number;
  readonly nestingsRemoved: number;
  readonly groupsCreated: number;
  readonly groupsChanged: number;
  readonly groupsDeleted: number;
  readonly usersCreated: number;
  readonly usersChanged: number;
  readonly usersDeactivated: number;
  readonly usersDeleted: number;
}

/** True when no operation takes anything from anybody. */
export function takesNothing(counts: DirectoryCounts): boolean {
  const { membersRemoved, nestingsRemoved, groupsDeleted, usersDeactivated, usersDeleted } = counts;
  return membersRemoved + nestingsRemoved + groupsDeleted + usersDeactivated + usersDeleted === 0;
}

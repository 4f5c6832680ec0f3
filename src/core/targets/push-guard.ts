/**
 * The guards of a push (O-07). Deliberately on whole counts of a plan, so that dry run, hold and approval speak
 * of the same numbers.
 */
import type { TrippedGuard } from '../plans/guards.ts';

/** What a push would do, by kind. */
export interface PushCounts {
  readonly usersCreated: number;
  readonly usersUpdated: number;
  readonly usersDeactivated: number;
  readonly groupsCreated: number;
  readonly groupsUpdated: number;
  readonly deleted: number;
  readonly membersAdded: number;
  readonly membersRemoved: number;
}

export const NOTHING_TO_PUSH: PushCounts = {
  usersCreated: 0,
  usersUpdated: 0,
  usersDeactivated: 0,
  groupsCreated: 0,
  groupsUpdated: 0,
  deleted: 0,
  membersAdded: 0,
  membersRemoved: 0,
};

/** What the target holds of ours now, by the ledger, and what it should hold. */
export interface PushBase {
  readonly users: number;
  readonly groups: number;
  readonly members: number;
  readonly desiredUsers: number;
  readonly desiredGroups: number;
}

/** `percent` of the owned objects, but never fewer than `atLeast`, may go without a person's approval. */
export interface PushLimits {
  readonly percent: number;
  readonly atLeast: number;
}

export const FIRST_PUSH_LIMITS: PushLimits = { percent: 20, atLeast: 50 };

export type GuardVerdict =
  { readonly kind: 'open' } | { readonly kind: 'held'; readonly guards: readonly TrippedGuard[] };

/** Most removals of one kind that pass unasked. */
export function allowedRemovals(owned: number, { percent, atLeast }: PushLimits): number {
  return Math.max(atLeast, Math.floor((owned * percent) / 100));
}

/**
 * Judges a push (O-07): held when deactivations, deletions or member removals exceed {@link allowedRemovals} of what
 * is owned, and whatever the limits say when the desired set is empty and the observed is not: then nothing is
 * desired any more, yet the target holds something, which is more likely a fault of ours than a wish.
 */
export function judgePush(counts: PushCounts, base: PushBase, limits: PushLimits): GuardVerdict {
  const owned = base.users + base.groups;
  if (base.desiredUsers + base.desiredGroups === 0 && owned > 0) {
    const detail = `Nothing is desired any more, but the target holds ${owned} objects of ours.`;
    return { kind: 'held', guards: [{ guard: 'push-emptied', group: null, count: owned, limit: 0, detail }] };
  }
  const kinds = [
    { guard: 'push-deactivations', what: 'deactivations', count: counts.usersDeactivated, of: base.users },
    { guard: 'push-deletions', what: 'deletions', count: counts.deleted, of: owned },
    { guard: 'push-members', what: 'member removals', count: counts.membersRemoved, of: base.members },
  ] as const;
  const guards = kinds.flatMap(({ guard, what, count, of }) => {
    const limit = allowedRemovals(of, limits);
    const detail = `${count} ${what} of ${of} owned; up to ${limit} pass unasked.`;
    return count > limit ? [{ guard, group: null, count, limit, detail }] : [];
  });
  return guards.length === 0 ? { kind: 'open' } : { kind: 'held', guards };
}

/**
 * D-33: what one client removed within an hour, held against the guards of feeds (D-31) and the limits that the
 * installation sets them. Nothing is held here, for providers remove everything in their own tests and would loop on
 * a refusal: a person is told.
 */
import { NOTHING_MEASURED, type TrippedGuard, tripGuards } from './plans/guards.ts';
import type { GuardLimits } from './plans/limits.ts';

/** What one client removed within the hour. */
export interface ClientRemovals {
  readonly client: string;
  readonly memberships: number;
  /** Memberships that the client still asserts; counted no further than decides. */
  readonly asserted: number;
  readonly users: number;
  /** Users that are active still; counted no further than decides. */
  readonly usersLeft: number;
  readonly groups: readonly {
    readonly id: string;
    readonly name: string;
    readonly removed: number;
    /** Direct members that are left. */
    readonly left: number;
  }[];
}

/** The guards that the removals would have tripped, had a feed made them. */
export function guardTrips(removed: ClientRemovals, limits: GuardLimits): readonly TrippedGuard[] {
  const { memberships, asserted, users, usersLeft, groups } = removed;
  const measure = {
    ...NOTHING_MEASURED,
    removals: memberships,
    sourceMemberships: asserted + memberships,
    deactivations: users,
    activeUsers: usersLeft + users,
    groups: groups.map(({ id, name, removed: leaving, left }) => ({
      group: { id, name },
      members: leaving + left,
      leaving,
      left,
    })),
  };
  return tripGuards(measure, limits);
}

/** Removals from one group that no guard minds, whatever its size: there it need not be counted who is left. */
export function unmindedRemovals({ emptiedFrom, groupFrom, groupPercent }: GuardLimits): number {
  return Math.min(emptiedFrom - 1, Math.floor((groupFrom * groupPercent) / 100));
}

/** How far a whole has to be counted to know whether `part` is more than that percentage of it. */
export function enoughOf(part: number, percent: number): number {
  return percent === 0 ? part + 1 : Math.ceil((part * 100) / percent) + 1;
}

/**
 * What a client may remove within an hour before a person is told (D-33). The limits are those that hold a feed
 * (D-31); here nothing is held, for providers remove everything in their own tests and would loop on a refusal.
 */
export const clientLimits = {
  /** A tenth of what the source asserts, but at least 20 and at most 5,000. */
  removalsFloor: 20,
  removalsShare: 0.1,
  removalsCeiling: 5_000,
  /** Of a group that had so many members, more than this share. */
  groupShare: 0.3,
  groupSize: 20,
  /** A group that had so many and has none. */
  emptiedSize: 5,
  /** Users deactivated or deleted: a twentieth of all, but at least 20. */
  usersFloor: 20,
  usersShare: 0.05,
  /** Effective memberships that one nesting moved. */
  nestingMoved: 1_000,
} as const;

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

export interface GuardTrip {
  readonly guard: 'removals' | 'removals from a group' | 'group emptied' | 'users deactivated';
  readonly group: { readonly id: string; readonly name: string } | null;
  readonly count: number;
  readonly limit: number;
}

/** The guards that the removals would have tripped, had a feed made them. */
export function guardTrips({
  memberships,
  asserted,
  users,
  usersLeft,
  groups,
}: ClientRemovals): readonly GuardTrip[] {
  const trips: GuardTrip[] = [];
  const { removalsFloor, removalsShare, removalsCeiling, usersFloor, usersShare } = clientLimits;
  const share = Math.floor((asserted + memberships) * removalsShare);
  const mostRemovals = Math.max(removalsFloor, Math.min(share, removalsCeiling));
  if (memberships > mostRemovals) {
    trips.push({ guard: 'removals', group: null, count: memberships, limit: mostRemovals });
  }
  const mostUsers = Math.max(usersFloor, Math.floor((usersLeft + users) * usersShare));
  if (users > mostUsers) {
    trips.push({ guard: 'users deactivated', group: null, count: users, limit: mostUsers });
  }
  for (const { removed, left, ...group } of groups) {
    const size = removed + left;
    const most = Math.floor(size * clientLimits.groupShare);
    if (left === 0 && size >= clientLimits.emptiedSize) {
      trips.push({ guard: 'group emptied', group, count: removed, limit: clientLimits.emptiedSize - 1 });
    } else if (size >= clientLimits.groupSize && removed > most) {
      trips.push({ guard: 'removals from a group', group, count: removed, limit: most });
    }
  }
  return trips;
}

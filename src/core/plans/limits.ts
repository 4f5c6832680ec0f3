/** Limits of the guards (D-31). Each is a setting, per source; a limit is what still passes. */
export interface GuardLimits {
  /** Memberships that a run may end in any case. */
  readonly removalsAtLeast: number;
  /** Percent of the source's live memberships that a run may end, where that is more. */
  readonly removalsPercent: number;
  /** Memberships that a run may end at most by that percentage. */
  readonly removalsAtMost: number;
  /** Percent of a group's members that may leave it. */
  readonly groupPercent: number;
  /** Members from which a group is held to that percentage. */
  readonly groupFrom: number;
  /** Members from which a group may not be emptied. */
  readonly emptiedFrom: number;
  /** Users that a run may deactivate or delete in any case. */
  readonly deactivationsAtLeast: number;
  /** Percent of the active users that a run may deactivate or delete, where that is more. */
  readonly deactivationsPercent: number;
  /** Percent of its rows that a snapshot may have fewer than the one before. */
  readonly shrunkPercent: number;
  /** Percent of a file's rows that may be refused. */
  readonly refusedPercent: number;
  /** Rows from which a file is held to those two percentages: of fewer, a single row is more than either. */
  readonly rowsFrom: number;
  /** Effective memberships that one nesting or un-nesting may move. */
  readonly nestingMoves: number;
  /** Whether a protected group may be touched without a person. */
  readonly protectedGroups: 'hold' | 'pass';
}

/** As D-31 has them. */
export const DEFAULT_LIMITS: GuardLimits = {
  removalsAtLeast: 20,
  removalsPercent: 10,
  removalsAtMost: 5_000,
  groupPercent: 30,
  groupFrom: 20,
  emptiedFrom: 5,
  deactivationsAtLeast: 20,
  deactivationsPercent: 5,
  shrunkPercent: 20,
  refusedPercent: 5,
  rowsFrom: 20,
  nestingMoves: 1_000,
  protectedGroups: 'hold',
};

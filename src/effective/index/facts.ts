/** What the index is told of the directory, as it was read again in one snapshot. */

/** Direct users of one group, as read again: those asserted and those not, of the ones that were looked at. */
export interface DirectFact {
  readonly group: number;
  readonly present: readonly number[];
  readonly absent: readonly number[];
}

/** A user as read again. `groups`: where it is a direct member; not asked for of one that is gone. */
export interface UserFact {
  readonly user: number;
  readonly state: 'active' | 'inactive' | 'gone';
  readonly groups: readonly number[];
}

/** What one batch read again, all of it in one snapshot of the database. */
export interface Facts {
  readonly direct: readonly DirectFact[];
  /** Groups nested directly in a living group, all of them. */
  readonly nestings: readonly { readonly group: number; readonly members: readonly number[] }[];
  readonly goneGroups: readonly number[];
  readonly users: readonly UserFact[];
}

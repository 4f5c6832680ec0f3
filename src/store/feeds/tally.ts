/** What kinds of rows a file has, counted while they are read: statements for what does not come are left out. */
import type { RowFault } from '../../core/feeds/fault.ts';
import { type FeedRow, isFault } from '../../core/feeds/row.ts';

export interface RowTally {
  readonly rows: number;
  /** A row adds or ends a nesting or deletes a group: the graph lock is needed then. */
  readonly movesNestings: boolean;
  readonly hasPeople: boolean;
  readonly hasGroups: boolean;
  /** Rows that say who is listed in a group. */
  readonly hasMemberships: boolean;
  /** Deletions of everybody (F-07). */
  readonly hasStars: boolean;
  readonly hasRoles: boolean;
  /** Memberships that end by themselves. */
  readonly hasEnds: boolean;
  /** Of what the rows ask for, as far as it is one thing; null for a file that imports and deletes. */
  readonly action: 'import' | 'delete' | null;
}

export interface Tally {
  take(row: FeedRow | RowFault): void;
  result(): RowTally;
}

/** Starts counting. */
export function createTally(): Tally {
  const seen = {
    rows: 0,
    movesNestings: false,
    hasPeople: false,
    hasGroups: false,
    hasMemberships: false,
    hasStars: false,
    hasRoles: false,
    hasEnds: false,
  };
  let imports = false;
  let deletes = false;
  return {
    take(row) {
      seen.rows += 1;
      if (isFault(row) || row.kind === 'left-out') return;
      if (row.action === 'import') imports = true;
      else deletes = true;
      if (row.roles.length > 0) seen.hasRoles = true;
      if (row.kind === 'person') seen.hasPeople = true;
      else if (row.kind === 'group') {
        seen.hasGroups = true;
        if (row.action === 'delete') seen.movesNestings = true;
      } else {
        seen.hasMemberships = true;
        if (row.expiresAt !== undefined) seen.hasEnds = true;
        const { kind } = row.member;
        if (kind === 'group' || kind === 'all-groups') seen.movesNestings = true;
        if (kind === 'all-users' || kind === 'all-groups') seen.hasStars = true;
      }
    },
    result: () => ({ ...seen, action: imports && deletes ? null : deletes ? 'delete' : 'import' }),
  };
}

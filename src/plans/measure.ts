/** Measuring what a transaction has done so far: counts by kind, who is affected, what the guards ask for (D-30). */
import type { SourceN } from '../core/ids.ts';
import { NOTHING_MEASURED, type PlanMeasure } from '../core/plans/guards.ts';
import type { GuardLimits } from '../core/plans/limits.ts';
import { type DirectoryCounts, takesNothing } from '../core/plans/plan.ts';
import type { Tx } from '../store/database.ts';
import {
  countActiveUsers,
  countPeople,
  countSourceMemberships,
  gatherJoined,
  gatherLeft,
  type KeptImpact,
  type LeavingRow,
  listLeavingByGroup,
  listLeavingTargets,
  listNestingMoves,
  listProtectedTouched,
  readGroupSizes,
} from '../store/plans/effects.ts';
import { countAskedFor, gatherMoves } from '../store/plans/moves.ts';

/** What only the one who plans can say. */
export interface PlanFacts extends Pick<PlanMeasure, 'rows' | 'rowsBefore'> {
  /** Lines of `*` deletions: what they removed was asked for (D-32). */
  readonly askedLines: readonly number[];
}

export const NO_FACTS: PlanFacts = { rows: null, rowsBefore: null, askedLines: [] };

/** What was measured. */
export interface Measured {
  readonly counts: DirectoryCounts;
  readonly measure: PlanMeasure;
  readonly impact: Omit<KeptImpact, 'plan'> & { readonly people: number };
}

export interface Measuring {
  readonly sourceN: SourceN;
  readonly limits: GuardLimits;
  readonly facts: PlanFacts;
}

/**
 * Measures the transaction. What takes nothing from anybody and nests nothing is only counted. Where a number is
 * below every limit it is not gathered: sizes of groups that few leave, memberships of a source that ends few.
 */
export async function measurePlan(tx: Tx, { sourceN, limits, facts }: Measuring): Promise<Measured> {
  const moves = await gatherMoves(tx);
  const membersRemovedAskedFor = await countAskedFor(tx, facts.askedLines);
  const counts = { ...moves.counts, membersRemovedAskedFor };
  const { rows, rowsBefore } = facts;
  const known = { ...NOTHING_MEASURED, rows, rowsBefore, protectedGroups: await listProtectedTouched(tx) };
  if (takesNothing(counts) && counts.nestingsAdded === 0 && !moves.opensClosure) {
    return { counts, measure: known, impact: { people: 0, groups: [], targets: [] } };
  }
  await gatherLeft(tx, counts.membersRemoved + counts.nestingsRemoved);
  if (counts.nestingsAdded > 0) await gatherJoined(tx);
  const leaving = await listLeavingByGroup(tx);
  const sizes = await readGroupSizes(tx, groupsAsked(leaving, limits));
  const removals = counts.membersRemoved + counts.nestingsRemoved;
  const deactivations = counts.usersDeactivated + counts.usersDeleted;
  const nestings =
    counts.nestingsAdded + counts.nestingsRemoved === 0
      ? []
      : await listNestingMoves(tx, limits.nestingMoves);
  return {
    counts,
    measure: {
      ...known,
      removals,
      askedFor: counts.membersRemovedAskedFor,
      sourceMemberships: removals > limits.removalsAtLeast ? await countSourceMemberships(tx, sourceN) : 0,
      groups: leaving.flatMap(({ group_n: n, id, name, leaving: count }) => {
        const size = sizes.get(n);
        if (size === undefined) return [];
        return [{ group: { id, name }, members: size.before, leaving: count, left: size.after }];
      }),
      deactivations,
      activeUsers: deactivations > limits.deactivationsAtLeast ? await countActiveUsers(tx) : 0,
      nestings: nestings.map(({ groupId, groupName, memberId, memberName, moves: count }) => ({
        group: { id: groupId, name: groupName },
        member: { id: memberId, name: memberName },
        moves: count,
      })),
    },
    impact: {
      people: await countPeople(tx),
      groups: leaving.map(({ group_n: n, leavingAll }) => ({
        n,
        members: sizes.get(n)?.before ?? null,
        leaving: leavingAll,
      })),
      targets: await listLeavingTargets(tx),
    },
  };
}

/** Groups that enough people leave for a guard to ask how many there were. */
function groupsAsked(leaving: readonly LeavingRow[], limits: GuardLimits): LeavingRow['group_n'][] {
  const least = Math.min(limits.emptiedFrom, Math.floor((limits.groupFrom * limits.groupPercent) / 100) + 1);
  return leaving.filter(({ leaving: count }) => count > 0 && count >= least).map(({ group_n: n }) => n);
}

/** Limits of the guards (D-31): of the installation, and for one feed those that differ. */
import { z } from 'zod';
import { DEFAULT_LIMITS, type GuardLimits } from '../core/plans/limits.ts';
import { whole } from './whole.ts';

const percent = whole(0, 100);
const count = whole(0, 1_000_000_000);

const limits = {
  removalsAtLeast: count.describe('Memberships that a run may end in any case'),
  removalsPercent: percent.describe('Percent of its live memberships that a run may end, where that is more'),
  removalsAtMost: count.describe('Memberships that a run may end by that percentage'),
  groupPercent: percent.describe('Percent of a group that may leave it'),
  groupFrom: count.describe('Members from which a group is held to that'),
  emptiedFrom: whole(1, 1_000_000_000).describe('Members from which a group may not be emptied'),
  deactivationsAtLeast: count.describe('Users that a run may deactivate in any case'),
  deactivationsPercent: percent.describe(
    'Percent of the active users that a run may deactivate, where that is more',
  ),
  shrunkPercent: percent.describe('Percent of its rows that a snapshot may have fewer than the one before'),
  refusedPercent: percent.describe('Percent of the rows of a file that may be refused'),
  rowsFrom: count.describe('Rows from which a file is held to those two'),
  nestingMoves: count.describe('Effective memberships that one nesting may move'),
  protectedGroups: z
    .enum(['hold', 'pass'], 'must be hold or pass')
    .describe('Whether changes of protected groups wait for a person'),
} satisfies Record<keyof GuardLimits, z.ZodType>;

/** Every limit, with the default of D-31. */
export const guards = z.strictObject({
  removalsAtLeast: limits.removalsAtLeast.default(DEFAULT_LIMITS.removalsAtLeast),
  removalsPercent: limits.removalsPercent.default(DEFAULT_LIMITS.removalsPercent),
  removalsAtMost: limits.removalsAtMost.default(DEFAULT_LIMITS.removalsAtMost),
  groupPercent: limits.groupPercent.default(DEFAULT_LIMITS.groupPercent),
  groupFrom: limits.groupFrom.default(DEFAULT_LIMITS.groupFrom),
  emptiedFrom: limits.emptiedFrom.default(DEFAULT_LIMITS.emptiedFrom),
  deactivationsAtLeast: limits.deactivationsAtLeast.default(DEFAULT_LIMITS.deactivationsAtLeast),
  deactivationsPercent: limits.deactivationsPercent.default(DEFAULT_LIMITS.deactivationsPercent),
  shrunkPercent: limits.shrunkPercent.default(DEFAULT_LIMITS.shrunkPercent),
  refusedPercent: limits.refusedPercent.default(DEFAULT_LIMITS.refusedPercent),
  rowsFrom: limits.rowsFrom.default(DEFAULT_LIMITS.rowsFrom),
  nestingMoves: limits.nestingMoves.default(DEFAULT_LIMITS.nestingMoves),
  protectedGroups: limits.protectedGroups.default(DEFAULT_LIMITS.protectedGroups),
});

/** Limits of one feed; what is left out is as in the installation. */
export const feedGuards = z.strictObject(limits).partial();

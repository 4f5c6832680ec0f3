import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type GuardName,
  NOTHING_MEASURED,
  type PlanMeasure,
  tripGuards,
} from '../../src/core/plans/guards.ts';
import { DEFAULT_LIMITS, type GuardLimits } from '../../src/core/plans/limits.ts';

const group = { id: '00000000-0000-4000-8000-000000000001', name: 'choir' };
const member = { id: '00000000-0000-4000-8000-000000000002', name: 'altos' };
const impact = (members: number, leaving: number, left = members - leaving) => ({
  groups: [{ group, members, leaving, left }],
});
const nesting = (moves: number) => ({ nestings: [{ group, member, moves }] });
const snapshot = (rowsBefore: number, total: number) => ({ rowsBefore, rows: { total, refused: 0 } });
const file = (total: number, refused: number) => ({ rows: { total, refused } });

interface Line {
  readonly guard: GuardName;
  readonly what: string;
  readonly passes: Partial<PlanMeasure>;
  readonly trips: Partial<PlanMeasure>;
  readonly limits?: Partial<GuardLimits>;
}

const table: readonly Line[] = [
  { guard: 'removals', what: '20 of few', passes: { removals: 20 }, trips: { removals: 21 } },
  {
    guard: 'removals',
    what: '10 % of more',
    passes: { removals: 30, sourceMemberships: 300 },
    trips: { removals: 31, sourceMemberships: 300 },
  },
  {
    guard: 'removals',
    what: '5,000 of a great many',
    passes: { removals: 5_000, sourceMemberships: 1_000_000 },
    trips: { removals: 5_001, sourceMemberships: 1_000_000 },
  },
  {
    guard: 'removals',
    what: 'asked for by a "*" count too (D-32)',
    passes: { removals: 20, askedFor: 20 },
    trips: { removals: 21, askedFor: 21 },
  },
  {
    guard: 'removals',
    what: 'a source that may end more',
    limits: { removalsAtLeast: 50 },
    passes: { removals: 50 },
    trips: { removals: 51 },
  },
  { guard: 'group-share', what: '30 % of 20', passes: impact(20, 6), trips: impact(20, 7) },
  { guard: 'group-share', what: 'groups of 20 on', passes: impact(19, 18), trips: impact(20, 18) },
  { guard: 'group-emptied', what: 'of 5', passes: impact(4, 4), trips: impact(5, 5) },
  { guard: 'group-emptied', what: 'somebody is left', passes: impact(5, 5, 1), trips: impact(5, 5, 0) },
  { guard: 'deactivations', what: '20 of few', passes: { deactivations: 20 }, trips: { deactivations: 21 } },
  {
    guard: 'deactivations',
    what: '5 % of more',
    passes: { deactivations: 50, activeUsers: 1_000 },
    trips: { deactivations: 51, activeUsers: 1_000 },
  },
  { guard: 'snapshot-shrunk', what: '20 % of 100', passes: snapshot(100, 80), trips: snapshot(100, 79) },
  { guard: 'snapshot-shrunk', what: 'snapshots of 20 on', passes: snapshot(19, 1), trips: snapshot(20, 1) },
  { guard: 'rows-refused', what: '5 % of 100', passes: file(100, 5), trips: file(100, 6) },
  { guard: 'rows-refused', what: 'files of 20 on', passes: file(19, 18), trips: file(20, 2) },
  { guard: 'nesting', what: '1,000 moved', passes: nesting(1_000), trips: nesting(1_001) },
  {
    guard: 'protected-group',
    what: 'touched',
    passes: {},
    trips: { protectedGroups: [group] },
  },
];

describe('D-31: guards', () => {
  it.each(table)('$guard, $what: the limit passes, one more trips', ({ guard, passes, trips, limits }) => {
    const all = { ...DEFAULT_LIMITS, ...limits };
    const names = (measure: Partial<PlanMeasure>): GuardName[] =>
      tripGuards({ ...NOTHING_MEASURED, ...measure }, all).map((tripped) => tripped.guard);
    expect(names(passes)).not.toContain(guard);
    expect(names(trips)).toEqual([guard]);
  });

  it('says in a sentence what is over which limit, and labels what a "*" asked for (D-32)', () => {
    const measure = { ...NOTHING_MEASURED, removals: 40, askedFor: 12, sourceMemberships: 100 };
    expect(tripGuards(measure, DEFAULT_LIMITS)).toEqual([
      {
        guard: 'removals',
        group: null,
        count: 40,
        limit: 20,
        detail: `40 memberships would end, 12 of them asked for by a "*"; up to 20 of the source's 100 pass unasked.`,
      },
    ]);
  });

  it('a snapshot that grew, and a protected group where it passes, trip nothing', () => {
    expect(tripGuards({ ...NOTHING_MEASURED, ...snapshot(100, 500) }, DEFAULT_LIMITS)).toEqual([]);
    const limits = { ...DEFAULT_LIMITS, protectedGroups: 'pass' as const };
    expect(tripGuards({ ...NOTHING_MEASURED, protectedGroups: [group] }, limits)).toEqual([]);
  });

  it('whatever trips goes on to trip when more is removed', () => {
    const size = fc.nat(10_000);
    fc.assert(
      fc.property(size, size, size, (removals, more, sourceMemberships) => {
        const trips = (count: number): boolean =>
          tripGuards({ ...NOTHING_MEASURED, removals: count, sourceMemberships }, DEFAULT_LIMITS).length > 0;
        expect(trips(removals) && !trips(removals + more)).toBe(false);
      }),
    );
  });
});

/** The guards of D-31: which of them a computed plan trips. All or nothing: one is enough to hold all of it. */
import type { GuardLimits } from './limits.ts';

export const guardNames = [
  'removals',
  'group-share',
  'group-emptied',
  'deactivations',
  'snapshot-shrunk',
  'rows-refused',
  'nesting',
  'protected-group',
  'always',
  'push-emptied',
  'push-deactivations',
  'push-deletions',
  'push-members',
  'push-canary',
] as const;

export type GuardName = (typeof guardNames)[number];

/** A group as a plan speaks of it. */
export interface PlanGroup {
  readonly id: string;
  readonly name: string;
}

/** A group that people stop being effective members of. Stubs are not counted here. */
export interface GroupImpact {
  readonly group: PlanGroup;
  /** Effective members before. */
  readonly members: number;
  /** Of those, who would leave. */
  readonly leaving: number;
  /** Effective members after, new ones included. */
  readonly left: number;
}

/** What a plan does, as far as the guards ask. */
export interface PlanMeasure {
  /** Direct memberships that end. */
  readonly removals: number;
  /** Of those, asked for by a `*` deletion (D-32). */
  readonly askedFor: number;
  /** Live memberships that the source asserts, those of stubs aside. */
  readonly sourceMemberships: number;
  readonly groups: readonly GroupImpact[];
  readonly deactivations: number;
  /** Active users, stubs aside. */
  readonly activeUsers: number;
  /** Of a file; null for what is none. */
  readonly rows: { readonly total: number; readonly refused: number } | null;
  /** Rows of the snapshot that was applied before this one; null for none, and where the file is no snapshot. */
  readonly rowsBefore: number | null;
  /** Nestings that come or go, with the effective memberships that each moves; those that move few may be left out. */
  readonly nestings: readonly NestingImpact[];
  /** Protected groups (J-20) that it touches. */
  readonly protectedGroups: readonly PlanGroup[];
}

export interface NestingImpact {
  readonly group: PlanGroup;
  readonly member: PlanGroup;
  readonly moves: number;
}

/** A guard that tripped: `count` is over `limit`. */
export interface TrippedGuard {
  readonly guard: GuardName;
  readonly group: PlanGroup | null;
  readonly count: number;
  /** The most that passes. */
  readonly limit: number;
  readonly detail: string;
}

export const NOTHING_MEASURED: PlanMeasure = {
  removals: 0,
  askedFor: 0,
  sourceMemberships: 0,
  groups: [],
  deactivations: 0,
  activeUsers: 0,
  rows: null,
  rowsBefore: null,
  nestings: [],
  protectedGroups: [],
};

/** The guards that trip, in the order of D-31; none when the plan may be applied unasked. */
export function tripGuards(measure: PlanMeasure, limits: GuardLimits): readonly TrippedGuard[] {
  return [
    ...removals(measure, limits),
    ...measure.groups.flatMap((impact) => groupGuards(impact, limits)),
    ...deactivations(measure, limits),
    ...shrunk(measure, limits),
    ...refused(measure, limits),
    ...nestings(measure, limits),
    ...protectedGroups(measure, limits),
  ];
}

/** Memberships that a run of a source with so many live ones may end. */
export function allowedRemovals(sourceMemberships: number, limits: GuardLimits): number {
  const share = Math.min(percentOf(sourceMemberships, limits.removalsPercent), limits.removalsAtMost);
  return Math.max(limits.removalsAtLeast, share);
}

/** Users that may be deactivated where so many are active. */
export function allowedDeactivations(activeUsers: number, limits: GuardLimits): number {
  return Math.max(limits.deactivationsAtLeast, percentOf(activeUsers, limits.deactivationsPercent));
}

function removals(
  { removals: count, sourceMemberships, askedFor }: PlanMeasure,
  limits: GuardLimits,
): readonly TrippedGuard[] {
  const limit = allowedRemovals(sourceMemberships, limits);
  if (count <= limit) return [];
  const label = askedFor === 0 ? '' : `, ${askedFor} of them asked for by a "*"`;
  const detail = `${amount(count, 'membership', 'memberships')} would end${label}; up to ${limit} of the source's ${sourceMemberships} pass unasked.`;
  return [{ guard: 'removals', group: null, count, limit, detail }];
}

function groupGuards({ group, members, leaving, left }: GroupImpact, limits: GuardLimits): TrippedGuard[] {
  if (left === 0 && leaving > 0 && members >= limits.emptiedFrom) {
    const detail = `${group.name} would be emptied: all of its ${members} members would leave.`;
    return [{ guard: 'group-emptied', group, count: members, limit: limits.emptiedFrom - 1, detail }];
  }
  const limit = percentOf(members, limits.groupPercent);
  if (members < limits.groupFrom || leaving <= limit) return [];
  const detail = `${leaving} of the ${members} members of ${group.name} would leave; up to ${limits.groupPercent} % pass unasked.`;
  return [{ guard: 'group-share', group, count: leaving, limit, detail }];
}

function deactivations(
  { deactivations: count, activeUsers }: PlanMeasure,
  limits: GuardLimits,
): readonly TrippedGuard[] {
  const limit = allowedDeactivations(activeUsers, limits);
  if (count <= limit) return [];
  const detail = `${amount(count, 'user', 'users')} would be deactivated; up to ${limit} of ${activeUsers} pass unasked.`;
  return [{ guard: 'deactivations', group: null, count, limit, detail }];
}

function shrunk({ rows, rowsBefore }: PlanMeasure, limits: GuardLimits): readonly TrippedGuard[] {
  if (rows === null || rowsBefore === null || rowsBefore < limits.rowsFrom) return [];
  const count = rowsBefore - rows.total;
  const limit = percentOf(rowsBefore, limits.shrunkPercent);
  if (count <= limit) return [];
  const detail = `The snapshot has ${rows.total} rows, the one before had ${rowsBefore}: ${count} fewer; up to ${limits.shrunkPercent} % pass unasked.`;
  return [{ guard: 'snapshot-shrunk', group: null, count, limit, detail }];
}

function refused({ rows }: PlanMeasure, limits: GuardLimits): readonly TrippedGuard[] {
  if (rows === null || rows.total < limits.rowsFrom) return [];
  const limit = percentOf(rows.total, limits.refusedPercent);
  if (rows.refused <= limit) return [];
  const detail = `${rows.refused} of ${rows.total} rows are refused; up to ${limits.refusedPercent} % pass unasked.`;
  return [{ guard: 'rows-refused', group: null, count: rows.refused, limit, detail }];
}

function nestings({ nestings: moved }: PlanMeasure, { nestingMoves: limit }: GuardLimits): TrippedGuard[] {
  return moved
    .filter(({ moves }) => moves > limit)
    .map(({ group, member, moves }) => ({
      guard: 'nesting',
      group,
      count: moves,
      limit,
      detail: `${member.name} in ${group.name}: this one nesting moves ${moves} effective memberships; up to ${limit} pass unasked.`,
    }));
}

function protectedGroups(
  { protectedGroups: touched }: PlanMeasure,
  { protectedGroups: rule }: GuardLimits,
): TrippedGuard[] {
  if (rule === 'pass') return [];
  return touched.map((group) => ({
    guard: 'protected-group',
    group,
    count: 1,
    limit: 0,
    detail: `${group.name} is protected: it confers permissions in Muster.`,
  }));
}

function percentOf(whole: number, percent: number): number {
  return (whole * percent) / 100;
}

function amount(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

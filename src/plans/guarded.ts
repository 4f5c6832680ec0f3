/**
 * Running something under the guards. It is done in its transaction, measured there, and then kept or taken back:
 * dry run, hold, and application after an approval are one code path (D-30), and what is shown is what would be
 * written. A plan that is held keeps what is needed to do it again; nobody applies what was computed earlier.
 */
import type { Attribution } from '../core/attribution.ts';
import type { OriginN, SourceN } from '../core/ids.ts';
import { excessOver, isWithin, tellExcess, type Removals } from '../core/plans/approval.ts';
import { type TrippedGuard, tripGuards } from '../core/plans/guards.ts';
import { digestOperations, hashPlan } from '../core/plans/hash.ts';
import type { GuardLimits } from '../core/plans/limits.ts';
import { type DirectoryCounts, type PlanKind, takesNothing } from '../core/plans/plan.ts';
import { type Place, recordChange } from '../store/changes.ts';
import type { Tx } from '../store/database.ts';
import { hasGrownSince, keepImpact } from '../store/plans/effects.ts';
import { readLeaving } from '../store/plans/leaving.ts';
import { openMoves } from '../store/plans/moves.ts';
import { type ConcernedRow, keepConcerned, keepConcernedNow, listConcerned } from '../store/plans/people.ts';
import {
  dropOperations,
  keepMadeNames,
  keepOperations,
  listRemovals,
  type OperationRow,
  readOwnExtras,
  readOwnMade,
  readOwnOperations,
} from '../store/plans/operations.ts';
import { insertPlan, type PlanRow, settlePlan } from '../store/plans/plans.ts';
import { markPlace, takeBackTo } from '../store/savepoint.ts';
import { removalsOf } from './removals.ts';
import { type Measured, measurePlan, NO_FACTS, type PlanFacts } from './measure.ts';

/** A unit of work as a plan needs it; that of the directory is one. */
export interface PlannedWork {
  readonly tx: Tx;
  readonly by: Attribution;
  readonly sourceN: SourceN;
  readonly rules: { readonly mail: 'on' | 'off' };
  originN: OriginN | null;
  place: Place | null;
  /** Whether what the closure was is noted before nestings move. */
  isWatched: boolean;
  /** Entries told so far; those that are taken back go. */
  readonly written: { length: number };
  /** What remains to be done before the commit; of what is taken back, nothing. */
  readonly atEnd: { length: number };
}

export interface PlanDraft<T> {
  readonly kind: PlanKind;
  /** Of two plans of one subject that wait, the newer replaces the older (D-32). */
  readonly subject: string;
  readonly title: string;
  /** What does it again once it is approved. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly limits: GuardLimits;
  /** unless-guarded: done at once where no guard trips. dry-run: never. hold: never without a person. */
  readonly mode: 'unless-guarded' | 'dry-run' | 'hold';
  /** The approved plan that is carried out; null for a new one. */
  readonly approved: PlanRow | null;
  /** Whether being done at once replaces a plan of the subject that waits; being held does always. */
  readonly replaces: 'waiting' | 'nothing';
  readonly runN?: number | null;
  readonly undoesN?: number | null;
  /** Asked after the task. Null when it came to nothing of which there can be a plan, such as a file without a good row. */
  readonly facts?: (result: T) => Promise<PlanFacts | null>;
  /** Reads what of the task's result would be lost with it; called before it is taken back. */
  readonly beforeTakeBack?: (result: T) => Promise<void>;
}

/** How it ended. `unplanned`: the task stands and there is no plan of it. */
export type Planned<T> =
  | { readonly kind: 'unplanned'; readonly plan: null; readonly result: T }
  | { readonly kind: 'applied' | 'held' | 'tried'; readonly plan: PlanRow; readonly result: T }
  /** What was approved does not cover what it would do now; `plan` is a new one that is held. */
  | { readonly kind: 'stale'; readonly plan: PlanRow; readonly result: T; readonly why: string };

/**
 * Runs a task under the guards and keeps the plan of it. Where a guard trips, everything the task wrote is taken
 * back, and the plan is held; `result` then says what would have been. Of an approved plan the task is run again and
 * stands when what it removes is within what was approved and no other guard trips. The work's log place is that of
 * the plan's own entry where there is one.
 */
export async function underGuards<T>(
  work: PlannedWork,
  draft: PlanDraft<T>,
  task: () => Promise<T>,
): Promise<Planned<T>> {
  const { tx } = work;
  const before = { originN: work.originN, place: work.place, written: work.written.length };
  const ends = work.atEnd.length;
  await openMoves(tx);
  await markPlace(tx, 'plan');
  work.isWatched = true;
  const result = await task();
  work.isWatched = false;
  const facts = draft.facts === undefined ? NO_FACTS : await draft.facts(result);
  if (facts === null) return { kind: 'unplanned', plan: null, result };
  const measured = await measurePlan(tx, { sourceN: work.sourceN, limits: draft.limits, facts });
  const guards = tripGuards(measured.measure, draft.limits);
  const verdict = await judge(work, draft, { measured, guards });
  if (verdict.kind === 'go') {
    const plan = await keepApplied(work, draft, { measured, guards });
    return { kind: 'applied', plan, result };
  }
  const operations = await readOwnOperations(tx);
  const made = await readOwnMade(tx);
  const people = await listConcerned(tx);
  await draft.beforeTakeBack?.(result);
  await takeBackTo(tx, 'plan');
  work.originN = before.originN;
  work.place = before.place;
  work.written.length = before.written;
  work.atEnd.length = ends;
  const plan = await keepWaiting(work, draft, { measured, guards: verdict.guards, operations, made, people });
  return verdict.kind === 'stale'
    ? { kind: 'stale', plan, result, why: verdict.why }
    : { kind: verdict.kind, plan, result };
}

type Verdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'held' | 'tried'; readonly guards: readonly TrippedGuard[] }
  | { readonly kind: 'stale'; readonly guards: readonly TrippedGuard[]; readonly why: string };

async function judge<T>(
  { tx }: PlannedWork,
  { mode, approved }: PlanDraft<T>,
  { measured, guards }: Applied,
): Promise<Verdict> {
  if (mode === 'dry-run') return { kind: 'tried', guards };
  if (approved === null) {
    if (mode === 'hold') return { kind: 'held', guards: [...guards, ALWAYS] };
    return guards.length === 0 ? { kind: 'go' } : { kind: 'held', guards };
  }
  const removals: Removals = removalsOf(await readOwnOperations(tx));
  const covered: Removals = removalsOf(await listRemovals(tx, approved.n));
  const leaving = new Map(measured.impact.groups.map(({ n, leaving: count }) => [n, count]));
  const excess = excessOver(
    { removals: covered, leaving: await readLeaving(tx, approved.n), guards: approved.guards },
    { removals, leaving, guards },
  );
  const isJoinedMeanwhile = isOfProtected(approved) && (await hasGrownSince(tx, approved.n));
  if (isWithin(excess) && !isJoinedMeanwhile) return { kind: 'go' };
  const isAlways = mode === 'hold' ? [ALWAYS] : [];
  const why = isWithin(excess) ? GROWN : tellExcess(excess);
  return { kind: 'stale', guards: [...guards, ...isAlways], why: `${why}.` };
}

const GROWN = 'somebody was put into what is to be nested in a protected group since the plan was made';

/** J-20: who manages a group that is to be nested in a protected one must not slip into it while the plan waits. */
function isOfProtected({ guards }: PlanRow): boolean {
  return guards.some(({ guard }) => guard === 'protected-group');
}

/** What holds a plan of a kind that always waits. */
export const ALWAYS: TrippedGuard = {
  guard: 'always',
  group: null,
  count: 1,
  limit: 0,
  detail: 'Plans of this kind always wait for a person.',
};

interface Applied {
  readonly measured: Measured;
  readonly guards: readonly TrippedGuard[];
}

/** The plan of what stands; an approved one is settled, any other made. What took nothing leaves no entry in the log. */
async function keepApplied<T>(
  work: PlannedWork,
  draft: PlanDraft<T>,
  { measured, guards }: Applied,
): Promise<PlanRow> {
  const { tx } = work;
  const { counts, impact } = measured;
  const extras = counts.groupsDeleted === 0 ? [] : await readOwnExtras(tx, EXTRAS_FROM);
  if (draft.approved !== null) {
    const settled = await settlePlan(tx, draft.approved.n, 'applied');
    if (settled === null) throw new Error(`Plan ${draft.approved.id} is not approved any more.`);
    await dropOperations(tx, settled.n);
    await keepOperations(tx, settled.n, extras);
    await tell(work, 'plan.applied', settled, settled.reason);
    return settled;
  }
  const { plan } = await insertPlan(
    tx,
    {
      ...rowOf(work, draft, {
        counts,
        people: impact.people,
        guards,
        operations: String(work.place?.seq ?? 0),
      }),
      state: 'applied',
    },
    isEmpty(counts) ? 'nothing' : draft.replaces,
  );
  await keepOperations(tx, plan.n, extras);
  await keepImpact(tx, { plan: plan.n, ...impact });
  if (!takesNothing(counts)) await keepConcernedNow(tx, plan.n);
  if (!takesNothing(counts)) await tell(work, 'plan.applied', plan, null);
  return plan;
}

/** Numbers of operations that are not in the log, beyond those that are. */
const EXTRAS_FROM = 1_000_000_000;

interface Waiting extends Applied {
  readonly operations: readonly OperationRow[];
  readonly made: Awaited<ReturnType<typeof readOwnMade>>;
  readonly people: readonly ConcernedRow[];
}

async function keepWaiting<T>(
  work: PlannedWork,
  draft: PlanDraft<T>,
  { measured, guards, operations, made, people }: Waiting,
): Promise<PlanRow> {
  const { tx } = work;
  const { counts, impact } = measured;
  const state = draft.mode === 'dry-run' ? 'tried' : 'held';
  if (draft.approved !== null) {
    const stale = await settlePlan(tx, draft.approved.n, 'stale');
    if (stale === null) throw new Error(`Plan ${draft.approved.id} is not approved any more.`);
    await tell(work, 'plan.stale', stale, null);
  }
  const texts = operations.map((operation) => JSON.stringify(operation));
  const row = rowOf(work, draft, {
    counts,
    people: impact.people,
    guards,
    operations: digestOperations(texts),
  });
  const { plan } = await insertPlan(tx, { ...row, state });
  await keepOperations(tx, plan.n, operations);
  await keepMadeNames(tx, plan.n, made);
  await keepConcerned(tx, plan.n, people);
  const lasting = new Set(made.map(({ n }) => n));
  const groups = impact.groups.filter(({ n }) => !lasting.has(n));
  await keepImpact(tx, { plan: plan.n, groups, targets: impact.targets });
  if (state === 'held') await tell(work, 'plan.held', plan, null);
  return plan;
}

interface RowParts {
  readonly counts: DirectoryCounts;
  readonly people: number;
  readonly guards: readonly TrippedGuard[];
  readonly operations: string;
}

function rowOf<T>(
  work: PlannedWork,
  draft: PlanDraft<T>,
  { counts, people, guards, operations }: RowParts,
): Omit<Parameters<typeof insertPlan>[1], 'state'> {
  const { kind, subject, title, request } = draft;
  const nonzero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return {
    ...{ kind, subject, title, request, people, guards },
    counts: nonzero,
    sourceN: work.sourceN,
    runN: draft.runN ?? null,
    undoesN: draft.undoesN ?? null,
    hash: hashPlan({ kind, subject, request, counts: nonzero, guards, operations }),
    by: work.by,
    mail: work.rules.mail,
  };
}

function isEmpty(counts: DirectoryCounts): boolean {
  return Object.values(counts).every((count) => count === 0);
}

/** Writes the plan's own entry into the log. */
async function tell(
  work: PlannedWork,
  type: 'plan.held' | 'plan.applied' | 'plan.stale',
  plan: PlanRow,
  reason: string | null,
): Promise<void> {
  const { tx, by, sourceN, originN } = work;
  const after = toldPlan(plan);
  work.place = await recordChange(
    tx,
    { by, sourceN, originN },
    { type, after, ...(reason === null ? {} : { reason }) },
  );
}

/** What the log says of a plan. */
export function toldPlan(plan: PlanRow): Record<string, unknown> {
  const { id, kind, title, hash, counts, people, guards } = plan;
  return {
    plan: id,
    kind,
    title,
    hash,
    counts,
    people,
    guards: guards.map(({ guard, group, detail }) => ({ guard, group, detail })),
  };
}

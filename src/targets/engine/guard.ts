/**
 * The guards before a round (O-07). A push that trips one is a plan of the kind `push`: nothing at all is sent until
 * a person decides. Once it is approved it goes on for as long as what is left to remove was in it (D-30), and a
 * newer plan takes its place when more than passes unasked was not.
 */
import { byEngine } from './attribution.ts';
import { type Excess, excessOver } from '../../core/plans/approval.ts';
import type { TrippedGuard } from '../../core/plans/guards.ts';
import { digestOperations, hashPlan } from '../../core/plans/hash.ts';
import {
  judgePush,
  NOTHING_TO_PUSH,
  type PushCounts,
  type PushLimits,
} from '../../core/targets/push-guard.ts';
import { toldPlan } from '../../plans/guarded.ts';
import { removalsOf } from '../../plans/removals.ts';
import { recordChange, recordOrigin } from '../../store/changes.ts';
import type { Tx } from '../../store/database.ts';
import { keepOperations, listRemovals, type OperationRow } from '../../store/plans/operations.ts';
import { insertPlan } from '../../store/plans/plans.ts';
import { findSource } from '../../store/sources.ts';
import {
  closeWaitingPlan,
  listRemovedObjects,
  listRemovingGroups,
  type PushPlanRow,
  readNewestPlan,
  readPushBase,
  readPushCounts,
  readRemovals,
  type Removals,
  subjectOf,
} from '../../store/targets/holds.ts';
import { readMemberSet } from '../../store/targets/member-sets.ts';
import { isAtVersion } from '../../store/targets/targets.ts';
import { fenced, type TargetContext } from './context.ts';

/** Members to an operation, as the log has them to an entry. */
const MEMBERS_PER_OPERATION = 1_000;

/** True when the next round may be sent; holds it otherwise. */
export async function mayPush(context: TargetContext, limits: PushLimits): Promise<boolean> {
  const { database, target } = context;
  const [removals, plan] = await Promise.all([
    readRemovals(database, target),
    readNewestPlan(database, target),
  ]);
  if (context.distrusts !== null) return holdCanary(context, plan);
  if (plan?.state === 'approved') {
    if (largest(removals) === 0) {
      await closeWaitingPlan(database, target);
      return true;
    }
    const excess = await fenced(context, (tx) => excessOf(context, tx, plan));
    if (Math.max(excess.members, excess.users, excess.groups) <= limits.atLeast) return true;
  } else if (removals.isAnythingWanted && largest(removals) <= limits.atLeast) {
    if (plan?.state === 'held' && !isAboutCanary(plan)) await closeWaitingPlan(database, target);
    return !(plan?.state === 'held' || plan?.state === 'rejected') || !isAboutCanary(plan);
  }
  const verdict = judgePush(countsOf(removals), await readPushBase(database, target), limits);
  if (verdict.kind === 'open') {
    if (plan?.state === 'held') await closeWaitingPlan(database, target);
    return true;
  }
  return hold(context, { plan, guards: verdict.guards });
}

/** After a lie nothing more is sent until a person said so: that approval is what ends the distrust. */
async function holdCanary(context: TargetContext, plan: PushPlanRow | null): Promise<boolean> {
  if (plan?.state === 'approved' && isAboutCanary(plan)) {
    context.distrusts = null;
    return true;
  }
  if (plan !== null && plan.state !== 'applied' && isAboutCanary(plan)) return false;
  const guard = { guard: 'push-canary', group: null, count: 1, limit: 0 } as const;
  return hold(context, { plan, guards: [{ ...guard, detail: `${context.distrusts ?? ''}.` }] });
}

export function isAboutCanary({ guards }: PushPlanRow): boolean {
  return guards.some(({ guard }) => guard === 'push-canary');
}

interface Holding {
  readonly plan: PushPlanRow | null;
  readonly guards: readonly TrippedGuard[];
}

/** Holds what is to be done now, unless it is held so already, or was rejected as it is. */
async function hold(context: TargetContext, { plan, guards }: Holding): Promise<false> {
  const { target, name, version } = context;
  await fenced(context, async (tx) => {
    // Of a target that was changed or removed meanwhile nobody is asked to decide what it would have been sent.
    if (!(await isAtVersion(tx, { n: target, version }))) return;
    const all = await readPushCounts(tx, target);
    const counts = Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
    const operations = await operationsOf(context, tx);
    const facts = { kind: 'push', subject: subjectOf(target), request: { target }, counts, guards } as const;
    const digest = digestOperations(operations.map((operation) => JSON.stringify(operation)));
    // Of what it takes away alone: what comes besides may change while it waits.
    const taking = {
      usersDeactivated: all.usersDeactivated,
      deleted: all.deleted,
      membersRemoved: all.membersRemoved,
    };
    const hash = hashPlan({ ...facts, counts: taking, operations: digest });
    const isKnown = plan !== null && plan.hash === hash && ['held', 'rejected'].includes(plan.state);
    const source = isKnown ? null : await findSource(tx, 'system');
    if (source === null) return;
    const by = byEngine(name);
    const people = new Set(
      operations.flatMap(({ removed, user_n: user }) => [...(removed ?? []), user ?? 0]),
    );
    people.delete(0);
    const title = `Push to ${name}`;
    const { plan: made } = await insertPlan(tx, {
      ...{
        ...facts,
        state: 'held',
        title,
        sourceN: source.n,
        targetN: target,
        people: people.size,
        hash,
        by,
      },
    });
    await keepOperations(tx, made.n, operations);
    const originN = await recordOrigin(tx, by);
    await recordChange(tx, { by, sourceN: source.n, originN }, { type: 'plan.held', after: toldPlan(made) });
  });
  return false;
}

/** A push names everybody whom it takes out one by one. */
const NOBODY: ReadonlyMap<number, number> = new Map();

async function excessOf(context: TargetContext, tx: Tx, plan: PushPlanRow): Promise<Excess> {
  const covered = removalsOf(await listRemovals(tx, plan.n));
  const now = removalsOf(await operationsOf(context, tx));
  return excessOver(
    { removals: covered, leaving: NOBODY, guards: [] },
    { removals: now, leaving: NOBODY, guards: [] },
  );
}

/** What the push would take away, one by one. */
async function operationsOf({ target }: TargetContext, tx: Tx): Promise<OperationRow[]> {
  const operations: Partial<OperationRow>[] = [];
  for (const { kind, n, held } of await listRemovedObjects(tx, target)) {
    if (kind === 'g') operations.push({ type: 'group.deleted', group_n: n });
    else if (held === 'i') operations.push({ type: 'user.deleted', user_n: n });
    else {
      const [before, after] = [{ active: true }, { active: false }];
      operations.push({ type: 'user.updated', user_n: n, before, after });
    }
  }
  for (const group of await listRemovingGroups(tx, target)) {
    const members = await readMemberSet(tx, { target, group, aspect: '-' });
    for (let start = 0; start < members.length; start += MEMBERS_PER_OPERATION) {
      const removed = members.slice(start, start + MEMBERS_PER_OPERATION);
      operations.push({ type: 'membership.direct', group_n: group, removed });
    }
  }
  const nothing = {
    ...{ group_n: null, user_n: null, added: null, added_lines: null, removed: null, removed_lines: null },
    ...{ before: null, after: null },
  };
  return operations.map((operation, at) => ({ ...nothing, type: '', ...operation, at: at + 1 }));
}

function countsOf({ usersDeactivated, deleted, membersRemoved }: Removals): PushCounts {
  return { ...NOTHING_TO_PUSH, usersDeactivated, deleted, membersRemoved };
}

function largest({ usersDeactivated, deleted, membersRemoved }: Removals): number {
  return Math.max(usersDeactivated, deleted, membersRemoved);
}

/**
 * Deciding plans (D-30, D-32). An approval is committed first and carried out then: a process that dies between the
 * two leaves an approved plan, which the next one carries out (`resumeApproved`). Of two decisions one is taken, for
 * the row changes only while it is held.
 */
import { type Actor, isAdministrator } from '../core/actor.ts';
import type { Attribution } from '../core/attribution.ts';
import { isUuid } from '../core/ids.ts';
import type { PlanKind } from '../core/plans/plan.ts';
import { requireTo } from '../core/policies.ts';
import { isRefusal, Refusal } from '../core/refusal.ts';
import { recordChange, recordOrigin } from '../store/changes.ts';
import type { Database, Tx } from '../store/database.ts';
import {
  decidePlan,
  findPlan,
  findWaitingPlan,
  listApprovedPlans,
  lockPlan,
  type PlanRow,
  readPlan,
  settlePlan,
} from '../store/plans/plans.ts';
import { toldPlan } from './guarded.ts';
import type { PlanKindHandlers } from './kinds.ts';

export interface DecisionParts {
  readonly database: Database;
  /** Called after every commit that wrote something. */
  readonly wake: () => void;
  readonly kinds: PlanKindHandlers;
}

export interface Decision {
  readonly plan: string;
  /** The plan that was looked at; null where whoever decides has it before them. */
  readonly hash: string | null;
  readonly reason: string | null;
  readonly by: Attribution;
}

/** The plan of that id. Refuses `plan.not_found`. */
export async function requirePlan(database: Database, id: string): Promise<PlanRow> {
  const plan = isUuid(id) ? await findPlan(database, id.toLowerCase()) : null;
  if (plan === null) throw new Refusal('plan.not_found', { plan: id });
  return plan;
}

/**
 * Approves a held plan and carries it out; answers it as it ended. Refuses `plan.not_found`, `plan.people_only` for a
 * token, `actor.not_allowed` without `plans.approve`, `group.protected` for a file that changes who is in a protected group
 * to those who are no administrators (J-20), `plan.decided`, and `plan.stale` when the hash is another one
 * or when it would remove more than was approved: then a new plan is held in its place.
 */
export async function approvePlan(parts: DecisionParts, decision: Decision): Promise<PlanRow> {
  const approved = await decide(parts, decision, 'approved');
  await carryOutApproved(parts, approved);
  return outcomeOf(parts.database, approved);
}

/** Rejects a held plan; nothing of it is done. Refuses as {@link approvePlan}. */
export async function rejectPlan(parts: DecisionParts, decision: Decision): Promise<PlanRow> {
  const rejected = await decide(parts, decision, 'rejected');
  await parts.kinds[rejected.kind]?.afterRejected?.(rejected);
  return rejected;
}

/** Carries out what was approved and is not done yet, because a process died or could not. Answers how many there were. */
export async function resumeApproved(
  parts: DecisionParts,
  onFault: (error: unknown, plan: PlanRow) => void,
): Promise<number> {
  const kinds = Object.keys(parts.kinds) as PlanKind[];
  const plans = await listApprovedPlans(parts.database, kinds);
  for (const plan of plans) {
    try {
      await carryOutApproved(parts, plan);
    } catch (error) {
      if (!isRefusal(error)) onFault(error, plan);
    }
  }
  return plans.length;
}

async function decide(
  { database, wake, kinds }: DecisionParts,
  { plan: id, hash, reason, by }: Decision,
  state: 'approved' | 'rejected',
): Promise<PlanRow> {
  const plan = await requirePlan(database, id);
  if (by.actor.kind === 'client') throw new Refusal('plan.people_only', { plan: id });
  requireTo('approve-plan', by.actor);
  const beyond = state === 'approved' ? groupBeyond(plan, by.actor) : null;
  if (beyond !== null) throw new Refusal('group.protected', { group: beyond });
  const decided = await database.transaction(async (tx) => {
    const row = await decidePlan(tx, { id: plan.id, hash, state, by, reason });
    if (row === null) return null;
    if (state === 'rejected') await kinds[row.kind]?.onRejected?.(tx, row);
    await tell(tx, { type: `plan.${state}`, plan: row, by, reason });
    return row;
  });
  if (decided === null) throw await whyNot(database, plan, hash);
  wake();
  return decided;
}

/**
 * The protected group that keeps the actor from approving a plan, and not from rejecting it; null where none does.
 * J-20: a feed has no authority over such a group, and an approval lends none but that of whoever approves.
 */
export function groupBeyond({ kind, guards }: Pick<PlanRow, 'kind' | 'guards'>, actor: Actor): string | null {
  if (kind !== 'feed' || isAdministrator(actor)) return null;
  const touched = guards.find(({ guard }) => guard === 'protected-group');
  return touched === undefined ? null : (touched.group?.name ?? '');
}

async function whyNot(database: Database, { n, id }: PlanRow, hash: string | null): Promise<Refusal> {
  const now = await readPlan(database, n);
  if (now.state === 'held' && now.hash !== hash) {
    const why = 'the hash is not that of this plan; look at it again.';
    return new Refusal('plan.stale', { plan: id, why, newPlan: null });
  }
  if (now.state === 'stale' || now.state === 'replaced') return staleRefusal(database, now);
  return new Refusal('plan.decided', { plan: id, state: now.state });
}

/** Carries a plan out; what it refuses makes it stale. Throws `plan.stale` then. */
async function carryOutApproved({ database, kinds, wake }: DecisionParts, plan: PlanRow): Promise<void> {
  try {
    await kinds[plan.kind]?.carryOut(plan);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const by: Attribution = {
      actor: { kind: 'system', id: 'plans' },
      onBehalfOf: null,
      source: plan.source,
      origin: { kind: 'command', command: `plan ${plan.id}` },
      requestId: null,
    };
    const wasSettled = await database.transaction(async (tx) => {
      if ((await lockPlan(tx, plan.n)) !== 'approved') return false;
      const stale = await settlePlan(tx, plan.n, 'stale');
      if (stale === null) return false;
      await kinds[plan.kind]?.onRejected?.(tx, stale);
      await tell(tx, { type: 'plan.stale', plan: stale, by, reason: error.message });
      return true;
    });
    if (!wasSettled) return;
    wake();
    await kinds[plan.kind]?.afterRejected?.(plan);
    if (error.code === 'plan.stale') throw error;
    throw new Refusal('plan.stale', { plan: plan.id, why: error.message, newPlan: null });
  }
}

/** How an approved plan ended. Refuses `plan.stale`. One that another process is carrying out is still approved. */
async function outcomeOf(database: Database, { n }: PlanRow): Promise<PlanRow> {
  const plan = await readPlan(database, n);
  if (plan.state === 'stale' || plan.state === 'replaced') throw await staleRefusal(database, plan);
  return plan;
}

async function staleRefusal(database: Database, plan: PlanRow): Promise<Refusal> {
  const next = await findWaitingPlan(database, plan.subject);
  const why =
    plan.state === 'replaced'
      ? 'a newer plan took its place.'
      : 'carrying it out would have removed more than was approved.';
  return new Refusal('plan.stale', { plan: plan.id, why, newPlan: next?.id ?? plan.replaced_by });
}

async function tell(
  tx: Tx,
  {
    type,
    plan,
    by,
    reason,
  }: {
    readonly type: string;
    readonly plan: PlanRow;
    readonly by: Attribution;
    readonly reason: string | null;
  },
): Promise<void> {
  const originN = await recordOrigin(tx, by);
  const entry = { type, after: toldPlan(plan), ...(reason === null ? {} : { reason }) };
  await recordChange(tx, { by, sourceN: plan.source_n, originN }, entry);
}

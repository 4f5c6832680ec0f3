/** What each kind of plan brings along: how it is carried out once it is approved. Compose hands them over. */
import type { PlanKind } from '../core/plans/plan.ts';
import type { Tx } from '../store/database.ts';
import type { PlanRow } from '../store/plans/plans.ts';

export interface PlanKindHandler {
  /**
   * Carries out an approved plan: computes it again and applies it, or settles it as stale, in one transaction that
   * first locks the plan and leaves it alone when it is not approved any more. May be called by several processes at
   * once, and again after one of them died. What it refuses makes the plan stale.
   */
  carryOut(plan: PlanRow): Promise<void>;
  /** What goes with a rejection, in its transaction. */
  onRejected?(tx: Tx, plan: PlanRow): Promise<void>;
  /** What follows a rejection that is committed; repeated by nobody when the process dies before. */
  afterRejected?(plan: PlanRow): Promise<void>;
}

/** Every kind that this process can carry out. */
export type PlanKindHandlers = Readonly<Partial<Record<PlanKind, PlanKindHandler>>>;

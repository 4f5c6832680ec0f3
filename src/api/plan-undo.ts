import type { Attribution } from '../core/attribution.ts';
import type { PlannedWriteParts } from '../plans/edits/planned-write.ts';
import { planUndo } from '../plans/edits/undoing.ts';
import type { PlanRow } from '../store/plans/plans.ts';
import { planPushUndo } from '../targets/admin/undoing.ts';

/** Plans to undo an applied plan, of the directory or of a target; it always waits for a person. Refuses `plan.not_undoable`. */
export function undoPlan(parts: PlannedWriteParts, plan: PlanRow, by: Attribution): Promise<PlanRow> {
  const isOfTarget = plan.kind === 'push' || plan.kind === 'push-undo';
  return isOfTarget ? planPushUndo(parts.directory, plan, by) : planUndo(parts, plan, by);
}

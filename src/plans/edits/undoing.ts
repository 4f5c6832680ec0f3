/** Plans that undo what plans did to the directory. */
import type { Attribution } from '../../core/attribution.ts';
import { Refusal } from '../../core/refusal.ts';
import { undoMemberships } from '../../directory/undo.ts';
import { leavesAnything } from '../../store/plans/undo.ts';
import { isRetired } from '../../store/retiring.ts';
import type { PlanRow } from '../../store/plans/plans.ts';
import { plannedWrite, type PlannedWriteParts } from './planned-write.ts';

/**
 * Plans to undo an applied plan; it always waits for a person. Refuses `plan.not_undoable`, and what undoMemberships
 * refuses.
 */
export async function planUndo(parts: PlannedWriteParts, plan: PlanRow, by: Attribution): Promise<PlanRow> {
  const xid = plan.applied_xid;
  const refuse = (why: string): Refusal => new Refusal('plan.not_undoable', { plan: plan.id, why });
  if (plan.state !== 'applied' || xid === null)
    throw refuse(`it is ${plan.state} and has done nothing. Undo plans that are applied.`);
  if ((plan.counts.groupsDeleted ?? 0) + (plan.counts.usersDeleted ?? 0) > 0) {
    throw refuse(
      'it deleted groups or users, and what is deleted does not come back. Make it again, and import its members.',
    );
  }
  const { database } = parts.directory;
  if (await isRetired(database, plan.source_n)) {
    throw refuse(`its source ${plan.source} is retired. Import what it asserted by another feed.`);
  }
  if (!(await leavesAnything(database, xid))) {
    throw refuse('it took nobody out by a listing; change the rule or setting of the group back instead.');
  }
  const { result } = await plannedWrite(parts, {
    kind: 'undo',
    title: `Undo of: ${plan.title}`,
    edit: { do: 'undo', plan: plan.id, xid },
    write: (work) => undoMemberships(work, xid),
    by: { ...by, source: plan.source },
    mode: 'hold',
    undoesN: plan.n,
  });
  if (result.plan === null) throw new Error('An undo came to no plan.');
  return result.plan;
}

/** Deciding a held plan: by the hash of what was looked at, with a reason. */
import { approvePlan, rejectPlan } from '../../../plans/decisions.ts';
import type { PlanRow } from '../../../store/plans/plans.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { showPlan } from './plan.tsx';

const MOST_REASON = 1_000;

/** POST /plans/:id/approve */
export async function postApproval(visit: Visit): Promise<ScreenAnswer> {
  const reason = reasonIn(visit);
  if (reason === null) return showPlan(visit, visit.t.plans.reasonMissing);
  const { parts, params, form, by, t } = visit;
  const decision = { plan: params.id ?? '', hash: form.get('hash') ?? '', reason, by };
  const plan = await approvePlan(parts.decisions, decision);
  const text = plan.state === 'applied' ? t.plans.approved(plan.title) : t.plans.underWay(plan.title);
  return { kind: 'go', to: placeOf(plan, form), notice: { tone: 'done', text } };
}

/** POST /plans/:id/reject */
export async function postRejection(visit: Visit): Promise<ScreenAnswer> {
  const reason = reasonIn(visit);
  if (reason === null) return showPlan(visit, visit.t.plans.reasonMissing);
  const { parts, params, form, by, t } = visit;
  const decision = { plan: params.id ?? '', hash: form.get('hash') ?? '', reason, by };
  const plan = await rejectPlan(parts.decisions, decision);
  return {
    kind: 'go',
    to: placeOf(plan, form),
    notice: { tone: 'done', text: t.plans.rejected(plan.title) },
  };
}

function reasonIn({ form }: Visit): string | null {
  const reason = (form.get('reason') ?? '').trim();
  return reason === '' ? null : reason.slice(0, MOST_REASON);
}

/** Back to the file where it was decided there. */
function placeOf({ id, import: run }: PlanRow, form: URLSearchParams): string {
  return run !== null && form.get('back') === `/imports/${run}` ? `/imports/${run}` : `/plans/${id}`;
}

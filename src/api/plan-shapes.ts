/** Plans as this door shows them, and the answer of a write that a guard held. */
import { z } from 'zod';
import { guardNames } from '../core/plans/guards.ts';
import { planKinds, planStates } from '../core/plans/plan.ts';
import type { Performed } from '../directory/work.ts';
import { answers } from '../http/operation.ts';
import type { Planned } from '../plans/guarded.ts';
import { viewOfPlan } from '../plans/view.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer } from './route.ts';
import { actor, cursor, groupName, id, json, kindOfMember, time } from './shapes.ts';

const guard = z.object({
  guard: z.enum(guardNames),
  group: groupName.nullable(),
  count: z.number(),
  limit: z.number(),
  detail: z.string(),
});

export const planShape = z
  .object({
    id,
    kind: z.enum(planKinds),
    state: z.enum(planStates),
    dryRun: z.boolean(),
    title: z.string(),
    source: z.string(),
    target: z.object({ id, name: z.string() }).nullable(),
    import: id.nullable(),
    undoes: id.nullable(),
    hash: z.string(),
    counts: z.record(z.string(), z.int()),
    people: z.int(),
    guards: z.array(guard),
    madeFrom: cursor,
    createdAt: time,
    createdBy: actor,
    decidedAt: time.nullable(),
    decidedBy: actor.nullable(),
    reason: z.string().nullable(),
    replacedBy: id.nullable(),
    endedAt: time.nullable(),
  })
  .meta({ id: 'Plan' });

const named = z.object({ id: id.nullable(), name: z.string().nullable() }).nullable();
const member = z.object({
  type: kindOfMember,
  id: id.nullable(),
  name: z.string().nullable(),
  line: z.int().nullable(),
});

export const operationShape = z
  .object({
    at: z.int(),
    type: z.string(),
    group: named,
    user: named,
    added: z.array(member),
    removed: z.array(member),
    before: json,
    after: json,
  })
  .meta({ id: 'PlanOperation' });

export const leavingShape = z
  .object({ group: groupName, members: z.int().nullable(), leaving: z.int() })
  .meta({ id: 'LeavingGroup' });

export const planDetailShape = planShape
  .extend({
    groups: z.array(leavingShape),
    targets: z.array(z.object({ target: z.object({ id, name: z.string() }), leaving: z.int() })),
  })
  .meta({ id: 'PlanDetail' });

/** What a write that a guard held answers: 202, and the plan that waits. */
export const heldAnswer = answers(planShape, 'Location', 'Muster-Cursor');

/** The answer of a write that a guard held; null where it was done. */
export async function answerHeld(
  parts: ApiParts,
  performed: Performed<Planned<unknown>>,
): Promise<Answer | null> {
  const { kind, plan } = performed.result;
  if (kind !== 'held') return null;
  return {
    status: 202,
    headers: {
      ...(await writtenAt(parts, performed)),
      Location: `${parts.baseUrl}/api/v1/plans/${plan.id}`,
    },
    body: viewOfPlan(plan, ({ xid, seq }) => parts.cursors.seal({ kind: 'row', xid, seq })),
  };
}

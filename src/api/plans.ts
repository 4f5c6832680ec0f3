/** Plans: looking at them, and deciding what is held. */
import { z } from 'zod';
import { type PlanKind, planKinds, type PlanState, planStates } from '../core/plans/plan.ts';
import { requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { answers, takes } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { approvePlan, type DecisionParts, rejectPlan, requirePlan } from '../plans/decisions.ts';
import type { PlannedWriteParts } from '../plans/edits/planned-write.ts';
import { operationsOf, viewOfPlan } from '../plans/view.ts';
import type { Place } from '../store/changes.ts';
import { listLeavingOfGroups, listLeavingOfTargets } from '../store/plans/leaving.ts';
import { listPlans, type PlanRow } from '../store/plans/plans.ts';
import { readBody, readPaging } from './input.ts';
import { undoPlan } from './plan-undo.ts';
import { leavingShape, operationShape, planDetailShape, planShape } from './plan-shapes.ts';
import type { Answer, Call, Route } from './route.ts';
import { pageOf, paging } from './shapes.ts';

const approval = z.strictObject({ hash: z.string(), reason: z.string().trim().min(1).max(1_000) });
const rejection = z.strictObject({ reason: z.string().trim().min(1).max(1_000) });

export interface PlanRouteParts extends PlannedWriteParts {
  readonly decisions: DecisionParts;
  readonly cursorOf: (place: Place) => string;
  /** Key that signs the cursors of lists. */
  readonly listKey: Buffer;
}

/** Groups that a plan shows with itself; the rest is a list of its own. */
const GROUPS_SHOWN = 100;

export function planRoutes(parts: PlanRouteParts): readonly Route[] {
  const people = 'decided-by-policies';
  const [reading, writing] = [
    { scope: 'directory.read', people },
    { scope: 'directory.write', people },
  ] as const;
  return [
    {
      method: 'GET',
      path: '/plans',
      ...reading,
      summary: 'Plans, the newest first',
      query: {
        ...paging,
        state: z.enum(planStates).describe('Only plans that stand so.'),
        kind: z.enum(planKinds).describe('Only plans of this kind.'),
        source: z.string().describe('Only plans of this source.'),
      },
      answers: { 200: answers(pageOf(planShape)) },
      handle: (call) => getPlans(parts, call),
    },
    {
      method: 'GET',
      path: '/plans/:id',
      ...reading,
      summary: 'A plan, with the groups and targets that people leave',
      answers: { 200: answers(planDetailShape) },
      handle: async (call) => {
        const plan = await planOf(parts, call);
        return { status: 200, body: await detailOf(parts, plan) };
      },
    },
    {
      method: 'GET',
      path: '/plans/:id/operations',
      ...reading,
      summary: 'What a plan does, one by one, as the change log has it or would have it',
      query: paging,
      answers: { 200: answers(pageOf(operationShape)) },
      handle: async (call) => {
        const plan = await planOf(parts, call);
        const paged = readPaging(parts.listKey, call.query, `plan operations ${plan.id}`);
        const items = await operationsOf(parts.directory.database, plan, paged.page);
        return { status: 200, body: { items, next: paged.next(items.length, items.at(-1)?.at) } };
      },
    },
    {
      method: 'GET',
      path: '/plans/:id/people',
      ...reading,
      summary: 'Groups that people leave by a plan, and how many',
      query: paging,
      answers: { 200: answers(pageOf(leavingShape)) },
      handle: async (call) => {
        const plan = await planOf(parts, call);
        const paged = readPaging(parts.listKey, call.query, `plan people ${plan.id}`);
        const rows = await listLeavingOfGroups(parts.directory.database, plan.n, paged.page);
        return {
          status: 200,
          body: { items: rows.map(leavingBody), next: paged.next(rows.length, rows.at(-1)?.n) },
        };
      },
    },
    {
      method: 'POST',
      path: '/plans/:id/approve',
      ...writing,
      summary: 'Approves a held plan by its hash, and carries it out; people only',
      body: takes(approval),
      answers: { 200: answers(planDetailShape) },
      handle: async (call) => {
        requirePerson(call);
        const { hash, reason } = readBody(approval, await call.json());
        const plan = await approvePlan(parts.decisions, { plan: idIn(call), hash, reason, by: call.by });
        return { status: 200, body: await detailOf(parts, plan) };
      },
    },
    {
      method: 'POST',
      path: '/plans/:id/reject',
      ...writing,
      summary: 'Rejects a held plan; people only',
      body: takes(rejection),
      answers: { 200: answers(planDetailShape) },
      handle: async (call) => {
        requirePerson(call);
        const { reason } = readBody(rejection, await call.json());
        const plan = await rejectPlan(parts.decisions, { plan: idIn(call), hash: null, reason, by: call.by });
        return { status: 200, body: await detailOf(parts, plan) };
      },
    },
    {
      method: 'POST',
      path: '/plans/:id/undo',
      ...writing,
      summary: 'Makes a plan that undoes an applied one, and waits to be approved',
      answers: { 201: answers(planDetailShape, 'Location') },
      handle: async (call) => {
        const plan = await undoPlan(parts, await planOf(parts, call), call.by);
        return {
          status: 201,
          headers: { Location: `/api/v1/plans/${plan.id}` },
          body: await detailOf(parts, plan),
        };
      },
    },
  ];
}

async function getPlans(parts: PlanRouteParts, call: Call): Promise<Answer> {
  requireSight(call);
  const { query } = call;
  const state = oneOf<PlanState>('state', planStates, query.get('state'));
  const kind = oneOf<PlanKind>('kind', planKinds, query.get('kind'));
  const source = query.get('source');
  const list = `plans ${String(state)} ${String(kind)} ${String(source)}`;
  const paged = readPaging(parts.listKey, query, list);
  const rows = await listPlans(parts.directory.database, { state, kind, source }, paged.page);
  return {
    status: 200,
    body: {
      items: rows.map((plan) => viewOfPlan(plan, parts.cursorOf)),
      next: paged.next(rows.length, rows.at(-1)?.n),
    },
  };
}

/** D-30: programs are told so before anything else of their request is read. */
function requirePerson(call: Call): void {
  if (call.by.actor.kind !== 'client') requireTo('approve-plan', call.by.actor);
  else throw new Refusal('plan.people_only', { plan: idIn(call) });
}

/** Programs were let in by their scope; of people those who may approve plans see them. */
function requireSight({ by: { actor } }: Call): void {
  if (actor.kind === 'user') requireTo('approve-plan', actor);
}

async function planOf({ directory }: PlanRouteParts, call: Call): Promise<PlanRow> {
  requireSight(call);
  return requirePlan(directory.database, idIn(call));
}

function idIn({ params }: Call): string {
  return params.id ?? '';
}

async function detailOf({ directory, cursorOf }: PlanRouteParts, plan: PlanRow): Promise<object> {
  const { database } = directory;
  const [groups, targets] = await Promise.all([
    listLeavingOfGroups(database, plan.n, { after: 0, limit: GROUPS_SHOWN }),
    listLeavingOfTargets(database, plan.n),
  ]);
  return {
    ...viewOfPlan(plan, cursorOf),
    groups: groups.map(leavingBody),
    targets: targets.map(({ id, name, leaving }) => ({ target: { id, name }, leaving })),
  };
}

function leavingBody({
  id,
  name,
  members,
  leaving,
}: Awaited<ReturnType<typeof listLeavingOfGroups>>[number]): object {
  return { group: { id, name }, members, leaving };
}

function oneOf<T extends string>(name: string, all: readonly T[], text: string | null): T | null {
  if (text === null) return null;
  const found = all.find((one) => one === text);
  if (found !== undefined) return found;
  throw new HttpProblem('request.invalid', `${name} must be one of ${all.join(', ')}.`);
}

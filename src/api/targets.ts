/** Targets: services downstream that memberships are pushed to. */
import { z } from 'zod';
import { isUuid } from '../core/ids.ts';
import { change as changeBody, description } from '../targets/admin/description.ts';
import { viewOfPlan } from '../plans/view.ts';
import type { Place } from '../store/changes.ts';
import { askForPush, showPush, testTarget } from '../targets/admin/pushing.ts';
import { planUndoSince } from '../targets/admin/undoing.ts';
import {
  addTarget,
  changeTarget,
  removeTarget,
  showTarget,
  showTargetPage,
  type Targets,
} from '../targets/admin/verbs.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { readBody, readLimit, readWhole } from './input.ts';
import { planShape } from './plan-shapes.ts';
import type { Call, Route } from './route.ts';
import { MERGE_PATCH, pageOf, paging } from './shapes.ts';
import {
  madeTargetShape,
  pushShape,
  targetShape,
  targetStatusShape,
  targetTestShape,
} from './target-shapes.ts';

const pushBody = z.strictObject({
  user: z.string().nullable().default(null),
  full: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});

const undoBody = z.strictObject({ since: z.iso.datetime({ offset: true }) });

const MAX_N = 999_999_999;

export function targetRoutes(targets: Targets, cursorOf: (place: Place) => string): readonly Route[] {
  const scope = 'targets.write';
  return [
    {
      method: 'GET',
      path: '/targets',
      scope,
      summary: 'The targets, oldest first',
      query: paging,
      answers: { 200: answers(pageOf(targetShape)) },
      handle: async ({ query }) => {
        const limit = readLimit(query);
        const after = readWhole(query, 'cursor', { least: 0, most: MAX_N }) ?? 0;
        const { items, next } = await showTargetPage(targets, { after, limit });
        return { status: 200, body: { items, next: next === null ? null : String(next) } };
      },
    },
    {
      method: 'POST',
      path: '/targets',
      scope,
      summary: 'Adds a target; what is shown once is in the answer',
      body: takes(description),
      answers: { 201: answers(madeTargetShape, 'Location') },
      handle: async (call) => {
        const { target, once } = await addTarget(targets, await call.json(), call.by);
        return {
          status: 201,
          headers: { Location: `/api/v1/targets/${target.id}` },
          body: { ...target, ...once },
        };
      },
    },
    {
      method: 'GET',
      path: '/targets/:id',
      scope,
      summary: 'A target, what it holds, and what is to be done',
      answers: { 200: answers(targetStatusShape) },
      handle: async (call) => ({ status: 200, body: await showTarget(targets, idOf(call)) }),
    },
    {
      method: 'PATCH',
      path: '/targets/:id',
      scope,
      summary: 'Changes a target',
      body: takes(changeBody, MERGE_PATCH),
      answers: { 200: answers(targetShape) },
      handle: async (call) => {
        const change = await call.json(MERGE_PATCH);
        return { status: 200, body: await changeTarget(targets, idOf(call), { change, by: call.by }) };
      },
    },
    {
      method: 'DELETE',
      path: '/targets/:id',
      scope,
      summary: 'Forgets a target; what it holds stays there',
      answers: { 204: answersNothing() },
      handle: async (call) => {
        await removeTarget(targets, idOf(call), call.by);
        return { status: 204, body: null };
      },
    },
    {
      method: 'POST',
      path: '/targets/:id/test',
      scope,
      summary: 'Asks a target whether it is there and lets us in; one that is back is pushed to at once',
      answers: { 200: answers(targetTestShape) },
      handle: async (call) => ({
        status: 200,
        body: await testTarget(targets, idOf(call), call.by.actor.id),
      }),
    },
    {
      method: 'POST',
      path: '/targets/:id/push',
      scope,
      summary: 'Pushes at once, to a webhook what waits; the answer says where to follow it',
      body: { ...takes(pushBody), isRequired: false },
      answers: { 202: answers(pushShape, 'Location') },
      handle: async (call) => {
        const wish = readBody(pushBody, await call.jsonIfAny());
        const push = await askForPush(targets, idOf(call), { ...wish, by: call.by.actor.id });
        return {
          status: 202,
          headers: { Location: `/api/v1/targets/${idOf(call)}/pushes/${push.id}` },
          body: push,
        };
      },
    },
    {
      method: 'POST',
      path: '/targets/:id/undo',
      scope,
      summary:
        'Makes a plan that puts back what was taken from a target since a time; it waits to be approved',
      body: takes(undoBody),
      answers: { 201: answers(planShape, 'Location') },
      handle: async (call) => {
        const { since } = readBody(undoBody, await call.json());
        const plan = await planUndoSince(targets, idOf(call), { since: new Date(since), by: call.by });
        return {
          status: 201,
          headers: { Location: `/api/v1/plans/${plan.id}` },
          body: viewOfPlan(plan, cursorOf),
        };
      },
    },
    {
      method: 'GET',
      path: '/targets/:id/pushes/:push',
      scope,
      summary: 'How far a push is, with each step',
      answers: { 200: answers(pushShape) },
      handle: async ({ params }) => {
        const id = params.push ?? '';
        const push = isUuid(id) ? await showPush(targets, id) : null;
        if (push === null) throw new HttpProblem('path.not_found', 'There is no such push.');
        return { status: 200, body: push };
      },
    },
  ];
}

function idOf({ params }: Call): string {
  return params.id ?? '';
}

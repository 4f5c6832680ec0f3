/**
 * Conflicts: names that a client with a namespace of its own found taken outside of it, and what files and the
 * directory disagree about. Both are numbered by one sequence and make one list.
 */
import { z } from 'zod';
import { findPlace } from '../core/feeds/stated.ts';
import { isUuid, parseUserId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { answerConflict, revokeGrant } from '../directory/conflicts.ts';
import { decideDisagreement } from '../directory/disagreements.ts';
import { perform } from '../directory/work.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import {
  conflictBody,
  type ConflictKindName,
  conflictKinds,
  conflictStates,
  disagreementBody,
  pageOfConflicts,
} from './conflict-views.ts';
import { readBody, readPaging } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, json, pageOf, paging, time } from './shapes.ts';

const decisionBody = z.strictObject({ reason: z.string().max(1_000).nullable().default(null) });

const conflictShape = z
  .object({
    id: idShape,
    kind: z.string(),
    client: z.string(),
    name: z.string(),
    user: idShape.optional(),
    group: idShape.optional(),
    times: z.int(),
    openedAt: time,
    lastAt: time,
    decision: z.string().nullable(),
    decidedAt: time.nullable(),
    decidedBy: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'ClientConflict' });
const disagreementShape = z
  .object({
    id: idShape,
    kind: z.enum(['identity', 'login', 'drift']),
    source: z.string(),
    code: z.string(),
    detail: z.string(),
    users: z.array(z.object({ id: idShape, userName: z.string().nullable(), stub: z.boolean() })),
    cell: z.string().nullable(),
    attribute: z.string().nullable(),
    stated: json,
    current: json,
    file: z.string(),
    line: z.int().nullable(),
    times: z.int(),
    openedAt: time,
    lastAt: time,
    resolution: z.enum(['merge', 'separate', 'keep']).nullable(),
    decidedAt: time.nullable(),
    decidedBy: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Disagreement' });
const resolveBody = z.strictObject({
  resolution: z.enum(['merge', 'separate', 'keep']),
  reason: z.string().max(1_000).nullable().default(null),
  into: idShape.nullable().default(null),
});

export function conflictRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/conflicts',
      scope: 'audit.read',
      summary:
        'Names that clients found taken, and what files and the directory disagree about, the newest first',
      query: {
        ...paging,
        state: z.enum(conflictStates).default('open'),
        kind: z.enum(conflictKinds).describe('Only conflicts of this kind.'),
      },
      answers: { 200: answers(pageOf(z.union([conflictShape, disagreementShape]))) },
      handle: (call) => getConflicts(parts, call),
    },
    {
      method: 'POST',
      path: '/conflicts/:id/resolve',
      scope: 'admin',
      summary: 'Decides what a file and the directory disagree about: merge, separate, or keep',
      body: takes(resolveBody),
      answers: { 200: answers(disagreementShape, 'Muster-Cursor') },
      handle: (call) => resolve(parts, call),
    },
    {
      method: 'POST',
      path: '/conflicts/:id/grant',
      scope: 'admin',
      summary: 'Lets the client have the user or group whose name it asked for',
      body: takes(decisionBody),
      answers: { 200: answers(conflictShape, 'Muster-Cursor') },
      handle: (call) => decide(parts, call, 'granted'),
    },
    {
      method: 'POST',
      path: '/conflicts/:id/dismiss',
      scope: 'admin',
      summary: 'Leaves things as they are; the next time opens the conflict anew',
      body: takes(decisionBody),
      answers: { 200: answers(conflictShape, 'Muster-Cursor') },
      handle: (call) => decide(parts, call, 'dismissed'),
    },
    {
      method: 'DELETE',
      path: '/conflicts/:id/grant',
      scope: 'admin',
      summary: 'Takes back what a conflict granted',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: async (call) => {
        const id = idOf(call);
        const performed = await perform(parts.directory, call.by, (work) => revokeGrant(work, id));
        return { status: 204, headers: await writtenAt(parts, performed), body: null };
      },
    },
  ];
}

async function getConflicts(parts: ApiParts, { query }: Call): Promise<Answer> {
  const state = conflictStates.find((name) => name === (query.get('state') ?? 'open'));
  if (state === undefined) {
    throw new HttpProblem('request.invalid', 'state must be open, decided or all.');
  }
  const kind = readKind(query.get('kind'));
  const paging = readPaging(parts.listKey, query, `conflicts ${state} ${kind ?? ''}`);
  const { after, limit } = paging.page;
  const before = after === 0 ? null : after;
  const { rows, isFull } = await pageOfConflicts(parts.directory.database, { state, kind, before, limit });
  return {
    status: 200,
    body: {
      items: rows.map(({ body }) => body),
      next: paging.next(isFull ? limit : rows.length, rows.at(-1)?.n),
    },
  };
}

function readKind(text: string | null): ConflictKindName | null {
  const kind = conflictKinds.find((name) => name === text);
  if (text !== null && kind === undefined) {
    throw new HttpProblem('request.invalid', `kind must be one of ${conflictKinds.join(', ')}.`);
  }
  return kind ?? null;
}

async function resolve(parts: ApiParts, call: Call): Promise<Answer> {
  const { resolution, reason, into } = readBody(resolveBody, await call.json());
  const decision = {
    disagreement: idOf(call),
    resolution,
    reason,
    into: into === null ? null : parseUserId(into),
  };
  const performed = await perform(parts.directory, call.by, (work) =>
    decideDisagreement(work, {
      ...decision,
      placeOf: (spelling) => findPlace(parts.registry.user, spelling),
    }),
  );
  return {
    status: 200,
    headers: await writtenAt(parts, performed),
    body: disagreementBody(performed.result),
  };
}

async function decide(parts: ApiParts, call: Call, decision: 'granted' | 'dismissed'): Promise<Answer> {
  const { reason } = readBody(decisionBody, await call.json());
  const conflict = idOf(call);
  const performed = await perform(parts.directory, call.by, (work) =>
    answerConflict(work, { conflict, decision, reason }),
  );
  return {
    status: 200,
    headers: await writtenAt(parts, performed),
    body: conflictBody(performed.result),
  };
}

function idOf({ params }: Call): string {
  const id = params.id ?? '';
  if (!isUuid(id)) throw new Refusal('conflict.not_found', { conflict: id });
  return id;
}

/** Conflicts: names that a client with a namespace of its own found taken outside of it. */
import { z } from 'zod';
import { isUuid } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { answerConflict, revokeGrant } from '../directory/conflicts.ts';
import { perform } from '../directory/work.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { type ConflictRow, listConflicts } from '../store/conflicts.ts';
import { readBody, readPaging } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, pageOf, paging, time } from './shapes.ts';

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
  .meta({ id: 'Conflict' });

export function conflictRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/conflicts',
      scope: 'audit.read',
      summary: 'Names that clients found taken outside of their namespace, the newest first',
      query: { ...paging, state: z.enum(['open', 'decided', 'all']).default('open') },
      answers: { 200: answers(pageOf(conflictShape)) },
      handle: (call) => getConflicts(parts, call),
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
  const state = query.get('state') ?? 'open';
  if (state !== 'open' && state !== 'decided' && state !== 'all') {
    throw new HttpProblem('request.invalid', 'state must be open, decided or all.');
  }
  const paging = readPaging(parts.listKey, query, `conflicts ${state}`);
  const { after, limit } = paging.page;
  const rows = await listConflicts(parts.directory.database, {
    state: state === 'all' ? null : state,
    before: after === 0 ? null : after,
    limit,
  });
  return {
    status: 200,
    body: { items: rows.map(conflictBody), next: paging.next(rows.length, rows.at(-1)?.n) },
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

function conflictBody(row: ConflictRow): object {
  return {
    id: row.id,
    kind: row.kind,
    client: row.client,
    name: row.name,
    ...(row.kind === 'userName.taken' ? { user: row.node_id } : { group: row.node_id }),
    times: row.times,
    openedAt: row.opened_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    decision: row.decision,
    decidedAt: row.decided_at?.toISOString() ?? null,
    decidedBy: row.decided_by,
    reason: row.reason,
  };
}

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
import { type ConflictRow, listConflicts } from '../store/conflicts.ts';
import { type DisagreementRow, listDisagreements } from '../store/feeds/disagreement-rows.ts';
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
const KINDS = ['userName.taken', 'displayName.taken', 'identity', 'login', 'drift'] as const;

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
        state: z.enum(['open', 'decided', 'all']).default('open'),
        kind: z.enum(KINDS).describe('Only conflicts of this kind.'),
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
  const state = query.get('state') ?? 'open';
  if (state !== 'open' && state !== 'decided' && state !== 'all') {
    throw new HttpProblem('request.invalid', 'state must be open, decided or all.');
  }
  const kind = readKind(query.get('kind'));
  const paging = readPaging(parts.listKey, query, `conflicts ${state} ${kind ?? ''}`);
  const { after, limit } = paging.page;
  const before = after === 0 ? null : after;
  const { database } = parts.directory;
  const ofClients =
    kind === null || kind === 'userName.taken' || kind === 'displayName.taken'
      ? await listConflicts(database, { state: state === 'all' ? null : state, before, limit })
      : [];
  const ofFiles =
    kind === 'userName.taken' || kind === 'displayName.taken'
      ? []
      : await listDisagreements(database, {
          state: state === 'all' ? null : state === 'open' ? 'open' : 'resolved',
          kind,
          before,
          limit,
        });
  const page = [
    ...ofClients
      .filter((row) => kind === null || row.kind === kind)
      .map((row) => ({ n: row.n, body: conflictBody(row) })),
    ...ofFiles.map((row) => ({ n: row.n, body: disagreementBody(row) })),
  ]
    .sort((a, b) => b.n - a.n)
    .slice(0, limit);
  const most = Math.max(ofClients.length, ofFiles.length, page.length);
  return {
    status: 200,
    body: { items: page.map(({ body }) => body), next: paging.next(most, page.at(-1)?.n) },
  };
}

type Kind = (typeof KINDS)[number];

function readKind(text: string | null): Kind | null {
  const kind = KINDS.find((name) => name === text);
  if (text !== null && kind === undefined) {
    throw new HttpProblem('request.invalid', `kind must be one of ${KINDS.join(', ')}.`);
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

/** A disagreement as the API shows it. */
function disagreementBody(row: DisagreementRow): object {
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    code: row.code,
    detail: row.detail,
    users: row.users.map(({ id, userName, stub }) => ({ id, userName, stub })),
    cell: row.cell,
    attribute: row.attribute,
    stated: row.stated,
    current: row.current,
    file: row.file,
    line: row.line,
    times: row.times,
    openedAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    resolution: row.resolution,
    decidedAt: row.resolved_at?.toISOString() ?? null,
    decidedBy: row.resolved_by,
    reason: row.reason,
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

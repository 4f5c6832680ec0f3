/** What a client sent lately, what Muster understood of it, and what came of it. */
import { z } from 'zod';
import { Refusal } from '../core/refusal.ts';
import { answers } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { findClient } from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { listTraces, type TraceRow } from '../store/scim/traces.ts';
import { readPaging } from './input.ts';
import type { Answer, Call, Route } from './route.ts';
import { pageOf, paging, time } from './shapes.ts';

const open = z.record(z.string(), z.unknown());

const traceShape = z
  .object({
    at: time,
    requestId: z.string(),
    method: z.string(),
    path: z.string(),
    status: z.int(),
    milliseconds: z.int(),
    received: z.object({ query: open, body: z.unknown() }),
    normalised: z.array(z.unknown()),
    notes: z.array(
      z.object({ path: z.string(), what: z.enum(['dropped', 'coerced', 'ignored']), why: z.string() }),
    ),
    changed: z.array(open),
    answered: open,
  })
  .meta({ id: 'RequestTrace' });

export interface ClientTraceParts {
  readonly database: Database;
  /** Key that signs the cursors of lists. */
  readonly listKey: Buffer;
  /** Writes down what this instance has not written yet. */
  readonly flush: () => Promise<void>;
}

export function clientTraceRoutes(parts: ClientTraceParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/clients/:id/traces',
      scope: 'audit.read',
      summary: 'Requests of a client over SCIM, the newest first; `outcome` is done or refused',
      query: { ...paging, outcome: z.enum(['done', 'refused']).describe('Only these; both when left out.') },
      answers: { 200: answers(pageOf(traceShape)) },
      handle: (call) => getTraces(parts, call),
    },
  ];
}

async function getTraces(
  { database, listKey, flush }: ClientTraceParts,
  { params, query }: Call,
): Promise<Answer> {
  const name = params.id ?? '';
  const client = await findClient(database, name);
  if (client === null) throw new Refusal('client.not_found', { client: name });
  const outcome = query.get('outcome');
  if (outcome !== null && outcome !== 'done' && outcome !== 'refused') {
    throw new HttpProblem('request.invalid', 'outcome must be done or refused.');
  }
  const pages = readPaging(listKey, query, `traces ${client.id} ${String(outcome)}`);
  const { after, limit } = pages.page;
  await flush();
  const rows = await listTraces(database, {
    source: client.source_n,
    outcome,
    before: after === 0 ? null : after,
    limit,
  });
  return {
    status: 200,
    body: { items: rows.map(traceBody), next: pages.next(rows.length, rows.at(-1)?.n) },
  };
}

/** A trace as it is shown, here and by the command line. */
export function traceBody(row: TraceRow): object {
  const { at, method, path, status, milliseconds, trace } = row;
  return { at: at.toISOString(), requestId: row.request_id, method, path, status, milliseconds, ...trace };
}

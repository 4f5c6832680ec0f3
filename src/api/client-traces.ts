/** What a client sent lately, what Muster understood of it, and what came of it. */
import { Refusal } from '../core/refusal.ts';
import { HttpProblem } from '../http/problem.ts';
import { findClient } from '../store/clients.ts';
import type { Database } from '../store/database.ts';
import { listTraces, type TraceRow } from '../store/scim/traces.ts';
import { readPaging } from './input.ts';
import type { Answer, Call, Route } from './route.ts';

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
  const paging = readPaging(listKey, query, `traces ${client.id} ${String(outcome)}`);
  const { after, limit } = paging.page;
  await flush();
  const rows = await listTraces(database, {
    source: client.source_n,
    outcome,
    before: after === 0 ? null : after,
    limit,
  });
  return {
    status: 200,
    body: { items: rows.map(traceBody), next: paging.next(rows.length, rows.at(-1)?.n) },
  };
}

/** A trace as it is shown, here and by the command line. */
export function traceBody(row: TraceRow): object {
  const { at, method, path, status, milliseconds, trace } = row;
  return { at: at.toISOString(), requestId: row.request_id, method, path, status, milliseconds, ...trace };
}

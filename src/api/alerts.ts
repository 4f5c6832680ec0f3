/** Alerts: what a person should look at. */
import { z } from 'zod';
import { alertSentence } from '../core/alert.ts';
import { isUuid } from '../core/ids.ts';
import { answers, takes } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { type AlertQuery, type AlertRow, listAlerts, resolveAlert } from '../store/alerts.ts';
import { readBody, readPaging } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, pageOf, paging, time } from './shapes.ts';

const resolution = z.strictObject({ reason: z.string().max(1_000).nullable().default(null) });

const alertShape = z
  .object({
    id: idShape,
    kind: z.string(),
    subject: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    times: z.int(),
    raisedAt: time,
    lastAt: time,
    resolvedAt: time.nullable(),
    resolvedBy: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Alert' });

export function alertRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/alerts',
      scope: 'audit.read',
      summary: 'Alerts, the newest first: open ones, or those of `state` and `kind`',
      query: {
        ...paging,
        state: z.enum(['open', 'resolved', 'all']).default('open'),
        kind: z.string().describe('Only alerts of this kind.'),
      },
      answers: { 200: answers(pageOf(alertShape)) },
      handle: (call) => getAlerts(parts, call),
    },
    {
      method: 'POST',
      path: '/alerts/:id/resolve',
      scope: 'admin',
      summary: 'Resolves an alert, with a reason',
      body: takes(resolution),
      answers: { 200: answers(alertShape) },
      handle: async (call) => {
        const { reason } = readBody(resolution, await call.json());
        const id = call.params.id ?? '';
        const row = isUuid(id)
          ? await resolveAlert(parts.directory.database, { id, by: call.by.actor.id, reason })
          : null;
        if (row === null) throw new HttpProblem('path.not_found', 'There is no such alert.');
        return { status: 200, body: alertBody(row) };
      },
    },
  ];
}

async function getAlerts(parts: ApiParts, { query }: Call): Promise<Answer> {
  const state = readState(query.get('state'));
  const kind = query.get('kind');
  const paging = readPaging(parts.listKey, query, `alerts ${String(state)} ${String(kind)}`);
  const { after, limit } = paging.page;
  const rows = await listAlerts(parts.directory.database, {
    state,
    kind,
    before: after === 0 ? null : after,
    limit,
  });
  return {
    status: 200,
    body: { items: rows.map(alertBody), next: paging.next(rows.length, rows.at(-1)?.n) },
  };
}

function readState(text: string | null): AlertQuery['state'] {
  if (text === null || text === 'open') return 'open';
  if (text === 'resolved') return 'resolved';
  if (text === 'all') return null;
  throw new HttpProblem('request.invalid', 'state must be open, resolved or all.');
}

/** An alert as it is shown. */
export function alertBody(row: AlertRow): object {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    message: alertSentence(row.kind, row.details),
    details: row.details,
    times: row.times,
    raisedAt: row.raised_at.toISOString(),
    lastAt: row.last_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
    resolvedBy: row.resolved_by,
    reason: row.reason,
  };
}

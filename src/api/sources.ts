/** Sources: who asserts facts, how feeds are set, when they delivered last and are expected next. */
import { z } from 'zod';
import type { FeedSettings } from '../core/feeds/settings.ts';
import { Refusal } from '../core/refusal.ts';
import { answers, takes } from '../http/operation.ts';
import { planRetirement } from '../plans/edits/retiring.ts';
import type { PlannedWriteParts } from '../plans/edits/planned-write.ts';
import { viewOfPlan } from '../plans/view.ts';
import { type ImportView, viewOfRun } from '../sources/feeds/run-view.ts';
import { type Place, placeOfNow } from '../store/changes.ts';
import type { Database } from '../store/database.ts';
import { lastRunOf, listSourceStates, type SourceState } from '../store/feeds/deliveries.ts';
import { importShape } from './imports.ts';
import { readBody, readClaim, readLimit, readWhole } from './input.ts';
import { CURSOR_HEADER } from './parts.ts';
import { planShape } from './plan-shapes.ts';
import type { Answer, Call, Route } from './route.ts';
import { claim, pageOf, paging, time } from './shapes.ts';

export interface SourceRouteParts extends PlannedWriteParts {
  readonly database: Database;
  readonly feeds: ReadonlyMap<string, FeedSettings>;
  readonly cursorOf: (place: Place) => string;
}

const settingsShape = z.object({
  mode: z.enum(['actions', 'delta', 'snapshot']),
  complete: z.enum(['settle', 'rename', 'marker']),
  encoding: z.string().nullable(),
  delimiter: z.string().nullable(),
  identityOrder: z.string(),
  idp: z.string().nullable(),
  createRoles: z.boolean(),
  allowedRoles: z.array(z.string()).nullable(),
  mayBindLogin: z.boolean(),
  deletedUsers: z.enum(['delete', 'deactivate']),
  expectedEverySeconds: z.int().nullable(),
  columns: z.record(z.string(), z.string()),
  isMapped: z.boolean(),
});
const sourceShape = z
  .object({
    name: z.string(),
    kind: z.enum(['client', 'feed', 'idp', 'console', 'self-service', 'system']),
    createdAt: time,
    lastRun: importShape.nullable(),
    lastDelivery: time.nullable(),
    nextExpected: time.nullable(),
    overdue: z.boolean(),
    memberships: z.int().optional(),
    settings: settingsShape.nullable(),
  })
  .meta({ id: 'Source' });

const MAX_N = 999_999_999;
const retirement = z.strictObject({ handTo: z.string().min(1).nullable().default(null) });

export function sourceRoutes(parts: SourceRouteParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/sources',
      scope: 'directory.read',
      summary: 'Sources with their settings; of feeds also the last run and when the next file is expected',
      query: paging,
      answers: { 200: answers(pageOf(sourceShape)) },
      handle: async ({ query }) => {
        const limit = readLimit(query);
        const after = readWhole(query, 'cursor', { least: 0, most: MAX_N }) ?? 0;
        const states = await listSourceStates(parts.database, { name: null, after, limit });
        const last = states.at(-1);
        const items = await Promise.all(states.map((state) => sourceBody(parts, state)));
        return { status: 200, body: { items, next: states.length < limit ? null : String(last?.n) } };
      },
    },
    {
      method: 'GET',
      path: '/sources/:name',
      scope: 'directory.read',
      summary: 'One source, by its name, with how many memberships it asserts',
      answers: { 200: answers(sourceShape) },
      handle: async ({ params }) => {
        const name = params.name ?? '';
        const [state] = await listSourceStates(parts.database, { name, after: 0, limit: 1 });
        if (state === undefined) throw new Refusal('source.not_found', { source: name });
        return { status: 200, body: { ...(await sourceBody(parts, state)), memberships: state.asserts } };
      },
    },
    {
      method: 'POST',
      path: '/sources/:name/retire',
      scope: 'admin',
      summary: 'Retires a source: what it asserts ends, or is handed over to another; a plan',
      query: { dryRun: claim('Says what it would do, and does nothing.') },
      body: takes(retirement),
      answers: { 200: answers(planShape, 'Muster-Cursor'), 202: answers(planShape, 'Muster-Cursor') },
      handle: (call) => retire(parts, call),
    },
  ];
}

async function retire(parts: SourceRouteParts, call: Call): Promise<Answer> {
  const { handTo } = readBody(retirement, await call.jsonIfAny());
  const mode = readClaim(call.query, 'dryRun') ? 'dry-run' : 'unless-guarded';
  const source = call.params.name ?? '';
  const { result, place } = await planRetirement(parts, call.by, { source, into: handTo, mode });
  if (result.plan === null) throw new Error('A retirement came to no plan.');
  return {
    status: result.kind === 'held' ? 202 : 200,
    headers: { [CURSOR_HEADER]: parts.cursorOf(place ?? (await placeOfNow(parts.database))) },
    body: viewOfPlan(result.plan, parts.cursorOf),
  };
}

async function sourceBody(
  { database, feeds, cursorOf }: SourceRouteParts,
  state: SourceState,
): Promise<Record<string, unknown> & { readonly lastRun: ImportView | null }> {
  const run = await lastRunOf(database, state);
  const settings = state.kind === 'feed' ? (feeds.get(state.name) ?? null) : null;
  const since = state.last_delivery ?? state.created_at;
  const every = settings?.expectedEvery ?? null;
  return {
    name: state.name,
    kind: state.kind,
    createdAt: state.created_at.toISOString(),
    lastRun: run === null ? null : viewOfRun(run, cursorOf),
    lastDelivery: state.last_delivery?.toISOString() ?? null,
    nextExpected: every === null ? null : new Date(since.getTime() + every).toISOString(),
    overdue: state.overdue,
    settings: settings === null ? null : settingsBody(settings),
  };
}

function settingsBody(settings: FeedSettings): object {
  return {
    mode: settings.mode,
    complete: settings.completeness,
    encoding: settings.encoding,
    delimiter: settings.delimiter,
    identityOrder: settings.identityOrder.join('|'),
    idp: settings.idp,
    createRoles: settings.createRoles === 'create',
    allowedRoles: settings.allowedRoles,
    mayBindLogin: settings.loginKeys === 'bind',
    deletedUsers: settings.deletedUsers,
    expectedEverySeconds: settings.expectedEvery === null ? null : settings.expectedEvery / 1_000,
    columns: Object.fromEntries([...settings.columns].map(([column, { spelling }]) => [column, spelling])),
    isMapped: settings.mapping !== null,
  };
}

/** Imports: files that are uploaded, and the runs of all that came in by file. */
import { z } from 'zod';
import { answers } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { isUuid } from '../core/ids.ts';
import { FileFault } from '../core/feeds/fault.ts';
import { Refusal } from '../core/refusal.ts';
import { type ImportParts, takeUpload } from '../sources/feeds/import-file.ts';
import { viewOfRun } from '../sources/feeds/run-view.ts';
import { listOutcomes, type OutcomeRow, type RowOutcome } from '../store/feeds/outcomes.ts';
import { findRun, listRuns, type RunRow, type RunState } from '../store/feeds/run-rows.ts';
import { readClaim, readLimit, readWhole } from './input.ts';
import type { Route } from './route.ts';
import { claim, id as idShape, pageOf, paging, time } from './shapes.ts';

const outcomes = ['applied', 'unchanged', 'refused', 'suppressed', 'held'] as const satisfies RowOutcome[];
const STATES = [
  'waiting',
  'reading',
  'planning',
  'held',
  'applying',
  'applied',
  'rejected',
] as const satisfies RunState[];
const FILE_TYPES = [
  'text/csv',
  'application/csv',
  'text/plain',
  'application/zip',
  'application/octet-stream',
];

const counts = z.object({
  total: z.int(),
  ...{ applied: z.int(), unchanged: z.int(), refused: z.int(), suppressed: z.int(), held: z.int() },
});
/** An import as the API shows it. */
export const importShape = z
  .object({
    id: idShape,
    source: z.string(),
    file: z.string(),
    sha256: z.string().nullable(),
    state: z.enum(STATES),
    mode: z.string(),
    dryRun: z.boolean(),
    progress: z.object({ done: z.int(), total: z.int().nullable() }),
    rows: counts.nullable(),
    plan: idShape.nullable(),
    cursor: z.string().nullable(),
    error: z.object({ code: z.string(), detail: z.string() }).nullable(),
    notes: z.array(z.object({ code: z.string(), detail: z.string() })),
    outcome: z.enum(['applied', 'unchanged', 'refused', 'rejected', 'held', 'pending']),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Import' });
const rowShape = z
  .object({
    line: z.int(),
    file: z.string().optional(),
    outcome: z.enum(outcomes),
    code: z.string().nullable(),
    detail: z.string().nullable(),
    original: z.string(),
  })
  .meta({ id: 'ImportRow' });
const MAX_LINE = 999_999_999;

export interface ImportRouteParts extends ImportParts {
  /** Told of an upload whose import failed by a fault of ours; the watcher takes it up again. */
  readonly onFault: (error: unknown) => void;
}

export function importRoutes(parts: ImportRouteParts): readonly Route[] {
  const scope = 'imports.write';
  return [
    {
      method: 'POST',
      path: '/imports',
      scope,
      summary: 'Takes a CSV file, or a zip of a set; it is safe when this answers, and applied soon after',
      query: {
        source: z.string().default('csv').describe('The feed that the file belongs to.'),
        dryRun: claim('Says what the file would do, and does nothing.'),
        file: z.string().default('upload.csv').describe('A name to know it by.'),
      },
      body: {
        content: Object.fromEntries(FILE_TYPES.map((type) => [type, z.string()])),
        isRequired: true,
      },
      answers: { 202: answers(importShape, 'Location') },
      handle: async (call) => {
        const { run, ended } = await takeUpload(parts, {
          source: call.query.get('source') ?? 'csv',
          dryRun: readClaim(call.query, 'dryRun'),
          file: call.query.get('file') ?? 'upload.csv',
          content: call.content(FILE_TYPES),
          actor: call.by.actor,
          requestId: call.by.requestId,
        }).catch((error: unknown) => {
          throw error instanceof FileFault ? new HttpProblem('body.too_large', error.message) : error;
        });
        ended.catch(parts.onFault);
        return {
          status: 202,
          headers: { Location: `/api/v1/imports/${run.id}` },
          body: viewOfRun(run, parts.cursorOf),
        };
      },
    },
    {
      method: 'GET',
      path: '/imports',
      scope,
      summary: 'Imports, the newest first',
      query: {
        ...paging,
        source: z.string().describe('Only those of this feed.'),
        state: z.enum(STATES).describe('Only those in this state.'),
      },
      answers: { 200: answers(pageOf(importShape)) },
      handle: async ({ query }) => {
        const limit = readLimit(query);
        const before = readWhole(query, 'cursor', { least: 1, most: MAX_LINE });
        const state = readState(query.get('state'));
        const runs = await listRuns(parts.database, { source: query.get('source'), state, before, limit });
        const last = runs.at(-1);
        const next = last === undefined || runs.length < limit ? null : String(last.n);
        return { status: 200, body: { items: runs.map((run) => viewOfRun(run, parts.cursorOf)), next } };
      },
    },
    {
      method: 'GET',
      path: '/imports/:id',
      scope,
      summary: 'An import: how far it is, and how it ended',
      answers: { 200: answers(importShape) },
      handle: async ({ params }) => ({
        status: 200,
        body: viewOfRun(await requireRun(parts, params.id ?? ''), parts.cursorOf),
      }),
    },
    {
      method: 'GET',
      path: '/imports/:id/rows',
      scope,
      summary: 'The outcome of each row, by line; of a large file the refusals',
      query: { ...paging, outcome: z.enum(outcomes).describe('Only rows that ended so.') },
      answers: { 200: answers(pageOf(rowShape)) },
      handle: async ({ params, query }) => {
        const run = await requireRun(parts, params.id ?? '');
        const limit = readLimit(query);
        const after = readWhole(query, 'cursor', { least: 0, most: MAX_LINE }) ?? 0;
        const outcome = readOutcome(query.get('outcome'));
        const items = await listOutcomes(parts.database, { run: run.n, after, limit, outcome });
        const last = items.at(-1);
        const next = last === undefined || items.length < limit ? null : String(last.line);
        return { status: 200, body: { items: items.map(rowBody), next } };
      },
    },
  ];
}

/** A row of a set says in which of its files it stands, and on which line there. */
function rowBody({ line, file, file_line: fileLine, ...row }: OutcomeRow): object {
  return file === null ? { line, ...row } : { line: fileLine, file, ...row };
}

async function requireRun({ database }: ImportParts, id: string): Promise<RunRow> {
  const run = isUuid(id) ? await findRun(database, id) : null;
  if (run === null) throw new Refusal('import.not_found', { import: id });
  return run;
}

function readState(text: string | null): RunState | null {
  const state = STATES.find((name) => name === text);
  if (text !== null && state === undefined) {
    throw new HttpProblem('request.invalid', `state must be one of ${STATES.join(', ')}.`);
  }
  return state ?? null;
}

function readOutcome(text: string | null): RowOutcome | null {
  if (text === null) return null;
  const outcome = outcomes.find((name) => name === text);
  if (outcome === undefined) {
    throw new HttpProblem('request.invalid', `outcome must be one of ${outcomes.join(', ')}.`);
  }
  return outcome;
}

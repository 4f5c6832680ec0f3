/** Imports: files that are uploaded, and the runs of all that came in by file. */
import { HttpProblem } from '../http/problem.ts';
import { isUuid } from '../core/ids.ts';
import { FileFault } from '../core/feeds/fault.ts';
import { Refusal } from '../core/refusal.ts';
import { type ImportParts, takeUpload } from '../sources/feeds/import-file.ts';
import { viewOfRun } from '../sources/feeds/run-view.ts';
import { listOutcomes, type RowOutcome } from '../store/feeds/outcomes.ts';
import { findRun, type RunRow } from '../store/feeds/runs.ts';
import { readClaim, readLimit, readWhole } from './input.ts';
import type { Route } from './route.ts';

const outcomes: readonly RowOutcome[] = ['applied', 'unchanged', 'refused', 'suppressed', 'held'];
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
      summary: 'Takes a CSV file; it is safe when this answers, and applied soon after',
      handle: async (call) => {
        const { run, ended } = await takeUpload(parts, {
          source: call.query.get('source') ?? 'csv',
          dryRun: readClaim(call.query, 'dryRun'),
          file: call.query.get('file') ?? 'upload.csv',
          content: call.content(['text/csv', 'application/csv', 'text/plain', 'application/octet-stream']),
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
      path: '/imports/:id',
      scope,
      summary: 'An import: how far it is, and how it ended',
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
      handle: async ({ params, query }) => {
        const run = await requireRun(parts, params.id ?? '');
        const limit = readLimit(query);
        const after = readWhole(query, 'cursor', { least: 0, most: MAX_LINE }) ?? 0;
        const outcome = readOutcome(query.get('outcome'));
        const items = await listOutcomes(parts.database, { run: run.n, after, limit, outcome });
        const last = items.at(-1);
        const next = last === undefined || items.length < limit ? null : String(last.line);
        return { status: 200, body: { items, next } };
      },
    },
  ];
}

async function requireRun({ database }: ImportParts, id: string): Promise<RunRow> {
  const run = isUuid(id) ? await findRun(database, id) : null;
  if (run === null) throw new Refusal('import.not_found', { import: id });
  return run;
}

function readOutcome(text: string | null): RowOutcome | null {
  if (text === null) return null;
  const outcome = outcomes.find((name) => name === text);
  if (outcome === undefined) {
    throw new HttpProblem('request.invalid', `outcome must be one of ${outcomes.join(', ')}.`);
  }
  return outcome;
}

/** An import as people see it: the answer of `GET /api/v1/imports/{id}` and of `muster import --json`. */
import type { Place } from '../../store/changes.ts';
import type { RunError, RunNote, RunRow } from '../../store/feeds/run-rows.ts';
import { countsOf, outcomeOf, type RunOutcome } from './filing.ts';

export interface ImportView {
  readonly id: string;
  readonly source: string;
  readonly file: string;
  readonly sha256: string | null;
  readonly state: RunRow['state'];
  /** What it came to, in one word; `pending` until it has ended. */
  readonly outcome: RunOutcome;
  readonly mode: RunRow['mode'];
  readonly dryRun: boolean;
  readonly progress: { readonly done: number; readonly total: number | null };
  /** Rows by outcome; null until the import has ended. */
  readonly rows: Readonly<Record<string, number>> | null;
  readonly plan: string | null;
  readonly cursor: string | null;
  readonly error: RunError | null;
  readonly notes: readonly RunNote[];
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

/** `cursorOf` gives the cursor of a place in the log. */
export function viewOfRun(run: RunRow, cursorOf: (place: Place) => string): ImportView {
  const { change_xid: xid, change_seq: seq } = run;
  return {
    id: run.id,
    source: run.source,
    file: run.file,
    sha256: run.sha256,
    state: run.state,
    outcome: outcomeOf(run),
    mode: run.mode,
    dryRun: run.dry_run,
    progress: { done: run.rows_done, total: run.rows_total },
    rows: run.finished_at === null ? null : countsOf(run),
    plan: run.plan,
    cursor: xid === null || seq === null ? null : cursorOf({ xid, seq }),
    error: run.error,
    notes: run.notes,
    createdAt: run.created_at.toISOString(),
    finishedAt: run.finished_at?.toISOString() ?? null,
  };
}

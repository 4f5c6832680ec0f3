/**
 * Runs: one per file that is taken. A run belongs to its holder until `held_until`, which the holder moves on
 * while it works; when a process dies, another takes the run over after that time and starts it anew. What the
 * run writes to the directory is one transaction that first checks the holder under a lock, so two holders never
 * both apply it.
 */
import type { SourceN } from '../../core/ids.ts';
import type { Place } from '../changes.ts';
import { type Connection, named, type Tx } from '../database.ts';
import type { RowCounts } from './outcomes.ts';
import {
  HOLD,
  RUN_COLUMNS,
  type RunError,
  type RunMode,
  type RunNote,
  type RunRow,
  type RunState,
  type SetPart,
} from './run-rows.ts';
import type { RunN } from './staging.ts';

const open = named(
  'import_run_open',
  `with r as (
     insert into import_run (source_n, claim, folder, file, mode, dry_run, holder, held_until)
     values ($1, $2, $3, $4, $5, $6, $7, now() + ${HOLD})
     on conflict (claim) do nothing returning *)
   select ${RUN_COLUMNS} from r`,
);
const take = named(
  'import_run_take',
  `with r as (
     update import_run set holder = $2, held_until = now() + ${HOLD}, attempts = attempts + 1
     where claim = $1 and filed_at is null and (held_until < now() or holder = $2) returning *)
   select ${RUN_COLUMNS} from r`,
);
const hold = named(
  'import_run_hold',
  `update import_run set held_until = now() + ${HOLD} where n = $1 and holder = $2 and filed_at is null returning n`,
);
const release = named(
  'import_run_release',
  'update import_run set held_until = now() where holder = $1 and filed_at is null',
);
const lock = named(
  'import_run_lock',
  `select state from import_run where n = $1 and holder = $2 for no key update`,
);
const noteFile = named(
  'import_run_note_file',
  `update import_run set state = 'reading', sha256 = $2, bytes = $3, encoding = $4, rows_done = 0 where n = $1`,
);
const noteLayout = named(
  'import_run_note_layout',
  'update import_run set format = $2, delimiter = $3, header = $4, parts = $5 where n = $1',
);
const noteProgress = named(
  'import_run_note_progress',
  `update import_run set rows_done = $2, state = $3 where n = $1 and finished_at is null`,
);
const finish = named(
  'import_run_finish',
  `update import_run
   set state = $2, rows_done = $3, rows_total = $3, applied = $4, unchanged = $5, refused = $6, suppressed = $7,
       held = $8, change_xid = $9::text::xid8, change_seq = $10, error = $11, notes = $14, finished_at = now(),
       held_at = case when $2 = 'held' then coalesce(held_at, now()) else held_at end,
       claim = coalesce(claim, $12), folder = coalesce($13, folder)
   where n = $1`,
);
const file = named('import_run_file', 'update import_run set filed_at = now() where n = $1');

export interface OpenRun {
  readonly source: SourceN;
  readonly claim: string | null;
  /** Folder of the feed, below the watched one; empty for the watched folder itself. */
  readonly folder: string;
  readonly file: string;
  readonly mode: RunMode;
  readonly dryRun: boolean;
  /** A uuid of the process that works on it. */
  readonly holder: string;
}

/** Opens a run; null when its claim has one already. */
export async function openRun(connection: Connection, run: OpenRun): Promise<RunRow | null> {
  const values = [run.source, run.claim, run.folder, run.file, run.mode, run.dryRun, run.holder];
  return (await connection.rows<RunRow>(open, values))[0] ?? null;
}

/** Takes up an unfinished run, the holder's own or one whose holder is silent; null when it is another's, or done with. */
export async function takeRun(connection: Connection, claim: string, holder: string): Promise<RunRow | null> {
  return (await connection.rows<RunRow>(take, [claim, holder]))[0] ?? null;
}

/** Holds a run for longer; false when somebody else has taken it. */
export async function holdRun(connection: Connection, run: RunN, holder: string): Promise<boolean> {
  return (await connection.rows(hold, [run, holder])).length > 0;
}

/** Lets go of everything a process held, when it stops. */
export async function releaseRuns(connection: Connection, holder: string): Promise<void> {
  await connection.rows(release, [holder]);
}

/** Locks a run for its end; null when it is no longer this holder's. */
export async function lockRun(tx: Tx, run: RunN, holder: string): Promise<RunState | null> {
  return (await tx.rows<{ state: RunState }>(lock, [run, holder]))[0]?.state ?? null;
}

/** Records what one pass over the file's bytes found; its rows are read next. */
export async function noteFileFacts(
  connection: Connection,
  run: RunN,
  facts: { readonly sha256: string; readonly bytes: number; readonly encoding: string },
): Promise<void> {
  await connection.rows(noteFile, [run, facts.sha256, facts.bytes, facts.encoding]);
}

/** Records how the file is laid out. */
export async function noteRunLayout(
  connection: Connection,
  run: RunN,
  layout: {
    readonly format: string;
    readonly delimiter: string;
    readonly header: string | null;
    readonly files: readonly SetPart[] | null;
  },
): Promise<void> {
  const files = layout.files === null ? null : JSON.stringify(layout.files);
  await connection.rows(noteLayout, [run, layout.format, layout.delimiter, layout.header, files]);
}

/** Records how far a run is. */
export async function noteRunProgress(
  connection: Connection,
  run: RunN,
  progress: { readonly state: RunState; readonly done: number },
): Promise<void> {
  await connection.rows(noteProgress, [run, progress.done, progress.state]);
}

export interface RunEnd {
  readonly state: 'applied' | 'rejected' | 'held';
  readonly counts: RowCounts | null;
  readonly place: Place | null;
  readonly error: RunError | null;
  readonly notes: readonly RunNote[];
  /** Of a file that was handed over and is held: the claim under which it is kept, and the feed's folder. */
  readonly kept?: { readonly claim: string; readonly folder: string } | null;
}

/** Writes down how a run ended, in the transaction that applied it. */
export async function finishRun(connection: Connection, run: RunN, end: RunEnd): Promise<void> {
  const { counts, place } = end;
  await connection.rows(finish, [
    run,
    end.state,
    counts?.total ?? 0,
    counts?.applied ?? 0,
    counts?.unchanged ?? 0,
    counts?.refused ?? 0,
    counts?.suppressed ?? 0,
    counts?.held ?? 0,
    place?.xid ?? null,
    place?.seq ?? null,
    end.error === null ? null : JSON.stringify(end.error),
    end.kept?.claim ?? null,
    end.kept?.folder ?? null,
    JSON.stringify(end.notes),
  ]);
}

/** Records that the file was put where it belongs, with its receipt. */
export async function markFiled(connection: Connection, run: RunN): Promise<void> {
  await connection.rows(file, [run]);
}

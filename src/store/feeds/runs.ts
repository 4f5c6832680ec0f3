/**
 * Runs: one per file that is taken. A run belongs to its holder until `held_until`, which the holder moves on
 * while it works; when a process dies, another takes the run over after that time and starts it anew. What the
 * run writes to the directory is one transaction that first checks the holder under a lock, so two holders never
 * both apply it.
 */
import type { SourceN } from '../../core/ids.ts';
import type { Place } from '../changes.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import type { RowCounts } from './outcomes.ts';
import type { RunN } from './staging.ts';

export type RunState = 'waiting' | 'reading' | 'planning' | 'held' | 'applying' | 'applied' | 'rejected';
export type RunMode = 'actions' | 'delta' | 'snapshot';

/** Why a whole file was rejected, or what went wrong. */
export interface RunError {
  readonly code: string;
  readonly detail: string;
}

/** A file of a set. */
export interface SetPart {
  readonly file: string;
  readonly format: string;
}

/** Something about a run that people should know besides its counts. */
export type RunNote = RunError;

export interface RunRow {
  readonly n: RunN;
  readonly id: string;
  readonly source_n: SourceN;
  readonly source: string;
  readonly claim: string | null;
  readonly folder: string;
  readonly file: string;
  readonly mode: RunMode;
  readonly dry_run: boolean;
  /** How often it was begun. */
  readonly attempts: number;
  readonly state: RunState;
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly encoding: string | null;
  readonly delimiter: string | null;
  readonly format: string | null;
  readonly header: string | null;
  /** The files of a set; null for a single file. */
  readonly parts: readonly SetPart[] | null;
  readonly rows_done: number;
  readonly rows_total: number | null;
  readonly applied: number | null;
  readonly unchanged: number | null;
  readonly refused: number | null;
  readonly suppressed: number | null;
  readonly held: number | null;
  readonly error: RunError | null;
  readonly notes: readonly RunNote[];
  readonly change_xid: string | null;
  readonly change_seq: number | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
  readonly filed_at: Date | null;
  /** When it was held first; its file lay in `held/` from then on. */
  readonly held_at: Date | null;
  /** Id of its newest plan. */
  readonly plan: string | null;
}

/** True when a run has come to its end; its file may still have to be put away. */
export function isEnded(state: RunState): boolean {
  return state === 'applied' || state === 'rejected' || state === 'held';
}

const COLUMNS = `r.n, r.id, r.source_n, (select s.name from source s where s.n = r.source_n) as source, r.claim,
  r.folder, r.file, r.mode, r.dry_run, r.attempts, r.state, r.sha256, r.bytes, r.encoding, r.delimiter, r.format, r.header, r.parts,
  r.rows_done, r.rows_total, r.applied, r.unchanged, r.refused, r.suppressed, r.held, r.error, r.notes,
  r.change_xid::text as change_xid, r.change_seq, r.created_at, r.finished_at, r.filed_at, r.held_at,
  (select p.id from plan p where p.run_n = r.n order by p.n desc limit 1) as plan`;

/** Seconds for which a run is held at a time. A holder that is silent for longer is taken for dead. */
const HOLD = `interval '6 seconds'`;

const open = named(
  'import_run_open',
  `with r as (
     insert into import_run (source_n, claim, folder, file, mode, dry_run, holder, held_until)
     values ($1, $2, $3, $4, $5, $6, $7, now() + ${HOLD})
     on conflict (claim) do nothing returning *)
   select ${COLUMNS} from r`,
);
const take = named(
  'import_run_take',
  `with r as (
     update import_run set holder = $2, held_until = now() + ${HOLD}, attempts = attempts + 1
     where claim = $1 and filed_at is null and (held_until < now() or holder = $2) returning *)
   select ${COLUMNS} from r`,
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
const find = named('import_run_find', `select ${COLUMNS} from import_run r where r.id = $1`);
const findByN = named('import_run_find_n', `select ${COLUMNS} from import_run r where r.n = $1`);
const findByClaim = named('import_run_find_claim', `select ${COLUMNS} from import_run r where r.claim = $1`);
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
const unfiled = named(
  'import_run_unfiled',
  `select ${COLUMNS} from import_run r
   where r.filed_at is null and r.claim is not null and r.folder = $1 and (r.held_until < now() or r.holder = $2)
   order by r.n`,
);
const list = named(
  'import_run_list',
  `select ${COLUMNS} from import_run r
   where ($1::text is null or r.source_n = (select s.n from source s where s.name = $1))
     and ($2::text is null or r.state = $2) and ($3::bigint is null or r.n < $3)
   order by r.n desc limit $4`,
);
const file = named('import_run_file', 'update import_run set filed_at = now() where n = $1');

const takeHeld = named(
  'import_run_take_held',
  `with r as (
     update import_run set holder = $2, held_until = now() + ${HOLD}, filed_at = null
     where n = $1 and state = 'held' and (filed_at is not null or held_until < now() or holder = $2) returning *)
   select ${COLUMNS} from r`,
);
const rejectHeld = named(
  'import_run_reject_held',
  `update import_run set state = 'rejected', error = $3, finished_at = now(), filed_at = null, holder = $2,
     held_until = now() + ${HOLD}
   where n = $1 and state = 'held'`,
);
const rejectReplaced = named(
  'import_run_reject_replaced',
  `update import_run r set state = 'rejected', error = $2, finished_at = now(), filed_at = null
   where r.source_n = $1 and r.state = 'held' and not exists (
     select from plan p where p.run_n = r.n and p.state in ('held', 'approved'))`,
);
const replacedRuns = named(
  'import_run_replaced',
  `select ${COLUMNS} from import_run r
   where r.source_n = $1 and r.n < $2 and r.filed_at is null and r.state = 'rejected' and r.held_at is not null
   order by r.n`,
);
const rowsBefore = named(
  'import_run_rows_before',
  `select rows_total as rows from import_run
   where source_n = $1 and n < $2 and mode = 'snapshot' and state = 'applied' and not dry_run
     and format is not distinct from $3
   order by n desc limit 1`,
);

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

/** The run of that id, or null. */
export async function findRun(connection: Connection, id: string): Promise<RunRow | null> {
  return (await connection.rows<RunRow>(find, [id]))[0] ?? null;
}

/** The run of that number. */
export async function readRun(connection: Connection, n: RunN): Promise<RunRow> {
  return onlyRow(await connection.rows<RunRow>(findByN, [n]));
}

/** The run that took the file of that claim, or null. */
export async function findRunOfClaim(connection: Connection, claim: string): Promise<RunRow | null> {
  return (await connection.rows<RunRow>(findByClaim, [claim]))[0] ?? null;
}

/** Runs of a folder whose file is still to be put where it belongs, and that nobody else works on; oldest first. */
export async function listUnfiled(connection: Connection, folder: string, holder: string): Promise<RunRow[]> {
  return connection.rows<RunRow>(unfiled, [folder, holder]);
}

/** Runs, the newest first; null for those of every feed, in every state. */
export async function listRuns(
  connection: Connection,
  query: {
    readonly source: string | null;
    readonly state: RunState | null;
    /** Only those before this run; null for the newest. */
    readonly before: RunN | null;
    readonly limit: number;
  },
): Promise<RunRow[]> {
  return connection.rows<RunRow>(list, [query.source, query.state, query.before, query.limit]);
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

/** Takes a held run up again, to carry out its approved plan; null when it is another's just now, or not held. */
export async function takeHeldRun(connection: Connection, run: RunN, holder: string): Promise<RunRow | null> {
  return (await connection.rows<RunRow>(takeHeld, [run, holder]))[0] ?? null;
}

/** Ends a held run because its plan was rejected; its file is still to be put away. */
export async function rejectHeldRun(
  tx: Tx,
  { run, holder, error }: { readonly run: RunN; readonly holder: string; readonly error: RunError },
): Promise<void> {
  await tx.rows(rejectHeld, [run, holder, JSON.stringify(error)]);
}

/** Ends held runs of a source whose plan a newer one replaced; their files are still to be put away. */
export async function rejectReplacedRuns(tx: Tx, source: SourceN, error: RunError): Promise<void> {
  await tx.rows(rejectReplaced, [source, JSON.stringify(error)]);
}

/** Runs that were held, were replaced by this one or earlier, and whose file is still in `held/`. */
export async function listReplaced(connection: Connection, run: RunRow): Promise<RunRow[]> {
  return connection.rows<RunRow>(replacedRuns, [run.source_n, run.n]);
}

/** Rows of the snapshot of that format that the source's feed applied last before a run; null for none. */
export async function readRowsBefore(
  connection: Connection,
  { source, run, format }: { readonly source: SourceN; readonly run: RunN; readonly format: string },
): Promise<number | null> {
  return (await connection.rows<{ rows: number }>(rowsBefore, [source, run, format]))[0]?.rows ?? null;
}

/** Records that the file was put where it belongs, with its receipt. */
export async function markFiled(connection: Connection, run: RunN): Promise<void> {
  await connection.rows(file, [run]);
}

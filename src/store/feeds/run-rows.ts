/** Runs as they are read: one per file that is taken. Their life is in runs.ts. */
import type { SourceN } from '../../core/ids.ts';
import { type Connection, named, onlyRow } from '../database.ts';
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

/** Of the table as `r`. */
export const RUN_COLUMNS = `r.n, r.id, r.source_n, (select s.name from source s where s.n = r.source_n) as source, r.claim,
  r.folder, r.file, r.mode, r.dry_run, r.attempts, r.state, r.sha256, r.bytes, r.encoding, r.delimiter, r.format, r.header, r.parts,
  r.rows_done, r.rows_total, r.applied, r.unchanged, r.refused, r.suppressed, r.held, r.error, r.notes,
  r.change_xid::text as change_xid, r.change_seq, r.created_at, r.finished_at, r.filed_at, r.held_at,
  (select p.id from plan p where p.run_n = r.n order by p.n desc limit 1) as plan`;

/** Seconds for which a run is held at a time. A holder that is silent for longer is taken for dead. */
export const HOLD = `interval '6 seconds'`;

const find = named('import_run_find', `select ${RUN_COLUMNS} from import_run r where r.id = $1`);
const findByN = named('import_run_find_n', `select ${RUN_COLUMNS} from import_run r where r.n = $1`);
const findByClaim = named(
  'import_run_find_claim',
  `select ${RUN_COLUMNS} from import_run r where r.claim = $1`,
);
const list = named(
  'import_run_list',
  `select ${RUN_COLUMNS} from import_run r
   where ($1::text is null or r.source_n = (select s.n from source s where s.name = $1))
     and ($2::text is null or r.state = $2) and ($3::bigint is null or r.n < $3)
   order by r.n desc limit $4`,
);
const rowsBefore = named(
  'import_run_rows_before',
  `select rows_total as rows from import_run
   where source_n = $1 and n < $2 and mode = 'snapshot' and state = 'applied' and not dry_run
     and format is not distinct from $3
   order by n desc limit 1`,
);

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

/** Rows of the snapshot of that format that the source's feed applied last before a run; null for none. */
export async function readRowsBefore(
  connection: Connection,
  { source, run, format }: { readonly source: SourceN; readonly run: RunN; readonly format: string },
): Promise<number | null> {
  return (await connection.rows<{ rows: number }>(rowsBefore, [source, run, format]))[0]?.rows ?? null;
}

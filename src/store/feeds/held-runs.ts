/** Runs whose file is still to be put away: held ones, those that another took the place of, and those whose process died. */
import type { SourceN } from '../../core/ids.ts';
import { type Connection, named, type Tx } from '../database.ts';
import { HOLD, RUN_COLUMNS, type RunError, type RunRow } from './run-rows.ts';
import type { RunN } from './staging.ts';

const takeHeld = named(
  'import_run_take_held',
  `with r as (
     update import_run set holder = $2, held_until = now() + ${HOLD}, filed_at = null
     where n = $1 and state = 'held' and (filed_at is not null or held_until < now() or holder = $2) returning *)
   select ${RUN_COLUMNS} from r`,
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
  `select ${RUN_COLUMNS} from import_run r
   where r.source_n = $1 and r.n < $2 and r.filed_at is null and r.state = 'rejected' and r.held_at is not null
   order by r.n`,
);
const unfiled = named(
  'import_run_unfiled',
  `select ${RUN_COLUMNS} from import_run r
   where r.filed_at is null and r.claim is not null and r.folder = $1 and (r.held_until < now() or r.holder = $2)
   order by r.n`,
);

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

/** Runs of a folder whose file is still to be put where it belongs, and that nobody else works on; oldest first. */
export async function listUnfiled(connection: Connection, folder: string, holder: string): Promise<RunRow[]> {
  return connection.rows<RunRow>(unfiled, [folder, holder]);
}

/**
 * A run from file to directory: inspected, read into the staging table and applied, in one transaction. When the
 * process dies on the way the transaction is gone with it, and the run starts anew.
 */
import type { Actor } from '../../core/actor.ts';
import type { Attribution } from '../../core/attribution.ts';
import { FileFault, isFileFault } from '../../core/feeds/fault.ts';
import type { Layout } from '../../core/feeds/layout.ts';
import { type Sequence, sequenceOfName } from '../../core/feeds/sequence.ts';
import type { FeedSettings } from '../../core/feeds/settings.ts';
import { isRefusal, Refusal } from '../../core/refusal.ts';
import { applyImport } from '../../directory/imports.ts';
import { type Directory, perform, type Work } from '../../directory/work.ts';
import { settleAlert } from '../../store/alerts.ts';
import { violatedConstraint } from '../../store/database.ts';
import { underGuards } from '../../plans/guarded.ts';
import {
  dropOutcomes,
  KEEP_ALL_ROWS,
  keepOutcomes,
  listOutcomes,
  type OutcomeRow,
} from '../../store/feeds/outcomes.ts';
import { isOverdue } from '../../store/feeds/deliveries.ts';
import { rejectReplacedRuns } from '../../store/feeds/held-runs.ts';
import { isEnded, readRun, type RunRow } from '../../store/feeds/run-rows.ts';
import {
  finishRun,
  holdRun,
  lockRun,
  noteFileFacts,
  noteRunLayout,
  noteRunProgress,
} from '../../store/feeds/runs.ts';
import { moveSequence, newerThan } from '../../store/feeds/sequences.ts';
import { lockPlan, type PlanRow } from '../../store/plans/plans.ts';
import { analyzeStaged, copyRows, openStaging } from '../../store/feeds/staging.ts';
import { draftOf, endOf, factsOf, heldRow, type Read, REPLACED } from './import-plan.ts';
import { counted, type ImportProgress, reportOf } from './progress.ts';
import { formatOf, tellsOf } from './told-by-layout.ts';
import { type FileFacts, inspectFile, type ReadPart, readRows, type RowReading } from './reading.ts';

export interface RunParts {
  readonly directory: Directory;
  /** A uuid of this process: what it works on is held under this name. */
  readonly holder: string;
}

export interface RunFile {
  readonly path: string;
  readonly settings: FeedSettings;
  readonly actor: Actor;
  readonly requestId: string | null;
  readonly cutOff: RowReading['cutOff'];
  readonly onProgress: (progress: ImportProgress) => void;
  /** The approved plan that is carried out; null for a first run. */
  readonly approved: PlanRow | null;
  /** Keeps a file that was handed over where an approval finds it; null where it lies there already. */
  readonly keep: (() => Promise<{ readonly claim: string; readonly folder: string }>) | null;
}

/** Somebody else has taken the run over: this process has to leave it alone. */
export class RunLost extends Error {
  constructor(run: RunRow) {
    super(`Import ${run.id} was taken over by another process.`);
    this.name = 'RunLost';
  }
}

/** Times between two signs of life of a holder, milliseconds; a third of the time for which a run is held. */
const SIGN_OF_LIFE = 2_000;
/** What a receipt says besides its counts. */
const NOTES = {
  withheld: {
    code: 'snapshot.nothing_retracted',
    detail:
      'Rows were refused. Whoever is missing may stand in them, so nothing was retracted. Correct them, and drop the whole snapshot again.',
  },
  frozen: {
    code: 'snapshot.frozen',
    detail: 'The feed was overdue, so nothing was retracted. The next snapshot in time retracts again.',
  },
} as const;
/** What two writers may both make first: the run starts anew and finds what the other made. */
const MADE_BY_ANOTHER: ReadonlySet<string> = new Set([
  'groups_name_unique',
  'users_user_name_unique',
  'identity_key_login_unique',
  'identity_key_pkey',
  'role_name_unique',
]);
const MAX_ATTEMPTS = 8;

/**
 * Carries a run out and answers it as it ended: applied (also when every row was unchanged), or rejected, for a
 * fault of the whole file or because no row was accepted. A dry run goes the same way and takes everything back.
 * Throws {@link RunLost}, and faults of the machinery after which the run is to be tried again.
 */
export async function carryOut(parts: RunParts, run: RunRow, file: RunFile): Promise<RunRow> {
  const database = parts.directory.database;
  const signs = setInterval(
    () => void holdRun(database, run.n, parts.holder).catch(() => undefined),
    SIGN_OF_LIFE,
  );
  try {
    const facts = await inspectFile(file.path, file.settings);
    if (file.approved === null) await noteFileFacts(database, run.n, facts);
    else if (facts.sha256 !== run.sha256) throw staleFile(file.approved);
    await applyAgain(parts, run, { ...file, facts });
  } catch (error) {
    const isRefused = isFileFault(error) || (isRefusal(error) && file.approved === null);
    if (!isRefused) throw error;
    if (file.approved !== null) throw staleFile(file.approved);
    return await reject(parts, run, error);
  } finally {
    clearInterval(signs);
  }
  return readRun(database, run.n);
}

function staleFile({ id }: PlanRow): Refusal {
  const why = 'the file in held/ is no longer the one that was looked at. Drop it again.';
  return new Refusal('plan.stale', { plan: id, why, newPlan: null });
}

type InspectedFile = RunFile & { readonly facts: FileFacts };

async function applyAgain(parts: RunParts, run: RunRow, file: InspectedFile): Promise<void> {
  const by: Attribution = {
    actor: file.actor,
    onBehalfOf: null,
    source: run.source,
    origin: { kind: 'file', name: run.file, sha256: file.facts.sha256 },
    requestId: file.requestId,
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await perform(parts.directory, by, (work) => applyFile(parts, work, run, file));
      return;
    } catch (error) {
      const constraint = violatedConstraint(error);
      if (constraint === null || !MADE_BY_ANOTHER.has(constraint) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

async function applyFile(parts: RunParts, work: Work, run: RunRow, file: InspectedFile): Promise<void> {
  const { tx } = work;
  const { approved } = file;
  if (approved !== null && (await lockPlan(tx, approved.n)) !== 'approved') throw new RunLost(run);
  await openStaging(tx);
  if (approved !== null) await dropOutcomes(tx, run.n);
  let rows: readonly OutcomeRow[] = [];
  const planned = await underGuards(
    work,
    {
      ...draftOf(run, { sha256: file.facts.sha256, settings: file.settings, approved }),
      beforeTakeBack: async () => {
        rows = await listOutcomes(tx, { run: run.n, after: 0, limit: KEEP_ALL_ROWS, outcome: null });
      },
    },
    () => readAndApply(parts, work, run, file),
  );
  const end = await endOf(planned, file.keep);
  if (planned.kind === 'held' || planned.kind === 'stale') await keepOutcomes(tx, run.n, rows.map(heldRow));
  if (planned.kind === 'tried') await keepOutcomes(tx, run.n, rows);
  const state = await lockRun(tx, run.n, parts.holder);
  if (state === null || (isEnded(state) && approved === null)) throw new RunLost(run);
  await finishRun(tx, run.n, end);
  if (planned.kind !== 'tried') await rejectReplacedRuns(tx, run.source_n, REPLACED);
  if (end.state === 'applied' && planned.kind !== 'tried') await noteDelivery(work, run, file);
}

/** A feed that delivers is not overdue any more; a snapshot moves its series on. */
async function noteDelivery({ tx, sourceN }: Work, run: RunRow, file: InspectedFile): Promise<void> {
  if (file.settings.expectedEvery !== null) {
    await settleAlert(tx, { kind: 'feed.overdue', subject: run.source, why: `${run.file} came` });
  }
  const sequence = sequenceOf(run, file);
  if (sequence !== null) await moveSequence(tx, sourceN, { ...sequence, file: run.file });
}

/** Refuses a snapshot that is older than one of its series that was applied (`file.older`). */
async function requireNewer({ tx, sourceN }: Work, run: RunRow, file: InspectedFile): Promise<void> {
  const sequence = sequenceOf(run, file);
  const newer = sequence === null ? null : await newerThan(tx, sourceN, sequence);
  if (newer !== null) throw new FileFault('file.older', { file: run.file, newer });
}

function sequenceOf(run: RunRow, { settings, facts }: InspectedFile): Sequence | null {
  return settings.mode === 'snapshot' ? (facts.sequence ?? sequenceOfName(run.file)) : null;
}

async function readAndApply(parts: RunParts, work: Work, run: RunRow, file: InspectedFile): Promise<Read> {
  const { path, settings, facts: inspected, cutOff, onProgress } = file;
  const database = parts.directory.database;
  await requireNewer(work, run, file);
  const read: ReadPart[] = [];
  let done = 0;
  const progress = reportOf(onProgress, (state, count) =>
    noteRunProgress(database, run.n, { state, done: count }),
  );
  const rows = readRows({
    path,
    facts: inspected,
    settings,
    cutOff,
    onPart: (part) => read.push(part),
  });
  const tally = await copyRows(work.tx, {
    issuer: settings.idp ?? '',
    rows: counted(rows, (count) => {
      done += count;
      progress('reading', done, null);
    }),
  });
  const layouts = read.map(({ layout }) => layout);
  const set = inspected.set === null ? null : read;
  await noteLayout(parts, run, { layouts, set });
  const isFrozen = settings.mode === 'snapshot' && (await isOverdue(work.tx, run.source));
  await analyzeStaged(work.tx, 'staged_row', done);
  progress('applying', done, done);
  const { counts, withheld } = await applyImport(work, {
    run: run.n,
    tally,
    settings,
    file: run.file,
    set,
    tells: settings.mode === 'snapshot' && !isFrozen ? tellsOf(layouts) : null,
  });
  const notes = [...(withheld ? [NOTES.withheld] : []), ...(isFrozen ? [NOTES.frozen] : [])];
  if (counts.total > 0 && counts.refused === counts.total) {
    const fault = new FileFault('file.nothing_accepted', { rows: counts.total });
    const error = { code: fault.code, detail: fault.message };
    return { end: { state: 'rejected', counts, place: null, error, notes: [] }, facts: null };
  }
  const facts = await factsOf(work.tx, run, { format: formatOf(layouts), counts, tally });
  return { end: { state: 'applied', counts, place: work.place, error: null, notes }, facts };
}

async function noteLayout(
  { directory }: RunParts,
  run: RunRow,
  { layouts, set }: { readonly layouts: readonly Layout[]; readonly set: readonly ReadPart[] | null },
): Promise<void> {
  const [first] = layouts;
  if (first === undefined) return;
  const { delimiter, header } = first;
  const files = set?.map(({ file, layout }) => ({ file, format: layout.format.name })) ?? null;
  await noteRunLayout(directory.database, run.n, { format: formatOf(layouts), delimiter, header, files });
}

/** Ends a run for a fault of its file, or for what the directory refuses of it as a whole. Throws {@link RunLost}. */
export async function reject(
  { directory, holder }: RunParts,
  run: RunRow,
  fault: FileFault | Refusal,
): Promise<RunRow> {
  await directory.database.transaction(async (tx) => {
    const state = await lockRun(tx, run.n, holder);
    if (state === null || isEnded(state)) throw new RunLost(run);
    const error = { code: fault.code, detail: fault.message };
    await finishRun(tx, run.n, { state: 'rejected', counts: null, place: null, error, notes: [] });
  });
  return readRun(directory.database, run.n);
}

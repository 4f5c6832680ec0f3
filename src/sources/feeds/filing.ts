/**
 * Putting a file where it belongs when its run has ended: `done/`, `rejected/` or `held/`, with its receipt and
 * its rejected rows. Everything is made from what the run left in the database, so that it can be done again
 * when the process died before it was finished.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { rejectsHeader, rejectsLine } from '../../core/feeds/rejects.ts';
import type { Place } from '../../store/changes.ts';
import type { Database } from '../../store/database.ts';
import { listOutcomes } from '../../store/feeds/outcomes.ts';
import { markFiled, type RunRow } from '../../store/feeds/runs.ts';
import { claimedPath, type Ending } from './folders.ts';

/** Rejected rows read at a time. */
const PAGE = 1_000;

export interface FilingParts {
  readonly database: Database;
  /** The cursor of a place in the log, as the change feed gives it. */
  readonly cursorOf: (place: Place) => string;
}

/** Files the claimed file of a run that has ended. `folder` is that of its feed. */
export async function fileAway(parts: FilingParts, run: RunRow, folder: string): Promise<void> {
  const ending = endingOf(run);
  const target = join(folder, ending);
  await mkdir(target, { recursive: true });
  const from = run.claim === null ? null : claimedPath(folder, run.claim, run.file);
  if (from !== null && (await exists(from))) {
    const hasRejects = (run.refused ?? 0) > 0;
    const receipt = `${run.file}.receipt.json`;
    const rejects = `${run.file}.rejects.csv`;
    await makeRoom(target, [run.file, receipt, rejects]);
    const making = join(folder, 'work', run.id);
    if (hasRejects) await writeRejects(parts.database, run, `${making}.rejects`);
    await writeFile(`${making}.receipt`, `${JSON.stringify(receiptOf(parts, run), null, 2)}\n`);
    if (hasRejects) await rename(`${making}.rejects`, join(target, rejects));
    await rename(`${making}.receipt`, join(target, receipt));
    await rename(from, join(target, run.file));
  }
  await markFiled(parts.database, run.n);
}

/** What a run came to, in one word: an applied one that changed nothing is `unchanged`. */
export function outcomeOf(run: RunRow): 'applied' | 'unchanged' | 'rejected' | 'held' | 'pending' {
  switch (run.state) {
    case 'applied':
      return (run.applied ?? 0) > 0 ? 'applied' : 'unchanged';
    case 'rejected':
    case 'held':
      return run.state;
    case 'waiting':
    case 'reading':
    case 'planning':
    case 'applying':
      return 'pending';
  }
}

function endingOf(run: RunRow): Ending {
  const outcome = outcomeOf(run);
  if (outcome === 'pending') throw new Error(`Import ${run.id} has not ended.`);
  return outcome === 'applied' || outcome === 'unchanged' ? 'done' : outcome;
}

function receiptOf({ cursorOf }: FilingParts, run: RunRow): Record<string, unknown> {
  const { change_xid: xid, change_seq: seq } = run;
  return {
    import: run.id,
    source: run.source,
    file: run.file,
    sha256: run.sha256,
    bytes: run.bytes,
    encoding: run.encoding,
    delimiter: run.delimiter,
    format: run.format,
    mode: run.mode,
    outcome: outcomeOf(run),
    rows: countsOf(run),
    plan: null,
    cursor: xid === null || seq === null ? null : cursorOf({ xid, seq }),
    error: run.error,
    notes: run.notes,
    rejects: (run.refused ?? 0) > 0 ? `${run.file}.rejects.csv` : null,
    receivedAt: run.created_at,
    finishedAt: run.finished_at,
  };
}

/** Rows by outcome; they add up to the total. */
export function countsOf(run: RunRow): Record<string, number> {
  return {
    total: run.rows_total ?? 0,
    applied: run.applied ?? 0,
    unchanged: run.unchanged ?? 0,
    refused: run.refused ?? 0,
    suppressed: run.suppressed ?? 0,
    held: run.held ?? 0,
  };
}

async function writeRejects(database: Database, run: RunRow, path: string): Promise<void> {
  await pipeline(Readable.from(rejectsText(database, run)), createWriteStream(path));
}

/** The text of the re-droppable file of a run's refused rows. */
export async function* rejectsText(database: Database, run: RunRow): AsyncGenerator<string> {
  const delimiter = run.delimiter ?? ',';
  yield rejectsHeader(run.header, delimiter);
  let after = 0;
  for (;;) {
    const rows = await listOutcomes(database, { run: run.n, after, limit: PAGE, outcome: 'refused' });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => rejectsLine(row, delimiter)).join('');
    after = last.line;
  }
}

/** Gives earlier files of these names a name by their time: the newest has the plain ones. */
async function makeRoom(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const earlier = await stat(join(folder, name)).catch(() => null);
    if (earlier === null) continue;
    const time = earlier.ctime.toISOString().replaceAll(/[-:]/g, '');
    await rename(join(folder, name), join(folder, `${time}--${name}`));
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

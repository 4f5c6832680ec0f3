/**
 * Putting a file where it belongs when its run has ended: `done/`, `rejected/` or `held/`, with its receipt and
 * its rejected rows. Everything is made from what the run left in the database, so that it can be done again
 * when the process died before it was finished.
 */
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { rejectsHeader, rejectsLine, setRejectsHeader, setRejectsLine } from '../../core/feeds/rejects.ts';
import type { Place } from '../../store/changes.ts';
import type { Database } from '../../store/database.ts';
import { listOutcomes, type OutcomeRow } from '../../store/feeds/outcomes.ts';
import { listReplaced } from '../../store/feeds/held-runs.ts';
import type { RunRow } from '../../store/feeds/run-rows.ts';
import { markFiled } from '../../store/feeds/runs.ts';
import { findPlan } from '../../store/plans/plans.ts';
import { claimedPath, type Ending } from './folders.ts';
import { makeOwnFolder } from './own-folders.ts';

/** Rejected rows read at a time. */
const PAGE = 1_000;

export interface FilingParts {
  readonly database: Database;
  /** The cursor of a place in the log, as the change feed gives it. */
  readonly cursorOf: (place: Place) => string;
}

/**
 * Files the file of a run that has ended: from `work/`, or from `held/` where it waited. `folder` is that of its
 * feed. Of a run that is held, those that it replaced are filed first, so that `held/` has each name once.
 */
export async function fileAway(parts: FilingParts, run: RunRow, folder: string): Promise<void> {
  const ending = endingOf(run);
  if (ending === 'held') {
    for (const earlier of await listReplaced(parts.database, run)) await fileAway(parts, earlier, folder);
  }
  const target = join(folder, ending);
  await makeOwnFolder(target);
  const from = await whereIs(run, folder);
  if (from !== null) {
    const hasRejects = (run.refused ?? 0) > 0;
    const file = join(target, run.file);
    const stays = from === file;
    if (!stays) await makeRoom(target, [run.file, receiptName(run.file), rejectsName(run.file)]);
    const making = join(folder, 'work', run.id);
    await makeOwnFolder(join(folder, 'work'));
    if (hasRejects) await writeRejects(parts.database, run, `${making}.rejects`);
    const receipt = await receiptOf(parts, run);
    await writeFile(`${making}.receipt`, `${JSON.stringify(receipt, null, 2)}\n`);
    if (hasRejects) await rename(`${making}.rejects`, join(target, rejectsName(run.file)));
    await rename(`${making}.receipt`, join(target, receiptName(run.file)));
    if (!stays) await rename(from, file);
    if (!stays && from === heldPath(run, folder)) await dropHeldCompanions(run, folder);
  }
  await markFiled(parts.database, run.n);
}

/** Where the file of a held run lies. */
function heldPath(run: RunRow, folder: string): string {
  return join(folder, 'held', run.file);
}

function receiptName(file: string): string {
  return `${file}.receipt.json`;
}

function rejectsName(file: string): string {
  return `${file}.rejects.csv`;
}

/** The file of a run that is not put away yet; null when it is. In `held/` it is known by its receipt. */
export async function whereIs(run: RunRow, folder: string): Promise<string | null> {
  const claimed = run.claim === null ? null : claimedPath(folder, run.claim, run.file);
  if (claimed !== null && (await exists(claimed))) return claimed;
  const held = heldPath(run, folder);
  if (run.held_at === null || !(await exists(held))) return null;
  return (await importOfReceipt(join(folder, 'held', receiptName(run.file)))) === run.id ? held : null;
}

async function importOfReceipt(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => 'null');
  try {
    const receipt: unknown = JSON.parse(text);
    return typeof receipt === 'object' && receipt !== null && 'import' in receipt ? receipt.import : null;
  } catch {
    return null;
  }
}

async function dropHeldCompanions(run: RunRow, folder: string): Promise<void> {
  for (const name of [receiptName(run.file), rejectsName(run.file)]) {
    await rm(join(folder, 'held', name), { force: true });
  }
}

export type RunOutcome = 'applied' | 'unchanged' | 'refused' | 'rejected' | 'held' | 'pending';

/**
 * What a run came to, in one word. One that changed nothing is `unchanged` when every row was true already, and
 * `refused` when the rows that were not were refused.
 */
export function outcomeOf(run: RunRow): RunOutcome {
  switch (run.state) {
    case 'applied':
      if ((run.applied ?? 0) > 0 || run.change_xid !== null) return 'applied';
      return (run.refused ?? 0) > 0 ? 'refused' : 'unchanged';
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
  return outcome === 'rejected' || outcome === 'held' ? outcome : 'done';
}

async function receiptOf({ cursorOf, database }: FilingParts, run: RunRow): Promise<Record<string, unknown>> {
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
    ...(run.parts === null ? {} : { files: run.parts }),
    mode: run.mode,
    outcome: outcomeOf(run),
    rows: countsOf(run),
    plan: run.plan,
    ...(run.state === 'held' ? { held: await whyHeld(database, run) } : {}),
    cursor: xid === null || seq === null ? null : cursorOf({ xid, seq }),
    error: run.error,
    notes: run.notes,
    rejects: (run.refused ?? 0) > 0 ? rejectsName(run.file) : null,
    receivedAt: run.created_at,
    finishedAt: run.finished_at,
  };
}

/** Why a file is held, and what a person does about it. */
async function whyHeld(database: Database, run: RunRow): Promise<Record<string, unknown> | null> {
  const plan = run.plan === null ? null : await findPlan(database, run.plan);
  if (plan === null) return null;
  return {
    why: plan.guards.map(({ detail }) => detail),
    counts: plan.counts,
    people: plan.people,
    hash: plan.hash,
    look: `muster plan show ${plan.id}`,
    approve: `muster plan approve ${plan.id} --reason "why this is right"`,
    reject: `muster plan reject ${plan.id} --reason "why it is not"`,
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
  const isSet = run.parts !== null;
  yield isSet ? setRejectsHeader() : rejectsHeader(run.header, delimiter);
  let after = 0;
  for (;;) {
    const rows = await listOutcomes(database, { run: run.n, after, limit: PAGE, outcome: 'refused' });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => (isSet ? lineOfSet(row) : rejectsLine(row, delimiter))).join('');
    after = last.line;
  }
}

function lineOfSet(row: OutcomeRow): string {
  return setRejectsLine({ ...row, file: row.file ?? '', line: row.file_line ?? row.line });
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

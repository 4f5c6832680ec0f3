/**
 * Claims: a file is taken by renaming it to `work/<claim>--FILE`, which only one process can do, and by the one
 * run that its claim can have. A process that dies between the two leaves a claimed file without a run, which the
 * next pass of any process opens.
 */
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../core/error-code.ts';
import type { FeedSettings } from '../../core/feeds/settings.ts';
import type { SourceN } from '../../core/ids.ts';
import type { Database } from '../../store/database.ts';
import { listUnfiled } from '../../store/feeds/held-runs.ts';
import { findRunOfClaim, type RunRow } from '../../store/feeds/run-rows.ts';
import { openRun, takeRun } from '../../store/feeds/runs.ts';
import { markersOf } from './completeness.ts';
import { claimedPath, isBeingReceived, keptName, readClaimedName } from './folders.ts';
import { makeOwnFolder } from './own-folders.ts';

/** A feed and its folder in the watched one. */
export interface FeedFolder {
  readonly path: string;
  /** Below the watched folder; empty for the watched folder itself. */
  readonly name: string;
  readonly sourceN: SourceN;
  readonly settings: FeedSettings;
}

export interface ClaimParts {
  readonly database: Database;
  readonly holder: string;
  readonly newId: () => string;
}

/** Takes a file; null when another process was quicker. */
export async function claimFile(
  { database, holder, newId }: ClaimParts,
  folder: FeedFolder,
  name: string,
): Promise<RunRow | null> {
  const claim = newId();
  const file = keptName(name);
  const path = join(folder.path, name);
  await makeOwnFolder(join(folder.path, 'work'));
  if (!(await moveIfThere(path, claimedPath(folder.path, claim, file)))) return null;
  for (const marker of markersOf(path)) await rm(marker, { force: true });
  return openRun(database, runOf(folder, { claim, file, holder }));
}

/** True when the folder has files that were claimed and are not put away yet. */
export async function hasClaims(folder: FeedFolder): Promise<boolean> {
  return (await claimedNames(folder)).some((name) => readClaimedName(name) !== null);
}

/**
 * Runs of the folder that are to be finished and that nobody else works on: files that were claimed and have no
 * run yet, runs whose process died, and runs that ended and whose file was not put away.
 */
export async function resumeClaims({ database, holder }: ClaimParts, folder: FeedFolder): Promise<RunRow[]> {
  for (const name of await claimedNames(folder)) {
    const claimed = readClaimedName(name);
    if (claimed === null || (await findRunOfClaim(database, claimed.claim)) !== null) continue;
    await openRun(database, runOf(folder, { ...claimed, holder }));
  }
  const taken: RunRow[] = [];
  for (const run of await listUnfiled(database, folder.name, holder)) {
    const mine = run.claim === null ? null : await takeRun(database, run.claim, holder);
    if (mine !== null) taken.push(mine);
  }
  return taken;
}

/**
 * Removes what is left in `work/` of an upload or a copy whose process ended before it was whole: nobody was told that
 * it was taken. What was written to since `before` (epoch ms) may be on its way through another process.
 */
export async function dropForsaken(folder: FeedFolder, before: number): Promise<void> {
  for (const name of (await claimedNames(folder)).filter(isBeingReceived)) {
    const path = join(folder.path, 'work', name);
    const stats = await lstat(path).catch(() => null);
    if (stats !== null && stats.mtimeMs < before) await rm(path, { recursive: true, force: true });
  }
}

async function claimedNames(folder: FeedFolder): Promise<string[]> {
  return readdir(join(folder.path, 'work')).catch(() => []);
}

function runOf(
  folder: FeedFolder,
  { claim, file, holder }: { claim: string; file: string; holder: string },
): Parameters<typeof openRun>[1] {
  const { mode } = folder.settings;
  return { source: folder.sourceN, claim, folder: folder.name, file, mode, dryRun: false, holder };
}

async function moveIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

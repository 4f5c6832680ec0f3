/** Importing a file that somebody hands over: from the command line, or as an upload. */
import { createWriteStream } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Actor } from '../../core/actor.ts';
import { FileFault } from '../../core/feeds/fault.ts';
import { defaultFeedSettings, type FeedSettings } from '../../core/feeds/settings.ts';
import { Refusal } from '../../core/refusal.ts';
import type { RunRow } from '../../store/feeds/run-rows.ts';
import { markFiled, openRun, releaseRuns, type RunEnd } from '../../store/feeds/runs.ts';
import { findSource, type SourceRow } from '../../store/sources.ts';
import { fileAway, type FilingParts } from './filing.ts';
import { claimedPath, folderOf, keptName, receivedPath } from './folders.ts';
import { carryOut } from './import-run.ts';
import { makeOwnFolder } from './own-folders.ts';
import type { ImportProgress } from './progress.ts';
import type { Directory } from '../../directory/work.ts';

/** Largest upload, bytes: some ten million rows. Larger files are dropped into the watched folder. */
const MAX_UPLOAD = 1_073_741_824;

export interface ImportParts extends FilingParts {
  readonly directory: Directory;
  readonly newId: () => string;
  readonly watchDir: string;
  /** Settings of the feeds by name; a feed that is not among them has the defaults. */
  readonly feeds: ReadonlyMap<string, FeedSettings>;
  /** Told of uploads that have ended, dry runs apart. */
  readonly onEnded?: (run: RunRow) => void;
}

export interface ImportRequest {
  /** Name of the feed; `csv` is always there. */
  readonly source: string;
  readonly dryRun: boolean;
  readonly actor: Actor;
  readonly requestId: string | null;
}

export interface ImportFile extends ImportRequest {
  readonly path: string;
  readonly onProgress?: (progress: ImportProgress) => void;
}

/**
 * Imports one file from where it lies and answers its run as it ended: state `applied` (counts in `applied`,
 * `unchanged`, `refused`) or `rejected` (reason in `error`). The file stays where it is. One transaction: applied
 * wholly or not at all. A dry run goes the same way, changes nothing, and answers what would have happened.
 * Refuses a feed that does not exist (`source.not_found`) and a source that is none (`source.invalid`).
 * Outcomes of single rows: `listOutcomes`; the text of the re-droppable rejects: `rejectsText`.
 */
export async function importFile(parts: ImportParts, request: ImportFile): Promise<RunRow> {
  const { source, settings } = await findFeed(parts, request.source);
  const holder = parts.newId();
  const run = await open(parts, {
    request,
    source,
    settings,
    file: basename(request.path),
    claim: null,
    holder,
  });
  const kept: { place: Promise<NonNullable<RunEnd['kept']>> | null } = { place: null };
  const ended = await carryOut({ directory: parts.directory, holder }, run, {
    path: request.path,
    settings,
    actor: request.actor,
    requestId: request.requestId,
    cutOff: 'refuse-row',
    onProgress: request.onProgress ?? (() => undefined),
    approved: null,
    keep: request.dryRun ? null : () => (kept.place ??= keepFile(parts, request, run.file)),
  });
  if (ended.state === 'held') await fileAway(parts, ended, join(parts.watchDir, ended.folder));
  else await markFiled(parts.database, run.n);
  return ended;
}

/** Copies a file that is held to where the watched folder has such files: the one handed over stays where it is. */
async function keepFile(
  { watchDir, newId }: ImportParts,
  { path, source }: ImportFile,
  file: string,
): Promise<NonNullable<RunEnd['kept']>> {
  const claim = newId();
  const folder = folderOf(source);
  const to = claimedPath(join(watchDir, folder), claim, file);
  await makeOwnFolder(dirname(to));
  const by = receivedPath(join(watchDir, folder), claim);
  await cp(path, by, { recursive: true });
  await rename(by, to);
  return { claim, folder };
}

export interface Upload extends ImportRequest {
  readonly content: Readable;
  /** Name that its sender gives it. */
  readonly file: string;
}

/** An upload that was taken: its run, and its end. */
export interface TakenUpload {
  readonly run: RunRow;
  /** Rejects only for faults of the machinery; the run is then taken up again by the watcher. */
  readonly ended: Promise<RunRow>;
}

/**
 * Takes an upload: when this answers, the content is safe in `work/` of the watched folder, and the import goes on
 * by itself, after a crash too; it ends in `done/` or `rejected/` as a dropped file does. A dry run leaves nothing.
 * Refuses as {@link importFile}; throws the FileFault `file.too_large`.
 */
export async function takeUpload(parts: ImportParts, upload: Upload): Promise<TakenUpload> {
  const { source, settings } = await findFeed(parts, upload.source);
  const claim = parts.newId();
  const holder = parts.newId();
  const file = safeName(upload.file);
  // It has its run before the watcher can see it.
  const folder = join(parts.watchDir, folderOf(upload.source));
  const received = receivedPath(folder, claim);
  await receive(upload.content, received);
  const run = await open(parts, {
    request: upload,
    source,
    settings,
    file,
    claim: upload.dryRun ? null : claim,
    holder,
  });
  const path = upload.dryRun ? received : claimedPath(folder, claim, file);
  if (!upload.dryRun) await rename(received, path);
  return { run, ended: finish(parts, { run, upload, settings, path, holder }) };
}

async function finish(
  parts: ImportParts,
  {
    run,
    upload,
    settings,
    path,
    holder,
  }: {
    run: RunRow;
    upload: Upload;
    settings: FeedSettings;
    path: string;
    holder: string;
  },
): Promise<RunRow> {
  try {
    const ended = await carryOut({ directory: parts.directory, holder }, run, {
      path,
      settings,
      actor: upload.actor,
      requestId: upload.requestId,
      cutOff: 'refuse-row',
      onProgress: () => undefined,
      approved: null,
      keep: null,
    });
    if (run.dry_run) await rm(path, { force: true });
    await fileAway(parts, ended, join(parts.watchDir, run.folder));
    if (!run.dry_run) parts.onEnded?.(ended);
    return ended;
  } finally {
    await releaseRuns(parts.database, holder);
  }
}

async function findFeed(
  { database, feeds }: ImportParts,
  name: string,
): Promise<{ source: SourceRow; settings: FeedSettings }> {
  const source = await findSource(database, name);
  if (source === null) throw new Refusal('source.not_found', { source: name });
  if (source.kind !== 'feed') {
    throw new Refusal('source.invalid', {
      why: `${name} is no feed; files are imported for feeds only. Name a feed of the settings, or csv.`,
    });
  }
  return { source, settings: feeds.get(name) ?? defaultFeedSettings(name) };
}

async function open(
  { database }: ImportParts,
  {
    request,
    source,
    settings,
    file,
    claim,
    holder,
  }: {
    request: ImportRequest;
    source: SourceRow;
    settings: FeedSettings;
    file: string;
    claim: string | null;
    holder: string;
  },
): Promise<RunRow> {
  const { mode } = settings;
  const wanted = {
    source: source.n,
    claim,
    folder: folderOf(source.name),
    file,
    mode,
    dryRun: request.dryRun,
    holder,
  };
  const run = await openRun(database, wanted);
  if (run === null) throw new Error(`The claim ${claim ?? ''} was made twice.`);
  return run;
}

async function receive(content: Readable, path: string): Promise<void> {
  await makeOwnFolder(dirname(path));
  try {
    await pipeline(content, limit(), createWriteStream(path));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function limit(): Transform {
  let bytes = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (bytes > MAX_UPLOAD) done(new FileFault('file.too_large', { limit: MAX_UPLOAD }));
      else done(null, piece);
    },
  });
}

/** A name that stays within its folder, whatever the sender calls the file. */
function safeName(name: string): string {
  const plain = basename(name.replaceAll('\\', '/')).replaceAll(/[\p{Cc}/]/gu, '_');
  const safe = keptName(plain);
  return safe === '' || safe.startsWith('.') ? `upload${safe}` : safe;
}

/**
 * The watched folder. What the file system tells is a doorbell only: a pass over the folders finds every file,
 * whether somebody rang or not. Each folder has passes of its own, so that no feed waits for another's large file;
 * files of a feed are taken in the order of their times, each feed in the hands of one process.
 */
import type { Dirent } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import type { Logger } from 'pino';
import { errorCode } from '../../core/error-code.ts';
import { FileFault } from '../../core/feeds/fault.ts';
import { MANIFEST } from '../../core/feeds/manifest.ts';
import { defaultFeedSettings, type FeedSettings } from '../../core/feeds/settings.ts';
import type { Metrics } from '../../observe/metrics.ts';
import { isEnded, type RunRow } from '../../store/feeds/run-rows.ts';
import { releaseRuns } from '../../store/feeds/runs.ts';
import { giveTurns, takeTurn } from '../../store/feeds/turns.ts';
import { isRetired } from '../../store/retiring.ts';
import {
  claimFile,
  type ClaimParts,
  dropForsaken,
  type FeedFolder,
  hasClaims,
  resumeClaims,
} from './claims.ts';
import { type Completeness, type Patience, type Standing, watchCompleteness } from './completeness.ts';
import { fileAway, type FilingParts, outcomeOf } from './filing.ts';
import { claimedPath, mayBeTaken } from './folders.ts';
import { watchFreshness } from './freshness.ts';
import { carryOut, reject, RunLost, type RunParts } from './import-run.ts';
import { limitedTo, Passes } from './passes.ts';
import { countRuns } from './run-metrics.ts';

export interface WatcherParts extends RunParts, FilingParts, ClaimParts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly folders: readonly FeedFolder[];
  readonly timing: WatcherTiming;
}

export interface WatcherTiming extends Omit<Patience, 'now' | 'onWaiting'> {
  /** Milliseconds between two passes when nobody rings. */
  readonly passEvery: number;
  /** Milliseconds to the next pass while a file is settling. */
  readonly lookAgain: number;
  /** Milliseconds to the next pass after something went wrong. */
  readonly afterFault: number;
}

/** As the watched folder is documented: 2 s to settle, a pass every 30 s. */
export const WATCHER_TIMING: WatcherTiming = {
  settle: 2_000,
  cutOff: 60_000,
  passEvery: 30_000,
  lookAgain: 250,
  afterFault: 5_000,
};

/** Milliseconds in which a feed's turn and its runs are asked for again; well below their time. */
const KEEP_TURN = 2_000;
/** Files that are worked on at once: each takes a connection and a processor of the database. */
const AT_ONCE = 2;
const MAX_ATTEMPTS = 5;
/** Milliseconds without a byte after which an upload is forsaken: a request, and a dry run of its file, end sooner. */
const FORSAKEN_AFTER = 3_600_000;
/** What a file system says of a file that another program keeps, or that we have no right to move. */
const NOT_LET_GO: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EBUSY', 'EXDEV']);
/** How a manifest is known to be written whole, whatever its feed waits for with files. */
const SETTLING: FeedSettings = { ...defaultFeedSettings('manifest'), completeness: 'settle' };
/** What every feed's folder holds. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(['work', 'done', 'rejected', 'held']);

/** Watches the folders from `start` to `stop`. */
export class FolderWatcher {
  readonly #parts: WatcherParts;
  readonly #completeness: Completeness;
  readonly #passes: readonly Passes[];
  readonly #limited = limitedTo(AT_ONCE);
  #doorbell: FSWatcher | null = null;
  #isStopping = false;
  /** Links and folders that the log has told of. */
  readonly #told = new Set<string>();

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    this.#passes = parts.folders.map(
      (folder) => new Passes(() => this.#look(folder), parts.timing.lookAgain),
    );
    this.#completeness = watchCompleteness({
      ...parts.timing,
      now: () => performance.now(),
      onWaiting: (path) =>
        parts.log.warn(
          { file: basename(path), seconds: parts.timing.cutOff / 1_000 },
          'A file ends in the middle of a record; it is given time for the rest',
        ),
    });
  }

  /** Makes the folders, and looks through them for the first time. */
  async start(): Promise<void> {
    const { folders, log } = this.#parts;
    for (const folder of folders) await mkdir(folder.path, { recursive: true });
    const doorbell = watch(
      folders.map(({ path }) => path),
      { depth: 0, ignoreInitial: true, followSymlinks: false },
    );
    this.#doorbell = doorbell;
    doorbell.on('all', () => this.#ring());
    doorbell.on('error', (error) => log.warn({ code: errorCode(error) }, 'The folder cannot be watched'));
    // Before it is ready it does not tell of what comes; the first pass then finds that.
    await new Promise<void>((resolve) => doorbell.once('ready', resolve));
    this.#ring();
  }

  /** Takes nothing more, waits for the file in hand, and gives back what this process holds. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#doorbell?.close();
    await Promise.all(this.#passes.map((passes) => passes.stop()));
    await releaseRuns(this.#parts.database, this.#parts.holder);
    await giveTurns(this.#parts.database, this.#parts.holder);
  }

  #ring(): void {
    for (const passes of this.#passes) passes.ring();
  }

  /** One pass over a folder; answers after how many milliseconds to make the next. */
  async #look(folder: FeedFolder): Promise<number> {
    const { database, log, timing } = this.#parts;
    try {
      await watchFreshness(database, folder.settings, Date.now());
      await dropForsaken(folder, Date.now() - FORSAKEN_AFTER);
      return (await this.#lookInto(folder)) ? timing.lookAgain : timing.passEvery;
    } catch (error) {
      log.error({ err: error, feed: folder.settings.name }, 'A pass over the folder failed');
      return timing.afterFault;
    }
  }

  /** True when something in the folder is still to come: a file that settles, or a feed that another process has. */
  async #lookInto(folder: FeedFolder): Promise<boolean> {
    const { database, holder } = this.#parts;
    const { ready, settling } = await this.#listFiles(folder);
    if (!(await takeTurn(database, folder.settings.name, holder))) {
      return settling || ready.length > 0 || (await hasClaims(folder));
    }
    const turn = setInterval(() => {
      void takeTurn(database, folder.settings.name, holder).catch(() => undefined);
    }, KEEP_TURN);
    try {
      for (const run of await resumeClaims(this.#parts, folder))
        await this.#limited(() => this.#work(run, folder));
      for (const file of ready) {
        if (this.#isStopping) return false;
        await this.#limited(async () => {
          const run = await this.#claim(folder, file);
          if (run !== null) await this.#work(run, folder);
        });
      }
    } finally {
      clearInterval(turn);
    }
    return settling;
  }

  /** Null for a file that is not to be had: another process was quicker, or the file system does not let it go. */
  async #claim(folder: FeedFolder, name: string): Promise<RunRow | null> {
    try {
      return await claimFile(this.#parts, folder, name);
    } catch (error) {
      const code = errorCode(error);
      if (!NOT_LET_GO.has(code)) throw error;
      const told = { feed: folder.settings.name, name: join(folder.name, name), code };
      this.#noteOnce(join(folder.path, name), told, 'A file cannot be moved out of the watched folder');
      return null;
    }
  }

  #noteOnce(path: string, told: object, text: string): void {
    if (this.#told.has(path)) return;
    this.#told.add(path);
    this.#parts.log.warn(told, text);
  }

  /** The files that may be taken, oldest first: none before an older one that will have settled in a moment. */
  async #listFiles(folder: FeedFolder): Promise<{ ready: string[]; settling: boolean }> {
    const found: { name: string; time: number; standing: Standing }[] = [];
    const paths = new Set<string>();
    for (const entry of await readdir(folder.path, { withFileTypes: true })) {
      const isSet = entry.isDirectory() && (await this.#isSet(folder, entry.name));
      if (!entry.isFile() && !isSet) this.#noteStranger(folder, entry);
      if ((!entry.isFile() && !isSet) || !mayBeTaken(entry.name)) continue;
      // A set is as complete as its manifest, which is written last.
      const path = join(folder.path, entry.name, ...(isSet ? [MANIFEST] : []));
      const stats = await lstat(path).catch(() => null);
      if (stats?.isFile() !== true) continue;
      paths.add(path);
      const settings = isSet ? SETTLING : folder.settings;
      const standing = await this.#completeness.standingOf(path, stats, settings);
      found.push({ name: entry.name, time: stats.mtimeMs, standing });
    }
    this.#completeness.keepOnly(folder.path, paths);
    found.sort((a, b) => a.time - b.time || (a.name < b.name ? -1 : 1));
    const settling = found.findIndex(({ standing }) => standing === 'settling');
    const ready = (settling === -1 ? found : found.slice(0, settling)).filter(
      ({ standing }) => standing === 'complete',
    );
    return { ready: ready.map(({ name }) => name), settling: ready.length < found.length };
  }

  /** A folder with a manifest that is neither ours nor a feed's. */
  async #isSet({ path }: FeedFolder, name: string): Promise<boolean> {
    const found = join(path, name);
    if (OWN_FOLDERS.has(name) || this.#parts.folders.some((folder) => folder.path === found)) return false;
    return (await lstat(join(found, MANIFEST)).catch(() => null))?.isFile() === true;
  }

  /** Says once in the log what in a folder is never taken: a link, and a folder that no feed of the settings has. */
  #noteStranger({ path, name: folderName, settings }: FeedFolder, entry: Dirent): void {
    const { name } = entry;
    const strange = join(path, name);
    if (name.startsWith('.')) return;
    const isOurs = OWN_FOLDERS.has(name) || this.#parts.folders.some((folder) => folder.path === strange);
    if (entry.isDirectory() && isOurs) return;
    const told = { feed: settings.name, file: join(folderName, name) };
    if (entry.isSymbolicLink()) this.#noteOnce(strange, told, 'A link in the watched folder is not followed');
    else if (entry.isDirectory())
      this.#noteOnce(
        strange,
        told,
        'A folder in the watched one belongs to no feed of the settings and is not read',
      );
  }

  /** Carries a claimed run to its end and puts its file away. What fails here is tried again at a later pass. */
  async #work(run: RunRow, folder: FeedFolder): Promise<void> {
    const { log, metrics } = this.#parts;
    const source = folder.settings.name;
    const line = log.child({ import: run.id, feed: source });
    try {
      const ended = isEnded(run.state) ? run : await this.#carryOut(run, folder);
      await fileAway(this.#parts, ended, folder.path);
      countRuns(metrics)(ended);
      line.info(
        { outcome: outcomeOf(ended), rows: ended.rows_total, refused: ended.refused },
        'Import ended',
      );
    } catch (error) {
      if (error instanceof RunLost) line.warn('Import was taken over by another process');
      else throw error;
    }
  }

  async #carryOut(run: RunRow, folder: FeedFolder): Promise<RunRow> {
    const path = claimedPath(folder.path, run.claim ?? '', run.file);
    const fault = await this.#whyNot(run, path);
    if (fault !== null) return reject(this.#parts, run, fault);
    return carryOut(this.#parts, run, {
      path,
      settings: folder.settings,
      actor: { kind: 'feed', id: folder.settings.name },
      requestId: null,
      cutOff: 'refuse-file',
      onProgress: () => undefined,
      approved: null,
      keep: null,
    });
  }

  async #whyNot(run: RunRow, path: string): Promise<FileFault | null> {
    if ((await lstat(path).catch(() => null)) === null) return new FileFault('file.gone', { file: run.file });
    if (await isRetired(this.#parts.database, run.source_n)) {
      return new FileFault('file.source_retired', { source: run.source });
    }
    const tried = run.attempts - 1;
    return tried < MAX_ATTEMPTS ? null : new FileFault('file.given_up', { attempts: tried });
  }
}

/**
 * The watched folder. What the file system tells is a doorbell only: a pass over the folders finds every file,
 * whether somebody rang or not. One pass at a time, files of a feed in the order of their times, each feed in the
 * hands of one process.
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
import { claimFile, type ClaimParts, type FeedFolder, hasClaims, resumeClaims } from './claims.ts';
import { type Completeness, type Patience, type Standing, watchCompleteness } from './completeness.ts';
import { fileAway, type FilingParts, outcomeOf } from './filing.ts';
import { claimedPath, mayBeTaken } from './folders.ts';
import { watchFreshness } from './freshness.ts';
import { carryOut, reject, RunLost, type RunParts } from './import-run.ts';

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
const MAX_ATTEMPTS = 5;
/** How a manifest is known to be written whole, whatever its feed waits for with files. */
const SETTLING: FeedSettings = { ...defaultFeedSettings('manifest'), completeness: 'settle' };
/** What every feed's folder holds. */
const OWN_FOLDERS: ReadonlySet<string> = new Set(['work', 'done', 'rejected', 'held']);

/** Watches the folders from `start` to `stop`. */
export class FolderWatcher {
  readonly #parts: WatcherParts;
  readonly #completeness: Completeness;
  #doorbell: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pass: Promise<void> = Promise.resolve();
  #isPassing = false;
  #rang = false;
  #isStopping = false;
  /** Links and folders that the log has told of. */
  readonly #told = new Set<string>();

  constructor(parts: WatcherParts) {
    this.#parts = parts;
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
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#doorbell?.close();
    await this.#pass;
    await releaseRuns(this.#parts.database, this.#parts.holder);
    await giveTurns(this.#parts.database, this.#parts.holder);
  }

  #ring(): void {
    if (this.#isStopping) return;
    if (this.#isPassing) {
      this.#rang = true;
      return;
    }
    this.#isPassing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#pass = this.#look().then((next) => {
      this.#isPassing = false;
      if (this.#isStopping) return;
      const after = this.#rang ? Math.min(next, this.#parts.timing.lookAgain) : next;
      this.#rang = false;
      this.#timer = setTimeout(() => this.#ring(), after);
    });
  }

  /** One pass; answers after how many milliseconds to make the next. */
  async #look(): Promise<number> {
    const { folders, log, timing } = this.#parts;
    let next = timing.passEvery;
    for (const folder of folders) {
      try {
        await watchFreshness(this.#parts.database, folder.settings, Date.now());
        if (await this.#lookInto(folder)) next = Math.min(next, timing.lookAgain);
      } catch (error) {
        log.error({ err: error, feed: folder.settings.name }, 'A pass over the folder failed');
        next = Math.min(next, timing.afterFault);
      }
    }
    return next;
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
      for (const run of await resumeClaims(this.#parts, folder)) await this.#work(run, folder);
      for (const file of ready) {
        if (this.#isStopping) return false;
        const run = await claimFile(this.#parts, folder, file);
        if (run !== null) await this.#work(run, folder);
      }
    } finally {
      clearInterval(turn);
    }
    return settling;
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
    if (this.#told.has(strange) || name.startsWith('.')) return;
    const isOurs = OWN_FOLDERS.has(name) || this.#parts.folders.some((folder) => folder.path === strange);
    if (entry.isDirectory() && isOurs) return;
    this.#told.add(strange);
    const told = { feed: settings.name, name: join(folderName, name) };
    if (entry.isSymbolicLink()) this.#parts.log.warn(told, 'A link in the watched folder is not followed');
    else if (entry.isDirectory())
      this.#parts.log.warn(
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
      const outcome = outcomeOf(ended);
      metrics.imports.inc({ source, outcome });
      if (outcome === 'held') metrics.holds.inc({ source });
      if (outcome === 'applied' || outcome === 'unchanged' || outcome === 'refused') {
        metrics.importLastSuccess.setToCurrentTime({ source });
      }
      line.info({ outcome, rows: ended.rows_total, refused: ended.refused }, 'Import ended');
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

/** The feeds of an installation, from its settings: the built-in one and those that are named. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import { DEFAULT_IDENTITY_ORDER, readIdentityOrder } from '../core/feeds/identity-cell.ts';
import { defaultFeedSettings, type FeedSettings } from '../core/feeds/settings.ts';
import { foldName } from '../core/names.ts';
import { SetupProblem } from '../core/setup-problem.ts';
import type { Directory } from '../directory/work.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { FeedFolder } from '../sources/feeds/claims.ts';
import type { FilingParts } from '../sources/feeds/filing.ts';
import { FolderWatcher, WATCHER_TIMING } from '../sources/feeds/watcher.ts';
import type { Database } from '../store/database.ts';
import { ensureFeedSource } from '../store/sources.ts';

/** The feed of files in the watched folder itself. */
const BUILT_IN = 'csv';

/** Settings of every feed by name, the built-in one with its defaults unless it is named. */
export function feedsOf(settings: Settings): ReadonlyMap<string, FeedSettings> {
  const feeds = new Map([[BUILT_IN, defaultFeedSettings(BUILT_IN)]]);
  for (const [name, given] of Object.entries(settings.feeds)) {
    feeds.set(name, {
      ...defaultFeedSettings(name),
      completeness: given.complete,
      encoding: given.encoding,
      delimiter: given.delimiter,
      identityOrder: readIdentityOrder(given.identityOrder) ?? DEFAULT_IDENTITY_ORDER,
      allowedRoles: given.allowedRoles === null ? null : given.allowedRoles.map(foldName),
      createRoles: given.createRoles ? 'create' : 'refuse',
      idp: given.idp,
    });
  }
  return feeds;
}

/** The folder of each feed; sources that are not there yet are made. Refuses (SetupProblem) a name that another kind of source has. */
export async function feedFolders(database: Database, settings: Settings): Promise<FeedFolder[]> {
  const folders: FeedFolder[] = [];
  for (const [name, feed] of feedsOf(settings)) {
    const source = await ensureFeedSource(database, name);
    if (source.kind !== 'feed') {
      throw new SetupProblem(`The feed ${name} cannot have this name: a ${source.kind} has it.`, [
        'Give the feed another name in the settings, and its folder too.',
      ]);
    }
    const isBuiltIn = name === BUILT_IN;
    folders.push({
      path: isBuiltIn ? settings.watchDir : join(settings.watchDir, name),
      name: isBuiltIn ? '' : name,
      sourceN: source.n,
      settings: feed,
    });
  }
  return folders;
}

export interface WatchingParts extends FilingParts {
  readonly directory: Directory;
  readonly settings: Settings;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Watches the folders of all feeds. */
export async function startWatching(parts: WatchingParts): Promise<FolderWatcher> {
  const { directory, settings, log, metrics, cursorOf } = parts;
  const { database } = directory;
  const watcher = new FolderWatcher({
    directory,
    database,
    holder: randomUUID(),
    newId: randomUUID,
    cursorOf,
    log,
    metrics,
    folders: await feedFolders(database, settings),
    timing: WATCHER_TIMING,
  });
  await watcher.start();
  return watcher;
}

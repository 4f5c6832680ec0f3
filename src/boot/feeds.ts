/** The feeds of an installation, from its settings: the built-in one and those that are named. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import { DEFAULT_IDENTITY_ORDER, readIdentityOrder } from '../core/feeds/identity-cell.ts';
import type { ColumnTest, FeedMapping } from '../core/feeds/mapped-row.ts';
import { type StatedColumn, USER_COLUMNS } from '../core/feeds/person-row.ts';
import {
  DEFAULT_STATUS,
  defaultFeedSettings,
  type FeedSettings,
  type StatusWords,
} from '../core/feeds/settings.ts';
import { findPlace } from '../core/feeds/stated.ts';
import { foldName, foldText } from '../core/names.ts';
import type { ResourceType } from '../core/scim/registry.ts';
import { SetupProblem } from '../core/setup-problem.ts';
import type { Directory } from '../directory/work.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { FeedFolder } from '../sources/feeds/claims.ts';
import type { FilingParts } from '../sources/feeds/filing.ts';
import { FolderWatcher, WATCHER_TIMING } from '../sources/feeds/watcher.ts';
import type { Database } from '../store/database.ts';
import type { GuardLimits } from '../core/plans/limits.ts';
import { ensureFeedSource } from '../store/sources.ts';
import { registryOf } from './schemas.ts';

/** The feed of files in the watched folder itself. */
const BUILT_IN = 'csv';

/** Settings of every feed by name, the built-in one with its defaults unless it is named. */
export function feedsOf(settings: Settings): ReadonlyMap<string, FeedSettings> {
  const userType = registryOf(settings).user;
  const feeds = new Map([
    [BUILT_IN, { ...defaultFeedSettings(BUILT_IN), userType, guards: settings.guards }],
  ]);
  for (const [name, given] of Object.entries(settings.feeds)) {
    feeds.set(name, {
      ...defaultFeedSettings(name),
      userType,
      guards: { ...settings.guards, ...said(given.guards) },
      mode: given.mode,
      expectedEvery: given.expectedEvery,
      loginKeys: given.mayBindLogin ? 'bind' : 'propose',
      deletedUsers: given.deletedUsers,
      status: statusOf(given),
      columns: new Map(columnsOf(userType, name, given.columns).map(({ column, place }) => [column, place])),
      mapping: given.mapping === null ? null : mappingOf(userType, name, given.mapping),
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

type GivenFeed = Settings['feeds'][string];

/** The limits that a feed names; the others are those of the installation. */
function said(limits: GivenFeed['guards']): Partial<GuardLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

function statusOf({ statusColumn, importWords, deleteWords }: GivenFeed): StatusWords {
  return {
    column: statusColumn,
    import: importWords === null ? DEFAULT_STATUS.import : new Set(importWords),
    delete: deleteWords === null ? DEFAULT_STATUS.delete : new Set(deleteWords),
  };
}

function columnsOf(
  userType: ResourceType,
  feed: string,
  columns: Readonly<Record<string, string>>,
): StatedColumn[] {
  return Object.entries(columns).map(([column, path]) => {
    const place = findPlace(userType, USER_COLUMNS[path.toLowerCase()] ?? path);
    if (place !== null) return { column, place };
    throw new SetupProblem(`The feed ${feed} cannot write the column ${column} to ${path}.`, [
      'Name an attribute that users have and that may be written, such as nickName, name.middleName,',
      'phoneNumbers.mobile or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter.',
    ]);
  });
}

type GivenMapping = NonNullable<GivenFeed['mapping']>;

function mappingOf(userType: ResourceType, feed: string, given: GivenMapping): FeedMapping {
  const keys = given.keys as FeedMapping['keys'];
  const attributes = columnsOf(userType, feed, given.attributes);
  const hasEmail = attributes.some(({ place }) => place.spelling === 'emails');
  const email = keys.email === undefined || hasEmail ? {} : { [keys.email]: 'emails' };
  return {
    keys,
    columns: [...attributes, ...columnsOf(userType, feed, email)],
    active: given.active,
    groups: given.groups,
    groupNames: given.groupNames,
    filter: Object.entries(given.filter).flatMap(([column, words]) => testsOf(column, [words].flat())),
  };
}

/** Words with `!` in front are what the column must not hold, the others what it must. */
function testsOf(column: string, words: readonly string[]): ColumnTest[] {
  const not = words.filter((word) => word.startsWith('!')).map((word) => foldText(word.slice(1).trim()));
  const is = words.filter((word) => !word.startsWith('!')).map(foldText);
  return [
    ...(is.length === 0 ? [] : [{ column, words: new Set(is), is: true }]),
    ...(not.length === 0 ? [] : [{ column, words: new Set(not), is: false }]),
  ];
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

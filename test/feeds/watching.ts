import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { defaultFeedSettings, type FeedSettings } from '../../src/core/feeds/settings.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { FeedFolder } from '../../src/sources/feeds/claims.ts';
import { folderOf } from '../../src/sources/feeds/folders.ts';
import { FolderWatcher, type WatcherTiming } from '../../src/sources/feeds/watcher.ts';
import type { Database } from '../../src/store/database.ts';
import { ensureFeedSource } from '../../src/store/sources.ts';

/** Short times, so that tests do not wait for people's. */
const TIMING: WatcherTiming = { settle: 60, cutOff: 400, passEvery: 2_000, lookAgain: 20, afterFault: 50 };

export interface Watching {
  readonly database: Database;
  readonly folder: string;
  readonly newId: () => string;
  readonly settings?: Partial<FeedSettings>;
  readonly feed?: string;
  /** More feeds that it watches, each with the folder of its name. */
  readonly besides?: readonly { readonly feed: string; readonly folder: string }[];
  readonly timing?: Partial<WatcherTiming>;
}

/** A watcher of one folder for a feed, `csv` where none is named. */
export async function openWatcher({
  database,
  folder,
  newId,
  settings = {},
  feed = 'csv',
  besides = [],
  timing = {},
}: Watching): Promise<FolderWatcher> {
  const all = [{ feed, folder }, ...besides];
  const folders: FeedFolder[] = [];
  for (const { feed: name, folder: path } of all) {
    const { n: sourceN } = await ensureFeedSource(database, name);
    folders.push({
      path,
      name: folderOf(name),
      sourceN,
      settings: { ...defaultFeedSettings(name), ...settings },
    });
  }
  return new FolderWatcher({
    directory: { database, wake: () => undefined },
    database,
    holder: newId(),
    newId,
    cursorOf: ({ xid, seq }) => `${xid}.${seq}`,
    log: pino({ level: process.env.MUSTER_TEST_LOG ?? 'silent' }, pino.destination(2)),
    metrics: createMetrics(),
    folders,
    timing: { ...TIMING, ...timing },
  });
}

/** Waits until a file is there, or fails after some seconds. */
export async function fileAt(...path: string[]): Promise<string> {
  const file = join(...path);
  await until(`${path.at(-1) ?? ''} to appear`, () =>
    access(file).then(
      () => true,
      () => false,
    ),
  );
  return file;
}

/** Waits until a condition holds. */
export async function until(what: string, condition: () => Promise<boolean>, seconds = 20): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${seconds} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Something that is waited for until it is given. */
export function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}

/** The receipt beside a file that has ended. */
export async function receiptOf(...path: string[]): Promise<Record<string, unknown>> {
  const file = await fileAt(...path.slice(0, -1), `${path.at(-1) ?? ''}.receipt.json`);
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Logger } from 'pino';
import type { Settings } from '../../config.ts';
import {
  type BackupEnd,
  BackupFault,
  type BackupHead,
  FORMAT,
  type Frame,
  readFrames,
} from '../../core/backup/frames.ts';
import { SetupProblem } from '../../core/setup-problem.ts';
import { loadDatabase } from '../../store/backup/load.ts';
import { isUntouched } from '../../store/backup/tables.ts';
import { knownMigrations, migrate, undoMigrationsBut } from '../../store/migrate.ts';
import { findMasterKey, fingerprintOf } from '../master-key.ts';
import { isRunning, readRunning } from '../running.ts';
import { openStorage } from '../storage.ts';
import { aboutFile } from './fault.ts';
import { backupKey } from './write.ts';

export interface RestoreWish {
  readonly settings: Settings;
  readonly file: string;
  readonly log: Logger;
}

export interface Restored {
  readonly head: BackupHead;
  /** Rows of each table. */
  readonly tables: BackupEnd['tables'];
}

/**
 * Fills the installation's database with a backup, in one transaction. The whole file is checked before the database is
 * looked at. Refuses (SetupProblem), changing nothing: a file that is none of ours, was cut off or altered, one of a newer
 * version, one that another master key seals, a daemon that runs, and a database in which anything was done.
 */
export async function restoreBackup({ settings, file, log }: RestoreWish): Promise<Restored> {
  const { dataDir, baseUrl } = settings;
  const masterKey = findMasterKey({ given: settings.masterKey, dataDir });
  if (masterKey === null) throw missingKey(dataDir);
  const checked = await aboutFile(file, () => check(file, masterKey));
  const running = readRunning(dataDir);
  if (running !== null && isRunning(running)) throw runs(running.pid);
  const storage = await openStorage(settings, 'daemon', log);
  const { database, directUrl, migrated } = storage;
  try {
    if (migrated.unknown.length > 0) throw newerDatabase();
    if (!(await isUntouched(database))) throw notEmpty();
    await undoMigrationsBut(directUrl, checked.head.migrations);
    try {
      await aboutFile(file, () =>
        database.transaction((tx) => loadDatabase(tx, withoutBytes(framesOf(file)), baseUrl)),
      );
    } finally {
      await migrate(directUrl);
    }
    return { head: checked.head, tables: checked.end.tables };
  } finally {
    await storage.close();
  }
}

interface Checked {
  readonly head: BackupHead;
  readonly end: BackupEnd;
}

/** Reads the file from its start to its end. */
async function check(file: string, masterKey: Buffer): Promise<Checked> {
  const seal = createHmac('sha256', backupKey(masterKey));
  let head: BackupHead | null = null;
  for await (const { frame, bytes } of framesOf(file)) {
    if (head === null) {
      if (frame.kind !== 'muster-backup') throw new BackupFault('It is no backup that Muster made.');
      head = frame;
      await requireReadable(head, masterKey);
    }
    if (frame.kind !== 'end') seal.update(bytes);
    else if (timingSafeEqual(seal.digest(), Buffer.from(frame.seal, 'hex'))) return { head, end: frame };
    else throw new BackupFault('It is not as it was when it was made: it was altered or damaged.');
  }
  throw new BackupFault('It ends before its end: it was cut off.');
}

async function requireReadable(head: BackupHead, masterKey: Buffer): Promise<void> {
  const known = new Set(await knownMigrations());
  if (head.format > FORMAT || head.migrations.some((name) => !known.has(name))) {
    throw new BackupFault(
      `A newer Muster (${head.version}) made it: restore it with that version or a later one.`,
    );
  }
  if (head.masterKey !== null && head.masterKey !== fingerprintOf(masterKey)) {
    throw new BackupFault(
      'What is in it is sealed with another master key than the one here: set MUSTER_MASTER_KEY to that one, or put its master.key into the data folder.',
    );
  }
}

async function* framesOf(file: string): ReturnType<typeof readFrames> {
  const unzipped = createGunzip();
  const reading = pipeline(createReadStream(file), unzipped);
  // Its failure ends the other stream, where it is met.
  reading.catch(() => undefined);
  yield* readFrames(unzipped);
}

async function* withoutBytes(frames: ReturnType<typeof readFrames>): AsyncGenerator<Frame> {
  for await (const { frame } of frames) yield frame;
}

function missingKey(dataDir: string): SetupProblem {
  return new SetupProblem('There is no master key here, and what is in a backup is sealed with one.', [
    `Put the master.key of the installation into ${dataDir}, or set MUSTER_MASTER_KEY to what it was.`,
    'Nothing was changed.',
  ]);
}

function runs(pid: number): SetupProblem {
  return new SetupProblem(`Muster runs here (process ${pid}).`, ['Stop it first. Nothing was changed.']);
}

function newerDatabase(): SetupProblem {
  return new SetupProblem('A newer Muster has prepared this database.', [
    'Restore with that version, or into a new database. Nothing was changed.',
  ]);
}

function notEmpty(): SetupProblem {
  return new SetupProblem('This database is not empty, and a backup is never mixed with what is there.', [
    'Restore into a new one: another MUSTER_DATA_DIR (with the master.key in it), or another DATABASE_URL.',
    'Nothing was changed.',
  ]);
}

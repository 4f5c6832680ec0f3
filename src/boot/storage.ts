import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Settings } from '../config.ts';
import { SetupProblem } from '../core/setup-problem.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { openEmbedded, type EmbeddedServer } from '../store/embedded/server.ts';
import { claimSoleUse, type Claim } from '../store/embedded/sole-use.ts';
import { migrate, type Migrated } from '../store/migrate.ts';
import { checkServer } from '../store/server-version.ts';
import { isRunning, readRunning, type Running } from './running.ts';

/** The database of an installation, migrated, and the way to let go of it. */
export interface Storage {
  readonly database: Database;
  /** Leads to the server itself: for LISTEN and everything that needs a session. */
  readonly directUrl: string;
  readonly migrated: Migrated;
  /** Which files an embedded database is in; null for one of the operator's own. */
  readonly files: string | null;
  close(): Promise<void>;
}

/** A `daemon` claims an embedded database for itself; a `visit` shares it with the daemon, if there is one. */
export type Use = 'daemon' | 'visit';

/**
 * Opens the outside database of the settings, or the embedded one, which it starts where it does not run, and
 * migrates it. Refuses (SetupProblem) a second daemon on one data folder, the embedded database beside a daemon that
 * works on an outside one, and a database that does not answer.
 */
export async function openStorage(settings: Settings, use: Use, log: Logger): Promise<Storage> {
  const { databaseUrl, databaseDirectUrl } = settings;
  if (databaseUrl === null) return openEmbeddedStorage(settings, use, log);
  const directUrl = databaseDirectUrl ?? databaseUrl;
  await checkServer(directUrl);
  const migrated = await bringUpToDate(directUrl, log);
  const database = openPool(settings, databaseUrl, use);
  return { database, directUrl, migrated, files: null, close: () => database.close() };
}

async function openEmbeddedStorage(settings: Settings, use: Use, log: Logger): Promise<Storage> {
  const { dataDir } = settings;
  const running = readRunning(dataDir);
  if (running?.database === 'outside' && isRunning(running)) throw otherDatabase(dataDir, running);
  const first = await openEmbedded({ dataDir });
  const keeper: Keeper = { server: first, claim: null, isClosing: false };
  const migrated = await prepared(keeper, { dataDir, use, log });
  if (use === 'daemon') void restartWhenItEnds(keeper, dataDir, log);
  const database = openPool(settings, first.url, use);
  return {
    database,
    directUrl: first.url,
    migrated,
    files: first.files,
    close: async () => {
      keeper.isClosing = true;
      await database.close();
      await keeper.claim?.release();
      await keeper.server.stop();
    },
  };
}

function otherDatabase(dataDir: string, { pid }: Running): SetupProblem {
  return new SetupProblem(
    `The Muster that runs on the data folder ${dataDir} (process ${pid}) works on a database of yours, not on the embedded one.`,
    ['Set DATABASE_URL here to the same address, as it is set there.'],
  );
}

/** Claims the server for a daemon and migrates its database; lets go of both when that fails. */
async function prepared(
  keeper: Keeper,
  { dataDir, use, log }: { readonly dataDir: string; readonly use: Use; readonly log: Logger },
): Promise<Migrated> {
  const { server } = keeper;
  if (use === 'daemon') keeper.claim = await claimOrRefuse(server, dataDir);
  try {
    return await bringUpToDate(server.url, log);
  } catch (error) {
    await keeper.claim?.release();
    await server.stop();
    throw error;
  }
}

/** A daemon that was just told to end may be finishing; it is waited for this long. */
const LEAVING_MS = 2_000;

async function claimOrRefuse(server: EmbeddedServer, dataDir: string): Promise<Claim> {
  const deadline = Date.now() + LEAVING_MS;
  do {
    const claim = await claimSoleUse(server.url);
    if (claim !== null) return claim;
    await pause(100);
  } while (Date.now() < deadline);
  await server.stop();
  const running = readRunning(dataDir);
  const where = running === null ? '' : ` It listens on ${running.address} (process ${running.pid}).`;
  throw new SetupProblem(`Muster runs on the data folder ${dataDir} already.${where}`, [
    'Stop that one first, or give this one a folder and port of its own with MUSTER_DATA_DIR and MUSTER_PORT.',
  ]);
}

interface Keeper {
  server: EmbeddedServer;
  claim: Claim | null;
  isClosing: boolean;
}

/** A database server that was killed is started again, on its port, so that the pool's address stays good. */
async function restartWhenItEnds(keeper: Keeper, dataDir: string, log: Logger): Promise<void> {
  for (;;) {
    await keeper.server.ended;
    if (keeper.isClosing) return;
    log.error('The embedded database ended unexpectedly; starting it again.');
    try {
      keeper.server = await openEmbedded({ dataDir, port: keeper.server.port });
      keeper.claim = await claimSoleUse(keeper.server.url);
    } catch (error) {
      log.fatal({ err: error }, 'The embedded database cannot be started again.');
      return;
    }
  }
}

async function bringUpToDate(url: string, log: Logger): Promise<Migrated> {
  const migrated = await migrate(url);
  const { applied, unknown } = migrated;
  if (applied.length > 0)
    log.info({ migrations: applied.length }, 'Brought the database to the newest schema.');
  if (unknown.length > 0) log.warn({ unknown }, 'The database was migrated by a newer version of Muster.');
  return migrated;
}

function openPool({ databasePoolSize }: Settings, url: string, use: Use): Database {
  return openDatabase({ url, poolSize: use === 'daemon' ? databasePoolSize : 4, applicationName: 'muster' });
}

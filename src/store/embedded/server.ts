import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SetupProblem } from '../../core/setup-problem.ts';
import { chooseAccount, type Account } from './account.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster, OWNER, quietEnvironment, readPassword } from './cluster.ts';
import { ensureDatabase } from './first-database.ts';
import { leashed, makeLeash, takeLeash, type OwnLeash } from './leash.ts';
import { clearTheWay, readPostmaster, worksIn } from './postmaster.ts';

/** A hold on the embedded server. It runs as long as any process holds it. */
export interface EmbeddedServer {
  /** Of the database `muster`, with its password. */
  readonly url: string;
  readonly port: number;
  /** Inode and birth of a file that lives as long as the cluster; null where it cannot be seen. */
  readonly files: string | null;
  /** Resolves when a server that this process started ends by itself; never for one that was found running. */
  readonly ended: Promise<void>;
  /** Lets go. When nobody else holds the server, resolves after it has closed its files. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Gets a folder `postgres/` with everything that the server writes. Made when missing. */
  readonly dataDir: string;
  /** False for throw-away data, such as that of tests: fast, and lost with the machine. */
  readonly durable?: boolean;
  /** More settings of PostgreSQL, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The port to use again, when a server that ended is started anew; else a free one. */
  readonly port?: number;
}

const START_WITHIN_MS = 600_000;
const CLOSE_WITHIN_MS = 60_000;
const HELD_BY_OTHERS_MS = 500;
const LOG_LIMIT_BYTES = 10_000_000;

/**
 * Finds the data folder's server running, or starts it, and makes its database where there is none. Any number
 * of processes may do so at once: PostgreSQL's own lock decides which server runs, and the others join it.
 * Refuses data of another major version, of another account, or out of reach (SetupProblem).
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const folder = resolve(options.dataDir, 'postgres');
  const deadline = Date.now() + START_WITHIN_MS;
  while (Date.now() < deadline) {
    const found = await joinRunning(folder);
    if (found.server !== null) return found.server;
    const server = await startNew(folder, options, found.dead);
    if (server !== null) return server;
    await pause(20);
  }
  throw new SetupProblem('The embedded database did not become ready.', [
    `Its log: ${join(folder, 'server.log')}`,
  ]);
}

/** A hold on the running server; else the leash that nobody reads, of a server that may still be there. */
async function joinRunning(
  folder: string,
): Promise<{ readonly server: EmbeddedServer | null; readonly dead: string | null }> {
  const cluster = join(folder, 'cluster');
  const found = readPostmaster(cluster);
  if (found === null) return { server: null, dead: null };
  const leash = found.leash === '' ? null : await takeLeash(folder, found.leash);
  if (leash === null) return { server: null, dead: found.leash };
  if (await becomesReady(cluster, found.leash, () => worksIn(found.pid, cluster))) {
    const server = holdOf(cluster, new Promise<void>(() => undefined), async () => leash.release());
    return { server, dead: null };
  }
  leash.release();
  return { server: null, dead: found.leash };
}

async function startNew(
  folder: string,
  options: EmbeddedOptions,
  dead: string | null,
): Promise<EmbeddedServer | null> {
  const durable = options.durable ?? true;
  const binaries = findBinaries();
  const account = chooseAccount(folder, binaries.initdb);
  const cluster = await ensureCluster(folder, { binaries, account, durable });
  if ((await clearTheWay(cluster, dead)) === 'look again') return null;

  const leash = makeLeash(folder);
  sweep(folder, leash.name);
  const log = join(folder, 'server.log');
  const logged = turnLog(log);
  const port = options.port ?? (await freePort());
  const child = launch(
    account,
    [
      ...[log, folder, binaries.postgres, '-D', cluster],
      ...asFlags({
        ...serverSettings(port, leash.name),
        ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
        ...options.settings,
      }),
    ],
    leash.read,
  );
  closeSync(leash.read);

  const state = { running: true };
  const ended = new Promise<void>((done) => {
    child.once('error', () => done());
    child.once('exit', () => done());
  }).then(() => void (state.running = false));
  if (await becomesReady(cluster, leash.name, () => state.running)) {
    const server = holdOf(cluster, ended, () => letGo(cluster, leash));
    await ensureDatabase(server.url, cluster);
    return server;
  }
  leash.release();
  rmSync(leash.path, { force: true });
  const said = readFileSync(log, 'utf8').slice(logged).trim();
  if (/postmaster\.pid" already exists|Address already in use|shared memory block .* still in use/.test(said))
    return null;
  throw new SetupProblem('The embedded database did not start.', [
    ...said.split('\n').slice(-8),
    `Its log: ${log}`,
  ]);
}

function serverSettings(port: number, leash: string): Record<string, string> {
  return {
    cluster_name: leash,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The queries are short; compiling them costs more than it gains.
    jit: 'off',
  };
}

function asFlags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

/** In a session of its own, so that a Ctrl-C in the terminal reaches us and not the server behind our back. */
function launch(account: Account, words: readonly string[], leashEnd: number): ChildProcess {
  const [command = '', ...rest] = [...account.prefix, '/bin/sh', '-c', leashed, 'muster-database', ...words];
  const child = spawn(command, rest, {
    ...account.ids,
    cwd: '/',
    detached: true,
    stdio: [leashEnd, 'ignore', 'ignore'],
    env: quietEnvironment(),
  });
  child.unref();
  return child;
}

async function becomesReady(cluster: string, leash: string, isRunning: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_WITHIN_MS;
  while (isRunning() && Date.now() < deadline) {
    const now = readPostmaster(cluster);
    if (now?.leash === leash && now.status === 'ready') return true;
    await pause(5);
  }
  return false;
}

function holdOf(cluster: string, ended: Promise<void>, stop: () => Promise<void>): EmbeddedServer {
  const port = readPostmaster(cluster)?.port;
  if (port === undefined) throw new Error('The embedded database ended in the moment it was ready.');
  let stopped: Promise<void> | null = null;
  return {
    url: `postgres://${OWNER}:${readPassword(cluster)}@127.0.0.1:${port}/${OWNER}`,
    port,
    files: filesOf(cluster),
    ended,
    stop: () => (stopped ??= stop()),
  };
}

/** Of the file that PostgreSQL writes in place from its first start to its last: after a copy it is another. */
function filesOf(cluster: string): string | null {
  const found = statSync(join(cluster, 'global/pg_control'), { throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino}:${Math.floor(found.birthtimeMs)}`;
}

/** A server that is still `ready` a while after we let go is held by another process, and stays. */
async function letGo(cluster: string, leash: OwnLeash): Promise<void> {
  const pid = readPostmaster(cluster)?.pid;
  leash.release();
  const began = Date.now();
  while (pid !== undefined && worksIn(pid, cluster) && Date.now() - began < CLOSE_WITHIN_MS) {
    if (readPostmaster(cluster)?.status === 'ready' && Date.now() - began > HELD_BY_OTHERS_MS) return;
    await pause(5);
  }
  rmSync(leash.path, { force: true });
}

/** Removes what processes that were killed left in the folder; `keep` is the leash just made. */
function sweep(folder: string, keep: string): void {
  for (const entry of readdirSync(folder)) {
    if (/^(leash|ack|init)-[0-9a-f]+$/.test(entry) && entry !== keep && isOld(join(folder, entry))) {
      rmSync(join(folder, entry), { recursive: true, force: true });
    }
  }
}

function isOld(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > START_WITHIN_MS;
}

/** Begins a new log when the old one is long; answers where this start's lines begin. */
function turnLog(log: string): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size < LOG_LIMIT_BYTES) return size;
  renameSync(log, `${log}.1`);
  return 0;
}

/** A port of the loopback address that nobody listens on now; PostgreSQL says so if it is taken meanwhile. */
function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

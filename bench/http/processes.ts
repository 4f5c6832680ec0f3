/** The server processes that benchmarks over HTTP talk to. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A server process that is ready. */
export interface ServerProcess {
  /** Such as `http://127.0.0.1:41234`. */
  readonly address: string;
  readonly pid: number;
  /** Milliseconds from its start until it was ready. */
  readonly readyAfter: number;
  stop(): Promise<void>;
}

/** The bearer token of the client `bootstrap` in every database that a daemon of ours served first. */
export const TOKEN = 'a-token-that-only-benchmarks-use-0001';
/** Bound to the database by the first start, so the same for ever. */
export const MASTER_KEY = 'a-master-key-that-only-benchmarks-use';
const READY_WITHIN_MS = 300_000;

export interface DaemonOptions {
  /** Null for an embedded database of its own, in `dataDir`. */
  readonly databaseUrl: string | null;
  /** Kept where it is given; else one of its own, removed at the end. */
  readonly dataDir?: string;
  /** That of all instances on one database; else the address of this one. */
  readonly baseUrl?: string;
}

/** Starts the compiled program as a production would and waits until it is ready. */
export async function startDaemon({ databaseUrl, dataDir, baseUrl }: DaemonOptions): Promise<ServerProcess> {
  const folder = dataDir ?? join(ROOT, 'bench/data', `daemon-${process.pid}`);
  const watchDir = join(folder, 'watch');
  mkdirSync(watchDir, { recursive: true });
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'bin/muster.mjs'), 'serve'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
      MUSTER_PORT: String(port),
      ...(baseUrl === undefined ? {} : { MUSTER_BASE_URL: baseUrl }),
      MUSTER_DATA_DIR: folder,
      MUSTER_WATCH_DIR: watchDir,
      MUSTER_BOOTSTRAP_TOKEN: TOKEN,
      MUSTER_MASTER_KEY: MASTER_KEY,
      MUSTER_LOG_FORMAT: 'json',
      MUSTER_LOG_LEVEL: 'warn',
    },
  });
  const address = `http://127.0.0.1:${port}`;
  await untilReady(child, address);
  return {
    ...processOf(child, address, async () => {
      if (dataDir === undefined) rmSync(folder, { recursive: true, force: true });
    }),
    readyAfter: performance.now() - began,
  };
}

/** Starts a program of ours that says `ready PORT`. */
export async function startScript(
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, path)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length));
    });
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code} before it was ready.`)));
  });
  return {
    ...processOf(child, `http://127.0.0.1:${port}`, () => Promise.resolve()),
    readyAfter: performance.now() - began,
  };
}

/** Ends server processes, all of them though one fails. */
export async function stopAll(servers: readonly ServerProcess[]): Promise<void> {
  await Promise.allSettled(servers.map((server) => server.stop()));
}

/** A tick of processor time as Linux counts it. */
const TICKS_PER_SECOND = 100;
const IDLE_SECONDS = 3;
const MOST_SECONDS = 240;

/** Waits until the process took less than a quarter of a processor for some seconds: its index is filled then. */
export async function untilIdle(pid: number): Promise<void> {
  let quiet = 0;
  let before = await ticksOf(pid);
  for (let second = 0; second < MOST_SECONDS && quiet < IDLE_SECONDS; second += 1) {
    await pause(1_000);
    const now = await ticksOf(pid);
    quiet = now - before < TICKS_PER_SECOND / 4 ? quiet + 1 : 0;
    before = now;
  }
}

/** Processor time of all its threads, in ticks. */
async function ticksOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function processOf(
  child: ChildProcess,
  address: string,
  after: () => Promise<void>,
): Omit<ServerProcess, 'readyAfter'> {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    address,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      await after();
    },
  };
}

async function untilReady(child: ChildProcess, address: string): Promise<void> {
  const state = { hasEnded: false };
  child.once('exit', () => (state.hasEnded = true));
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline && !state.hasEnded) {
    const isReady = await fetch(`${address}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill();
  throw new Error('The daemon did not become ready.');
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

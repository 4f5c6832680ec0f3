import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = join(dirname(fileURLToPath(import.meta.url)), '../..');
const program = join(checkout, 'bin/muster.mjs');

/** An installation in a folder of its own, used as a person would: by its commands. */
export interface Installation {
  readonly folder: string;
  readonly watchDir: string;
  readonly address: string;
  /** Starts the daemon and waits until it has greeted. */
  serve(): Promise<Daemon>;
  /** The same by `npm start`; a signal goes to npm alone. */
  npmStart(): Promise<Daemon>;
  run(...words: readonly string[]): Promise<Ran>;
  /** As `run`, with more in the environment. */
  runWith(more: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Ran>;
  /** Ends what still runs and removes the folder. */
  remove(): Promise<void>;
}

export interface Daemon {
  /** All that it printed until it was ready. */
  readonly greeting: string;
  /** Sends a signal; answers the exit code, null when the signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Makes one, on a free port of loopback. */
export async function makeInstallation(
  settings: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  chmodSync(folder, 0o711);
  const port = await freePort();
  const watchDir = join(folder, 'watch');
  const env = {
    ...process.env,
    DATABASE_URL: '',
    MUSTER_DATA_DIR: join(folder, 'data'),
    MUSTER_WATCH_DIR: watchDir,
    MUSTER_HOST: '127.0.0.1',
    MUSTER_PORT: String(port),
    MUSTER_LOG_FORMAT: 'json',
    MUSTER_LOG_LEVEL: 'warn',
    ...settings,
  };
  const started = new Set<ChildProcess>();
  const track = (child: ChildProcess): ChildProcess => {
    started.add(child);
    child.once('exit', () => started.delete(child));
    return child;
  };
  const start = (words: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess => {
    const child = spawn(process.execPath, [program, ...words], {
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return track(child);
  };
  return {
    folder,
    watchDir,
    address: `http://127.0.0.1:${port}`,
    serve: async () => {
      const child = start(['serve']);
      const greeting = await untilSaid(child, /Watched folder[^]*?\n\n/);
      return { greeting, end: (signal) => ended(child, signal) };
    },
    npmStart: async () => {
      const child = track(spawn('npm', ['start'], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] }));
      const greeting = await untilSaid(child, /Watched folder[^]*?\n\n/);
      return { greeting, end: (signal) => ended(child, signal) };
    },
    run: (...words) => ran(start(words)),
    runWith: (more, ...words) => ran(start(words, more)),
    remove: async () => {
      await Promise.all([...started].map((child) => ended(child, 'SIGKILL')));
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

async function ran(child: ChildProcess): Promise<Ran> {
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: out(), err: err() };
}

function textOf(stream: ChildProcess['stdout']): () => string {
  const pieces: Buffer[] = [];
  stream?.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces).toString('utf8');
}

function untilSaid(child: ChildProcess, pattern: RegExp): Promise<string> {
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (pattern.test(out())) resolve(out());
    });
    child.once('exit', (code) => reject(new Error(`muster ended with ${code}: ${out()}${err()}`)));
  });
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : 0));
    });
  });
}

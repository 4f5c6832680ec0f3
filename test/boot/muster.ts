/** The program as people run it: `bin/muster.mjs` in a process of its own, on folders and a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  /** Everything written to standard output so far. */
  readonly said: () => string;
  readonly ended: Promise<Ended>;
}

/** Folders and a port for one installation. */
export interface Place {
  readonly folder: string;
  readonly address: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Starts a command; `more` adds to the environment. */
  start(words: readonly string[], more?: Readonly<Record<string, string>>): RunningProcess;
  /** Runs a command to its end. */
  run(words: readonly string[], more?: Readonly<Record<string, string>>): Promise<Ended>;
  remove(): void;
}

export async function makePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-place-'));
  const port = await freePort();
  const environment = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    MUSTER_PORT: String(port),
    MUSTER_DATA_DIR: join(folder, 'data'),
    MUSTER_WATCH_DIR: join(folder, 'watch'),
  };
  const start: Place['start'] = (words, more = {}) => {
    const child = spawn(process.execPath, ['bin/muster.mjs', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment, ...more },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, out, err })));
    return { child, said: () => out, ended };
  };
  return {
    folder,
    address: `http://127.0.0.1:${port}`,
    environment,
    start,
    run: (words, more) => start(words, more).ended,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
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

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode } from '../../core/error-code.ts';

/** What a running server says of itself in its folder (`postmaster.pid` and `postmaster.opts`). */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
  /** Name of its leash; empty when the server was not started by us. */
  readonly leash: string;
}

/** The server that has, or had, the cluster open; null when it was closed properly or never started. */
export function readPostmaster(cluster: string): Postmaster | null {
  const lines = readIfThere(join(cluster, 'postmaster.pid'))?.split('\n');
  const pid = Number(lines?.[0]);
  if (lines === undefined || !Number.isInteger(pid) || pid <= 0) return null;
  const options = readIfThere(join(cluster, 'postmaster.opts')) ?? '';
  return {
    pid,
    port: Number(lines[3]),
    status: (lines[7] ?? '').trim(),
    leash: /cluster_name=(leash-[0-9a-f]+)/.exec(options)?.[1] ?? '',
  };
}

const LEFT_ALONE_MS = 2_000;
const PATIENCE_MS = 30_000;

/**
 * Makes way for a new server in a cluster whose leash, named `dead`, nobody reads any more. A server on another
 * leash has been started meanwhile: then the caller looks again. A server that is closing is waited for; one
 * that lost its leash (its companion was killed) is stopped, after a while in which one that is just starting
 * would have shown itself; a `postmaster.pid` whose number now belongs to some other program is removed. Only a
 * process that works in this very folder is ever sent a signal.
 */
export async function clearTheWay(cluster: string, dead: string | null): Promise<'clear' | 'look again'> {
  const found = readPostmaster(cluster);
  if (found === null) return 'clear';
  if (found.leash !== dead)
    return worksIn(found.pid, cluster) ? 'look again' : removeStale(found.pid, cluster);
  const began = Date.now();
  let signalled: NodeJS.Signals | null = null;
  while (Date.now() - began < PATIENCE_MS * 2) {
    if (!worksIn(found.pid, cluster)) return removeStale(found.pid, cluster);
    const now = readPostmaster(cluster);
    if (now !== null && now.leash !== found.leash) return 'look again';
    const waited = Date.now() - began;
    if (now?.status !== 'stopping' && waited > LEFT_ALONE_MS && signalled === null) {
      signalled = signal(found.pid, 'SIGINT');
    } else if (waited > PATIENCE_MS && signalled !== 'SIGQUIT') {
      signalled = signal(found.pid, 'SIGQUIT');
    }
    await pause(20);
  }
  throw new Error(`The PostgreSQL server with process id ${found.pid} does not stop.`);
}

/**
 * PostgreSQL overrides a lock file whose process is dead, after checking that no back end is left; it cannot
 * when the number has been given to another program of the same account. Then, and only when no process works in
 * the folder any more, the file goes.
 */
function removeStale(pid: number, cluster: string): 'clear' {
  if (isAlive(pid) && readPostmaster(cluster)?.pid === pid && !anyoneWorksIn(cluster)) {
    rmSync(join(cluster, 'postmaster.pid'), { force: true });
  }
  return 'clear';
}

/** True when the process lives and its working folder is the cluster: every process of a server works there. */
export function worksIn(pid: number, cluster: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') return workingFolder(pid) === realpathSync(cluster);
  try {
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes('postgres') && command.includes(cluster);
  } catch {
    return false;
  }
}

function anyoneWorksIn(cluster: string): boolean {
  if (process.platform !== 'linux') return false;
  const folder = realpathSync(cluster);
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && workingFolder(Number(entry)) === folder);
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): NodeJS.Signals {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in this moment, which is what was wanted.
  }
  return name;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

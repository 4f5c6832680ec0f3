import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode } from '../../core/error-code.ts';

/**
 * The leash ties the life of the database server to that of the processes that use it. It is a named pipe: the
 * server's companion (a few lines of shell, see `leashed`) reads it, every user of the server holds its other
 * end open. When the last user is gone, by whatever death, kill -9 included, the kernel closes its end, the
 * companion reads the end of the file and stops the server.
 *
 * The race closed by the acknowledgement: somebody may open the pipe in the moment after the companion read its
 * end and before it acted. So a newcomer writes a word into the pipe and waits for a file of that name; the
 * companion only makes it while it has not seen the end, and cannot see the end from then on.
 */
export interface Leash {
  release(): void;
}

/** Runs `"$@"` (PostgreSQL) until it ends by itself or standard input, the leash, comes to its end. */
export const leashed = `
exec 3<&0 0</dev/null
log=$1; acks=$2; shift 2
"$@" 3<&- >>"$log" 2>&1 &
server=$!
( while read -r word; do : > "$acks/ack-$word"; done; exec 3<&- 0</dev/null; kill -INT "$server" ) <&3 3<&- >/dev/null 2>&1 &
companion=$!
exec 3<&-
wait "$server"
code=$?
kill "$companion" 2>/dev/null
exit "$code"
`;

/** Long, because a machine may be slow, and taking a living server for dead would stop it. */
const ACKNOWLEDGED_WITHIN_MS = 30_000;
const isMissing = new Set(['ENXIO', 'ENOENT', 'EPIPE']);

/** The leash of a server about to be started. */
export interface OwnLeash extends Leash {
  readonly name: string;
  readonly path: string;
  /** File descriptor of the companion's end, to be closed here once it has been handed over. */
  readonly read: number;
}

/** Makes a leash in the folder and takes hold of it. */
export function makeLeash(folder: string): OwnLeash {
  const name = `leash-${randomBytes(6).toString('hex')}`;
  const path = join(folder, name);
  execFileSync('mkfifo', ['-m', '600', path]);
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  return { name, path, read, release: () => closeSync(write) };
}

/** Takes hold of a running server's leash; null when nobody reads it, or its reader is past its end. */
export async function takeLeash(folder: string, name: string): Promise<Leash | null> {
  const write = openForWriting(join(folder, name));
  if (write === null) return null;
  const word = randomBytes(8).toString('hex');
  const ack = join(folder, `ack-${word}`);
  if (tell(write, word)) {
    const deadline = Date.now() + ACKNOWLEDGED_WITHIN_MS;
    while (Date.now() < deadline) {
      if (existsSync(ack)) {
        rmSync(ack, { force: true });
        return { release: () => closeSync(write) };
      }
      if (!isRead(join(folder, name))) break;
      await pause(5);
    }
  }
  closeSync(write);
  return null;
}

function isRead(path: string): boolean {
  const probe = openForWriting(path);
  if (probe !== null) closeSync(probe);
  return probe !== null;
}

function openForWriting(path: string): number | null {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing.has(errorCode(error))) return null;
    throw error;
  }
}

function tell(write: number, word: string): boolean {
  try {
    writeSync(write, `${word}\n`);
    return true;
  } catch (error) {
    if (isMissing.has(errorCode(error))) return false;
    throw error;
  }
}

/**
 * When a file is complete. `settle`: its size and time stood still, and its text does not end in the middle of a
 * record, or has stood so for long. `rename`: it was renamed after it was last written (its inode changed later
 * than its content); one that was written in place has to settle. `marker`: `FILE.done` or `FILE.ok` lies beside
 * it, or `FILE.sha256` with its hash.
 */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FeedSettings } from '../../core/feeds/settings.ts';
import { openPlain } from './parts.ts';
import { endsWell } from './reading.ts';
import { errorCode } from '../../core/error-code.ts';

export interface Patience {
  /** Milliseconds for which size and time must stand still. */
  readonly settle: number;
  /** Milliseconds after which a file that ends in the middle of a record is taken as it is. */
  readonly cutOff: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  /** Told once of a file that stands still in the middle of a record. */
  readonly onWaiting: (path: string) => void;
}

/** settling: it stood still for too short a time, which passes soon. waiting: for its end, or its marker. */
export type Standing = 'complete' | 'settling' | 'waiting';

export interface Completeness {
  standingOf(path: string, stats: Stats, settings: FeedSettings): Promise<Standing>;
  /** Forgets files of a folder that are no longer there. */
  keepOnly(folder: string, paths: ReadonlySet<string>): void;
}

interface Seen {
  readonly size: number;
  readonly time: number;
  readonly since: number;
  endsWell: boolean | null;
}

/** Watches files stand still. */
export function watchCompleteness({ settle, cutOff, now, onWaiting }: Patience): Completeness {
  const seen = new Map<string, Seen>();

  async function settled(path: string, stats: Stats, settings: FeedSettings): Promise<Standing> {
    const before = seen.get(path);
    if (before?.size !== stats.size || before.time !== stats.mtimeMs) {
      seen.set(path, { size: stats.size, time: stats.mtimeMs, since: now(), endsWell: null });
      return 'settling';
    }
    const stoodStill = now() - before.since;
    if (stoodStill < settle) return 'settling';
    if (before.endsWell === null) {
      before.endsWell = (await lastByteEndsLine(path, stats.size)) || (await endsWell(path, settings));
      if (!before.endsWell) onWaiting(path);
    }
    return before.endsWell || stoodStill >= cutOff ? 'complete' : 'waiting';
  }

  async function standing(path: string, stats: Stats, settings: FeedSettings): Promise<Standing> {
    switch (settings.completeness) {
      case 'settle':
        return settled(path, stats, settings);
      case 'rename':
        return stats.ctimeMs > stats.mtimeMs ? 'complete' : settled(path, stats, settings);
      case 'marker':
        return (await hasMarker(path)) ? 'complete' : 'waiting';
    }
  }

  return {
    async standingOf(path, stats, settings) {
      try {
        return await standing(path, stats, settings);
      } catch (error) {
        // What cannot be read never becomes complete by itself: whoever takes it says why it is rejected.
        return errorCode(error) === 'ENOENT' ? 'waiting' : 'complete';
      }
    },
    keepOnly(folder, paths) {
      for (const path of seen.keys()) {
        if (dirname(path) === folder && !paths.has(path)) seen.delete(path);
      }
    },
  };
}

/** Markers of a file that was taken, to be taken away with it. */
export function markersOf(path: string): string[] {
  return ['.done', '.ok', '.sha256'].map((ending) => path + ending);
}

async function hasMarker(path: string): Promise<boolean> {
  const [done, ok, sum] = markersOf(path);
  if (done === undefined || ok === undefined || sum === undefined) return false;
  if ((await exists(done)) || (await exists(ok))) return true;
  const wanted = /^[0-9a-f]{64}/i.exec(await beginningOf(sum))?.[0];
  if (wanted === undefined) return false;
  return wanted.toLowerCase() === (await sha256Of(path));
}

/** The first characters of a file; none of one that cannot be read. */
async function beginningOf(path: string): Promise<string> {
  const file = await openPlain(path).catch(() => null);
  if (file === null) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function lastByteEndsLine(path: string, size: number): Promise<boolean> {
  if (size === 0) return true;
  const file = await openPlain(path);
  try {
    const length = Math.min(size, 2);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const last = buffer.at(-1) === 0 ? buffer.at(-2) : buffer.at(-1);
    return last === 0x0a || last === 0x0d;
  } finally {
    await file.close();
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await openPlain(path);
  try {
    for await (const piece of file.createReadStream({ autoClose: false })) hash.update(piece as Buffer);
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

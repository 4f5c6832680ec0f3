/** How far this instance saw its database come, written beside it: so that one that was set back is known (P-01). */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Database } from '../store/database.ts';
import { readLastBatch } from '../store/effective/log-tail.ts';
import type { Epoch } from '../store/installation.ts';
import type { Seen } from '../store/set-back.ts';

const seenSchema = z.object({
  system: z.string(),
  epoch: z.uuid(),
  batch: z.object({ n: z.int(), position: z.string() }),
});

const EVERY_MS = 10_000;

const fileIn = (dataDir: string): string => join(dataDir, 'database.seen');

/** What was written last; null where nothing can be read. */
export function readSeen(dataDir: string): Seen | null {
  try {
    return seenSchema.parse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')));
  } catch {
    return null;
  }
}

export interface SeeingParts {
  readonly database: Database;
  readonly dataDir: string;
  readonly epoch: Epoch;
  readonly log: Logger;
}

/** Writes it now, every ten seconds, and a last time when it is stopped. */
export function keepSeen({ database, dataDir, epoch, log }: SeeingParts): { stop(): Promise<void> } {
  let written = '';
  const look = async (): Promise<void> => {
    const { n, position } = await readLastBatch(database);
    const seen: Seen = { system: epoch.system, epoch: epoch.id, batch: { n, position: position.text } };
    const text = `${JSON.stringify(seen)}\n`;
    if (text === written) return;
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(`${fileIn(dataDir)}.new`, text, { mode: 0o600 });
    renameSync(`${fileIn(dataDir)}.new`, fileIn(dataDir));
    written = text;
  };
  const tryToLook = (): Promise<void> =>
    look().catch((error: unknown) => log.warn({ err: error }, 'What was seen of the database was not kept.'));
  let looking = tryToLook();
  const timer = setInterval(() => (looking = looking.then(tryToLook)), EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return looking.then(tryToLook);
    },
  };
}

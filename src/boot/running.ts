import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../core/error-code.ts';

/** What a daemon leaves in its data folder for people and commands to find it by. */
const runningSchema = z.object({
  pid: z.int(),
  address: z.string(),
  watchDir: z.string(),
  /** Where its database is; the address of one of the operator's own may hold a password, and is not repeated. */
  database: z.enum(['embedded', 'outside']).default('embedded'),
});
export type Running = z.output<typeof runningSchema>;

const fileIn = (dataDir: string): string => join(dataDir, 'running.json');

/** Writes down that a daemon runs here. */
export function writeRunning(dataDir: string, running: Running): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = fileIn(dataDir);
  writeFileSync(`${file}.new`, `${JSON.stringify(running)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The daemon that wrote itself down here and has not said goodbye; it may have been killed since. */
export function readRunning(dataDir: string): Running | null {
  try {
    return runningSchema.parse(JSON.parse(readFileSync(fileIn(dataDir), 'utf8')));
  } catch {
    return null;
  }
}

/** Whether the process of a daemon that wrote itself down is still there. */
export function isRunning({ pid }: Running): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Says goodbye, unless another daemon has written itself down since. */
export function forgetRunning(dataDir: string, pid: number): void {
  if (readRunning(dataDir)?.pid === pid) rmSync(fileIn(dataDir), { force: true });
}

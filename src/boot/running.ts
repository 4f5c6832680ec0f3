import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What a daemon leaves in its data folder for people and commands to find it by. */
const runningSchema = z.object({ pid: z.int(), address: z.string(), watchDir: z.string() });
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

/** Says goodbye, unless another daemon has written itself down since. */
export function forgetRunning(dataDir: string, pid: number): void {
  if (readRunning(dataDir)?.pid === pid) rmSync(fileIn(dataDir), { force: true });
}

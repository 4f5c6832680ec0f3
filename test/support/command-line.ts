import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommandLine } from '../../src/cli/program.ts';

/** What a command wrote, and its exit code. */
export interface CommandRan {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line in this process, on a database of a test and an empty data folder. */
export interface CommandLine {
  run(...words: readonly string[]): Promise<CommandRan>;
  /** Removes the folder. */
  close(): Promise<void>;
}

/** Opens one. There is no terminal, so nothing is asked. */
export async function openCommandLine(databaseUrl: string): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-commands-'));
  const environment = {
    DATABASE_URL: databaseUrl,
    MUSTER_DATA_DIR: join(folder, 'data'),
    MUSTER_WATCH_DIR: join(folder, 'watch'),
    MUSTER_LOG_LEVEL: 'warn',
    MUSTER_LOG_FORMAT: 'json',
  };
  return {
    run: async (...words) => {
      let out = '';
      let err = '';
      const code = await runCommandLine(words, {
        environment,
        folder,
        out: { write: (text) => (out += text) },
        err: { write: (text) => (err += text) },
      });
      return { code, out, err };
    },
    close: () => rm(folder, { recursive: true }),
  };
}

import { chmod, mkdtemp, rm } from 'node:fs/promises';
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
  readonly folder: string;
  run(...words: readonly string[]): Promise<CommandRan>;
  /** Removes the folder. */
  close(): Promise<void>;
}

/** Opens one, on the embedded database of its folder where none is named. There is no terminal, so nothing is asked. */
export async function openCommandLine(
  databaseUrl: string | null,
  more: Readonly<Record<string, string>> = {},
): Promise<CommandLine> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-commands-'));
  // The embedded server of root runs as somebody else.
  await chmod(folder, 0o711);
  const environment = {
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    MUSTER_DATA_DIR: join(folder, 'data'),
    MUSTER_WATCH_DIR: join(folder, 'watch'),
    MUSTER_LOG_LEVEL: 'warn',
    MUSTER_LOG_FORMAT: 'json',
    ...more,
  };
  return {
    folder,
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

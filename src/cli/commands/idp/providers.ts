import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SetupProblem } from '../../../core/setup-problem.ts';
import type { Providers } from '../../../sources/saml/admin.ts';
import { readMetadata } from '../../../sources/saml/metadata/read.ts';
import type { CommandIo } from '../../terminal.ts';
import type { Visit } from '../../visit.ts';

/** What providers are handled with on the command line. */
export function providersIn({ directory }: Visit): Providers {
  return {
    directory,
    // Here nobody else waits: the thread of the daemon is not needed.
    readMetadata: (task) => Promise.resolve(readMetadata(task)),
    now: Date.now,
    random: randomBytes,
  };
}

/** A file that an option names. */
export function readText(io: CommandIo, file: string): string {
  try {
    return readFileSync(resolve(io.folder, file), 'utf8');
  } catch {
    throw new SetupProblem(`${file} cannot be read.`);
  }
}

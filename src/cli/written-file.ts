import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { SetupProblem } from '../core/setup-problem.ts';
import { type CommandIo, writePiece } from './terminal.ts';

/** Where something long goes, piece by piece. */
export interface Sink {
  readonly write: (text: string) => Promise<void>;
}

/**
 * Lets `work` write to a file, or to stdout where none is named. The file has its name only once it is whole, and
 * only its owner reads it.
 */
export async function writingTo<T>(
  io: CommandIo,
  out: string | undefined,
  work: (sink: Sink) => Promise<T>,
): Promise<T> {
  if (out === undefined) return work({ write: (text) => writePiece(io.out, text) });
  const file = resolve(io.folder, out);
  const partial = `${file}.part`;
  const stream = createWriteStream(partial, { mode: 0o600 });
  try {
    await once(stream, 'open').catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new SetupProblem(`${file} cannot be written: ${why}`, [
        'Name a file in a folder that you may write to.',
      ]);
    });
    let fault: Error | null = null;
    stream.on('error', (error) => (fault = error));
    const requireGood = (): void => {
      if (fault !== null) throw fault;
    };
    const done = await work({
      write: async (text) => {
        requireGood();
        if (!stream.write(text)) await once(stream, 'drain');
      },
    });
    stream.end();
    await once(stream, 'close');
    requireGood();
    await rename(partial, file);
    return done;
  } catch (error) {
    stream.destroy();
    await rm(partial, { force: true });
    throw error;
  }
}

import { BackupFault } from '../../core/backup/frames.ts';
import { errorCode } from '../../core/error-code.ts';
import { SetupProblem } from '../../core/setup-problem.ts';

/** Runs what reads a backup; what is wrong with the file is told as a sentence about it. Nothing was changed then. */
export async function aboutFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = sentenceOf(error);
    if (why === null) throw error;
    throw new SetupProblem(`${file} cannot be restored. ${why}`, ['Nothing was changed.']);
  }
}

/** zlib's own codes for what is no gzip file, or one that ends too early. */
const UNZIPPED: Readonly<Record<string, string>> = {
  Z_DATA_ERROR: 'It is no backup that Muster made, or it is damaged.',
  Z_BUF_ERROR: 'It ends before its end: it was cut off.',
};

function sentenceOf(error: unknown): string | null {
  if (error instanceof BackupFault) return error.message;
  const code = errorCode(error);
  if (code === 'ENOENT') return 'There is no such file.';
  if (code === 'EISDIR' || code === 'EACCES') return 'It cannot be read.';
  return UNZIPPED[code] ?? null;
}

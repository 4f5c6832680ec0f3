import { createHmac } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { deriveKey } from '../../core/seal.ts';
import { SetupProblem } from '../../core/setup-problem.ts';
import { dumpDatabase } from '../../store/backup/dump.ts';
import type { Database } from '../../store/database.ts';

export interface BackupWish {
  readonly database: Database;
  readonly masterKey: Buffer;
  readonly version: string;
  readonly file: string;
  readonly now: () => Date;
}

/**
 * Writes the database to one compressed file, as it is at one moment, beside whatever goes on. The file has its name
 * only once it is whole, and only its owner reads it. Answers its size in bytes. Refuses (SetupProblem) a name in use.
 */
export async function writeBackup({ database, masterKey, version, file, now }: BackupWish): Promise<number> {
  if ((await stat(file).catch(() => null)) !== null) {
    throw new SetupProblem(`There is a file ${file} already.`, ['Name another, or take that one away.']);
  }
  const partial = `${file}.part`;
  try {
    await database.transaction(
      (tx) => {
        const seal = createHmac('sha256', backupKey(masterKey));
        return pipeline(
          dumpDatabase(tx, { madeAt: now(), version, seal }),
          createGzip(),
          createWriteStream(partial, { mode: 0o600 }),
        );
      },
      { isolation: 'repeatable read', readOnly: true },
    );
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return (await stat(file)).size;
}

/** Seals backups: whoever does not have the master key can make none that is taken. */
export function backupKey(masterKey: Buffer): Buffer {
  return deriveKey(masterKey, 'backup');
}

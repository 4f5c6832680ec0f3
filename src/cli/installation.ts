import { randomBytes } from 'node:crypto';
import { fingerprintOf, readMasterKey } from '../boot/master-key.ts';
import { type Cursors, createCursors } from '../core/cursor.ts';
import { SetupProblem } from '../core/setup-problem.ts';
import { bindMasterKey, findEpoch, openEpoch } from '../store/installation.ts';
import type { Visit } from './visit.ts';

/** What a command needs that handles secrets or cursors. */
export interface Keys {
  readonly masterKey: Buffer;
  readonly cursors: Cursors;
}

/**
 * The keys of the installation that a command visits. It goes on in the epoch that is open, whatever address the
 * command's own settings name. Refuses (SetupProblem) a master key that is not the installation's.
 */
export async function openKeys({ settings, directory: { database } }: Visit): Promise<Keys> {
  const masterKey = readMasterKey({
    given: settings.masterKey,
    dataDir: settings.dataDir,
    random: randomBytes,
  });
  if (!(await bindMasterKey(database, fingerprintOf(masterKey)))) {
    throw new SetupProblem('The master key does not fit this database, which is sealed with another one.', [
      'Set MUSTER_MASTER_KEY to the key of this installation.',
    ]);
  }
  const epoch = (await findEpoch(database)) ?? (await openEpoch(database, settings.baseUrl)).id;
  return { masterKey, cursors: createCursors(masterKey, epoch) };
}

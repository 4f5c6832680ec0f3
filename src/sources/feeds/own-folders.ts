/** Folders of ours below a watched one: `work/`, `done/`, `held/`, `rejected/`. */
import { lstat, mkdir } from 'node:fs/promises';
import { SetupProblem } from '../../core/setup-problem.ts';

/**
 * Makes one where it is missing. Refuses (SetupProblem) a link in its place: whoever may drop files must not choose
 * where else we write.
 */
export async function makeOwnFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  if (!(await lstat(path)).isSymbolicLink()) return;
  throw new SetupProblem(`${path} is a link, and Muster writes only into a folder of its own.`, [
    'Remove the link; the folder is made again by itself.',
  ]);
}

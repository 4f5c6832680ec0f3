import { targetsOf } from '../boot/targets.ts';
import type { Cursors } from '../core/cursor.ts';
import type { Targets } from '../targets/admin/verbs.ts';
import type { Program } from './command.ts';
import { openKeys } from './installation.ts';
import { visit, type CommonOptions, type Visit } from './visit.ts';

/** Runs work on the targets of the installation that a command visits. */
export async function withTargets<T>(
  io: Program['io'],
  visiting: { readonly command: string; readonly options: CommonOptions },
  work: (targets: Targets, open: Visit & { readonly cursors: Cursors }) => Promise<T>,
): Promise<T> {
  return visit(io, visiting, async (open) => {
    const { masterKey, cursors } = await openKeys(open);
    const { dataDir } = open.settings;
    return work(targetsOf(open.directory.database, { masterKey, dataDir }, open.directory.wake), {
      ...open,
      cursors,
    });
  });
}

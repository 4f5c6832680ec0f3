/** What the pages are built of besides a site's own, on a directory of the tests. */
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undoPlan } from '../../src/api/plan-undo.ts';
import { planKinds } from '../../src/boot/plan-kinds.ts';
import type { ConsoleParts } from '../../src/console/parts.ts';
import { DEFAULT_LIMITS as guards } from '../../src/core/plans/limits.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import type { Directory } from '../../src/directory/work.ts';

/** A watched folder of its own is made when a file is taken; the site removes it. */
export function consoleParts(directory: Directory): Omit<ConsoleParts, 'sessions' | 'log'> {
  const { database, wake } = directory;
  const imports = {
    ...{ database, directory },
    watchDir: join(tmpdir(), `muster-site-${randomUUID()}`),
    cursorOf: () => '',
    newId: randomUUID,
    feeds: new Map(),
  };
  const kinds = planKinds({ directory, registry: buildRegistry([]), guards, imports });
  return {
    ...{ directory, imports },
    random: randomBytes,
    decisions: { database, wake, kinds },
    planUndo: (plan, by) => undoPlan({ directory, guards }, plan, by),
    now: Date.now,
  };
}

/** What the pages are built of besides a site's own, on a directory of the tests. */
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { undoPlan } from '../../src/api/plan-undo.ts';
import { targetsOf } from '../../src/boot/targets.ts';
import { planKinds } from '../../src/boot/plan-kinds.ts';
import type { ConsoleParts } from '../../src/console/parts.ts';
import { DEFAULT_LIMITS as guards } from '../../src/core/plans/limits.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { verifyAudit } from '../../src/directory/audit/verification.ts';
import type { Directory } from '../../src/directory/work.ts';

/**
 * A watched folder of its own is made when a file is taken; the site removes it. Without an index, as a daemon is in its
 * first moments: the database answers everything.
 */
export function consoleParts(directory: Directory): Omit<ConsoleParts, 'sessions' | 'log'> {
  const { database, wake } = directory;
  const imports = {
    ...{ database, directory },
    watchDir: join(tmpdir(), `muster-site-${randomUUID()}`),
    cursorOf: () => '',
    newId: randomUUID,
    feeds: new Map(),
  };
  const registry = buildRegistry([]);
  const kinds = planKinds({ directory, registry, guards, imports });
  return {
    ...{ directory, imports, guards, registry },
    index: { page: async () => null, tag: async () => null },
    historyDays: 400,
    ...{ baseUrl: 'http://localhost:8080', flushTraces: async () => undefined },
    providers: {
      directory,
      readMetadata: () => Promise.reject(new Error('No test of pages reads metadata.')),
      now: Date.now,
      random: randomBytes,
    },
    targets: targetsOf(database, { masterKey: randomBytes(32), dataDir: imports.watchDir }, wake),
    verifyAudit: () => verifyAudit(database, randomBytes(32)),
    settings: () => [
      { name: 'port', value: '8080', origin: 'default' },
      { name: 'smtpUrl', value: null, origin: 'default' },
    ],
    examine: async () => [
      { check: 'clocks', state: 'bad', says: 'They differ.', fix: 'Keep both with NTP.' },
      { check: 'tokens', state: 'good', says: 'None expires.', fix: null },
    ],
    random: randomBytes,
    decisions: { database, wake, kinds },
    planUndo: (plan, by) => undoPlan({ directory, guards }, plan, by),
    leave: async () => null,
    now: Date.now,
  };
}

/** The targets of an installation, for the doors that change them and the engine that drives them. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Cursors } from '../core/cursor.ts';
import { deriveKey } from '../core/seal.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Database } from '../store/database.ts';
import type { Wake } from '../store/wake.ts';
import type { Targets } from '../targets/admin/verbs.ts';
import { TargetEngine } from '../targets/engine/engine.ts';
import { targetVault } from '../targets/secrets.ts';

/** The targets as a door holds them; `wake` is called after every change. */
export function targetsOf(
  database: Database,
  { masterKey, dataDir }: { readonly masterKey: Buffer; readonly dataDir: string },
  wake: () => void,
): Targets {
  const filesDir = join(dataDir, 'targets');
  const vault = targetVault(deriveKey(masterKey, 'target-credentials'), randomBytes);
  return { database, vault, filesDir, now: Date.now, random: randomBytes, wake };
}

export interface EngineRoom {
  readonly targets: Targets;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly wake: Wake;
  readonly cursors: Cursors;
}

/** Drives the targets whose leases this process gets, until it is stopped. */
export function startEngine({ targets, log, metrics, wake, cursors }: EngineRoom): TargetEngine {
  const engine = new TargetEngine({
    database: targets.database,
    vault: targets.vault,
    filesDir: targets.filesDir,
    cursors,
    world: { now: Date.now, random: Math.random },
    listener: (target) => ({
      onOutcome: ({ operation, outcome }) => {
        metrics.deliveries.inc({ target, outcome: outcome.kind });
        log.debug({ target, operation, outcome: outcome.kind }, 'Sent to a target.');
      },
      onWaiting: ({ count, since }) => {
        metrics.targetWaiting.set({ target }, count);
        metrics.targetLag.set({ target }, since === null ? 0 : (Date.now() - since) / 1_000);
      },
      onDrift: (open) => metrics.targetDrift.set({ target }, open),
      onBlocked: (blocked) => metrics.targetBlocked.set({ target }, blocked),
      onEnd: () => {
        const { targetWaiting, targetLag, targetDrift, targetBlocked } = metrics;
        for (const gauge of [targetWaiting, targetLag, targetDrift, targetBlocked]) gauge.remove({ target });
      },
    }),
    onFault: (target, error) => log.error({ err: error, target }, 'Driving a target failed.'),
  });
  wake.onRing(engine.wake);
  engine.start();
  return engine;
}

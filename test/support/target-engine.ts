import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCursors } from '../../src/core/cursor.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { Engine } from '../../src/effective/engine.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { addTarget, type MadeTarget, type Targets } from '../../src/targets/admin/verbs.ts';
import { type EngineParts, TargetEngine } from '../../src/targets/engine/engine.ts';
import { targetVault } from '../../src/targets/secrets.ts';
import { attribution, openTestDirectory, type TestDirectory } from './directory.ts';

/** A directory whose targets are driven by an engine in this process. */
export interface TestTargets extends TestDirectory {
  readonly targets: Targets;
  readonly engine: TargetEngine;
  readonly faults: readonly unknown[];
  add(target: Record<string, unknown>): Promise<MadeTarget>;
}

export const MASTER_KEY = Buffer.alloc(32, 7);

/** Opens one. `parts` changes the engine's own; `drives: false` leaves the driving to another process. */
export async function openTestTargets({
  drives = true,
  ...parts
}: Partial<EngineParts> & { readonly drives?: boolean } = {}): Promise<TestTargets> {
  let wake = (): void => undefined;
  const on = await openTestDirectory(() => wake());
  const { database } = on;
  const epoch = await openEpoch(database, 'http://localhost:8080');
  const cursors = createCursors(MASTER_KEY, epoch.id);
  const vault = targetVault(deriveKey(MASTER_KEY, 'target-credentials'), randomBytes);
  const filesDir = mkdtempSync(join(tmpdir(), 'muster-targets-'));
  const faults: unknown[] = [];
  const engine = new TargetEngine({
    database,
    vault,
    cursors,
    filesDir,
    world: { now: Date.now, random: Math.random },
    listener: () => ({ onOutcome: () => undefined }),
    onFault: (_target, error) => faults.push(error),
    ...parts,
  });
  const feed = new Engine({
    database,
    hashKey: Uint32Array.of(1, 2, 3, 4),
    file: null,
    holder: randomUUID(),
    now: () => performance.now(),
    onCut: engine.wake,
    onFault: (what, error) => faults.push(error ?? what),
  });
  await feed.start();
  wake = () => {
    engine.wake();
    feed.wake();
  };
  const targets = { database, vault, filesDir, now: Date.now, random: randomBytes, wake: engine.wake };
  if (drives) engine.start();
  return {
    ...on,
    targets,
    engine,
    faults,
    add: (target) => addTarget(targets, target, attribution('console')),
    close: async () => {
      await engine.stop();
      await feed.stop();
      await on.close();
      rmSync(filesDir, { recursive: true, force: true });
    },
  };
}

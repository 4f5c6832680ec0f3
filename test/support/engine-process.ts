/**
 * An engine in a process of its own, to be killed: `engine-process.ts DATABASE_URL`. Follows the database alone,
 * so that it needs nobody to wake it. Says `driving` once it began.
 */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createCursors } from '../../src/core/cursor.ts';
import { deriveKey } from '../../src/core/seal.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { TargetEngine } from '../../src/targets/engine/engine.ts';
import { targetVault } from '../../src/targets/secrets.ts';

const MASTER_KEY = Buffer.alloc(32, 7);
const [url = ''] = process.argv.slice(2);
const database = openDatabase({ url, poolSize: 6, applicationName: 'muster-test-engine' });
const epoch = await openEpoch(database, 'http://localhost:8080');
const engine = new TargetEngine({
  database,
  vault: targetVault(deriveKey(MASTER_KEY, 'target-credentials'), randomBytes),
  cursors: createCursors(MASTER_KEY, epoch.id),
  filesDir: tmpdir(),
  world: { now: Date.now, random: Math.random },
  listener: () => ({ onOutcome: () => undefined }),
  onFault: (target, error) => console.error(target, error),
  leaseSeconds: 0.4,
});
engine.start();
setInterval(engine.wake, 20);
console.log('driving');

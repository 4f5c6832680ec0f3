/**
 * An engine with the feed's worker in a process of its own, to be killed: `feed-process.ts DATABASE_URL`. Says
 * `following` once it follows the log, whether or not it is the one that tells.
 */
import { randomUUID } from 'node:crypto';
import { Engine } from '../../src/effective/engine.ts';
import { openDatabase } from '../../src/store/database.ts';

const [url = ''] = process.argv.slice(2);
const engine = new Engine({
  database: openDatabase({ url, poolSize: 3, applicationName: 'muster-test-feed' }),
  hashKey: Uint32Array.of(1, 2, 3, 4),
  file: null,
  holder: randomUUID(),
  now: () => performance.now(),
  onCut: () => undefined,
  onFault: (what, error) => console.error(what, error),
});
await engine.start();
console.log('following');
setInterval(() => engine.wake(), 5);

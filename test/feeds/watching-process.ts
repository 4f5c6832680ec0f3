/** A process that watches a folder, for tests that kill it: URL, folder and feed settings come in the environment. */
import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../src/store/database.ts';
import { openWatcher } from './watching.ts';

const database = openDatabase({
  url: process.env.TEST_URL ?? '',
  poolSize: 4,
  applicationName: 'muster-watching',
});
const watcher = await openWatcher({ database, folder: process.env.TEST_FOLDER ?? '', newId: randomUUID });
await watcher.start();
process.stdout.write('watching\n');

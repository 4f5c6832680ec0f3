/** A process that watches the folders of the feeds of `TEST_HOME/muster.json`, for tests that kill it. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { feedsOf } from '../../src/boot/feeds.ts';
import { loadSettings } from '../../src/config.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openWatcher } from './watching.ts';

const { TEST_URL: url = '', TEST_HOME: home = '' } = process.env;
const database = openDatabase({ url, poolSize: 8, applicationName: 'muster-watching' });
const { settings } = loadSettings({ environment: {}, folder: home, file: undefined, isTerminal: false });
for (const feed of Object.keys(settings.feeds)) {
  const watcher = await openWatcher({
    ...{ database, folder: join(home, feed), newId: randomUUID, feed },
    settings: feedsOf(settings).get(feed) ?? {},
  });
  await watcher.start();
}
process.stdout.write('watching\n');

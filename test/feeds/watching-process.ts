/** A process that watches a folder, for tests that kill it: URL, folder, feed and the folder of muster.json come in the environment. */
import { randomUUID } from 'node:crypto';
import { feedsOf } from '../../src/boot/feeds.ts';
import { loadSettings } from '../../src/config.ts';
import { openDatabase } from '../../src/store/database.ts';
import { openWatcher } from './watching.ts';

const {
  TEST_URL: url = '',
  TEST_FOLDER: folder = '',
  TEST_HOME: home,
  TEST_FEED: feed = 'csv',
} = process.env;
const database = openDatabase({ url, poolSize: 4, applicationName: 'muster-watching' });
const feeds =
  home === undefined
    ? null
    : feedsOf(loadSettings({ environment: {}, folder: home, file: undefined, isTerminal: false }).settings);
const settings = feeds?.get(feed) ?? {};
const watcher = await openWatcher({ database, folder, newId: randomUUID, feed, settings });
await watcher.start();
process.stdout.write('watching\n');

import { openDatabase, type Database } from '../../src/store/database.ts';
import { type Directory, perform, type Work } from '../../src/directory/work.ts';
import type { View } from '../../src/store/scim/view.ts';
import { findSource } from '../../src/store/sources.ts';
import { freshDatabase } from '../support/database.ts';

export const BASE_URL = 'http://scim.test/scim/v2';

export interface TestDirectory {
  /** Address of its database. */
  readonly url: string;
  readonly directory: Directory;
  readonly database: Database;
  /** The eyes of the source `console`, which sees everything. */
  readonly view: View;
  /** Runs verbs in one transaction, as the source `console`. */
  readonly write: <T>(task: (work: Work) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** A directory of the test file's own. */
export async function openDirectory(): Promise<TestDirectory> {
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, poolSize: 12, applicationName: 'test' });
  const directory = { database, wake: () => undefined };
  const source = await findSource(database, 'console');
  if (source === null) throw new Error('The source console is missing.');
  const by = {
    actor: { kind: 'operator', id: 'test' },
    onBehalfOf: null,
    source: 'console',
    origin: { kind: 'command', command: 'test' },
    requestId: null,
  } as const;
  return {
    url: fresh.url,
    directory,
    database,
    view: { source: source.n, namespace: 'all', baseUrl: BASE_URL },
    write: async (task) => (await perform(directory, by, task)).result,
    close: async () => {
      await database.close();
      await fresh.close();
    },
  };
}

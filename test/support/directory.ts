import type { Attribution } from '../../src/core/attribution.ts';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { createUser } from '../../src/directory/users.ts';
import { type Directory, perform, type Work } from '../../src/directory/work.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { freshDatabase } from './database.ts';

/** A directory on a database of its own, and short words to fill it. */
export interface TestDirectory {
  readonly directory: Directory;
  readonly database: Database;
  readonly url: string;
  /** How often a commit woke the readers. */
  wakes(): number;
  /** Runs verbs as the source of that name; `console` when left out. */
  as<T>(source: string, task: (work: Work) => Promise<T>): Promise<T>;
  do<T>(task: (work: Work) => Promise<T>): Promise<T>;
  user(userName: string): Promise<UserRow>;
  group(name: string, ...members: readonly { readonly id: UserId | GroupId }[]): Promise<GroupRow>;
  close(): Promise<void>;
}

/** Opens one; close it at the end of the file. `onWake` is called after every commit. */
export async function openTestDirectory(onWake: () => void = () => undefined): Promise<TestDirectory> {
  const fresh = await freshDatabase();
  const database = openDatabase({ url: fresh.url, poolSize: 10, applicationName: 'muster-test' });
  let wakes = 0;
  const wake = (): void => {
    wakes += 1;
    onWake();
  };
  const directory = { database, wake };
  const as = async <T>(source: string, task: (work: Work) => Promise<T>): Promise<T> =>
    (await perform(directory, attribution(source), task)).result;
  return {
    directory,
    database,
    url: fresh.url,
    wakes: () => wakes,
    as,
    do: (task) => as('console', task),
    user: (userName) =>
      as('console', (work) => createUser(work, { userName, active: true, externalId: null, document: {} })),
    group: (name, ...members) =>
      as('console', (work) =>
        createGroup(
          work,
          { ...newGroupState, name },
          { steps: [{ do: 'add', members: members.map(({ id }) => id) }] },
        ),
      ),
    close: async () => {
      await database.close();
      await fresh.close();
    },
  };
}

/** Written down to a source of that name. */
export function attribution(source: string): Attribution {
  return {
    actor: { kind: 'system', id: 'test' },
    onBehalfOf: null,
    source,
    origin: { kind: 'console', action: 'test' },
    requestId: null,
  };
}

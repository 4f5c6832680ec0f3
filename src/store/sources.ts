/** Sources: who asserts facts. The few names are kept in memory by number, for they never change. */
import type { SourceKind } from '../core/attribution.ts';
import type { SourceN } from '../core/ids.ts';
import { type Connection, named, onlyRow } from './database.ts';

export interface SourceRow {
  readonly n: SourceN;
  readonly name: string;
  readonly kind: SourceKind;
}

const find = named(
  'source_by_name',
  'select n, name, kind from source where name = $1 and retired_at is null',
);
const names = named(
  'source_names',
  'select name from source where retired_at is null order by name limit 1000',
);
const feeds = named(
  'source_feeds',
  `select name from source where kind = 'feed' and retired_at is null order by name limit 1000`,
);
const insert = named(
  'source_insert',
  'insert into source (name, kind) values ($1, $2) returning n, name, kind',
);

const ensureFeed = named(
  'source_ensure_feed',
  `with made as (
     insert into source (name, kind) values ($1, 'feed') on conflict (name) do nothing returning n, name, kind)
   select n, name, kind from made union all select n, name, kind from source where name = $1`,
);

/** Names of all feeds, in their order. */
export async function listFeeds(connection: Connection): Promise<string[]> {
  return (await connection.rows<{ name: string }>(feeds)).map(({ name }) => name);
}

/** Names of all sources in use, in their order; a thousand at most. */
export async function listSourceNames(connection: Connection): Promise<string[]> {
  return (await connection.rows<{ name: string }>(names)).map(({ name }) => name);
}

/** The source of that name, or null. */
export async function findSource(connection: Connection, name: string): Promise<SourceRow | null> {
  const [row] = await connection.rows<SourceRow>(find, [name]);
  return row ?? null;
}

/** Adds a source; the constraint `source_name_unique` refuses a name in use. */
export async function insertSource(
  connection: Connection,
  name: string,
  kind: SourceKind,
): Promise<SourceRow> {
  return onlyRow(await connection.rows<SourceRow>(insert, [name, kind]));
}

/** The source of a feed, made if need be. Whoever has the name already is answered, of whatever kind. */
export async function ensureFeedSource(connection: Connection, name: string): Promise<SourceRow> {
  return onlyRow(await connection.rows<SourceRow>(ensureFeed, [name]));
}

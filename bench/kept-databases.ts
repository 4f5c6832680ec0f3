/**
 * The server that benchmarks run on, and the directories generated in it, which are kept between runs: a full one
 * takes minutes to make. The server is the embedded one as in production, flushing to disk, on a folder of its own.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openEmbedded } from '../src/store/embedded/server.ts';
import { migrate } from '../src/store/migrate.ts';
import { deliverAll } from './generator/deliver.ts';
import { fillDatabase, GENERATOR_VERSION } from './generator/fill.ts';
import type { Shape } from './generator/shape.ts';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), 'data');

export interface Server {
  /** URL of a database of that name. */
  url(database: string): string;
  stop(): Promise<void>;
}

/** Starts the benchmarks' server, or joins it where another run has it open. */
export async function openServer(): Promise<Server> {
  const embedded = await openEmbedded({ dataDir: FOLDER });
  return {
    url: (database) => {
      const url = new URL(embedded.url);
      url.pathname = `/${database}`;
      return url.href;
    },
    stop: () => embedded.stop(),
  };
}

/** Removes every kept database. The server must not run. */
export function forgetAll(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}

export interface Wanted {
  /** Part of the database's name: letters, digits, underscores. */
  readonly name: string;
  readonly shape: Shape;
  readonly seed: number;
  readonly say: (step: string) => void;
}

/** URL of the kept database of that name, shape and seed; generated where it is missing, migrated to the newest schema. */
export async function keptDatabase(server: Server, wanted: Wanted): Promise<string> {
  const name = `muster_bench_${wanted.name}_${wanted.seed}_v${GENERATOR_VERSION}`;
  const url = server.url(name);
  if (await exists(server, name)) {
    await migrate(url);
    return url;
  }
  await dropOlder(server, wanted);
  const unfinished = `${name}_unfinished`;
  wanted.say(`generating ${wanted.name}`);
  await atServer(server, async (client) => {
    await client.query(`drop database if exists ${unfinished} with (force)`);
    await client.query(`create database ${unfinished} template template0`);
  });
  await migrate(server.url(unfinished));
  await withClient(server.url(unfinished), (client) => fillDatabase(client, wanted));
  wanted.say('ledger of the feed');
  await deliverAll(server.url(unfinished));
  await atServer(server, (client) => client.query(`alter database ${unfinished} rename to ${name}`));
  return url;
}

/** Drops what an earlier version of the generator made. */
async function dropOlder(server: Server, { name, seed }: Wanted): Promise<void> {
  await atServer(server, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where datname like $1',
      [`muster\\_bench\\_${name}\\_${seed}\\_v%`],
    );
    for (const { datname } of rows) await client.query(`drop database ${datname} with (force)`);
  });
}

/** Runs `work` on a database of its own, migrated and empty, which is dropped afterwards. */
export async function onScratchDatabase<T>(server: Server, work: (url: string) => Promise<T>): Promise<T> {
  return onEmptyDatabase(server, 'ours', async (url) => {
    await migrate(url);
    return await work(url);
  });
}

/** Runs `work` on a copy of the kept directory, which is dropped afterwards: it may be written to as one likes. */
export async function onCopy<T>(
  { server, url }: { readonly server: Server; readonly url: string },
  work: (url: string) => Promise<T>,
): Promise<T> {
  const database = `muster_scratch_copy_${process.pid}`;
  await atServer(server, async (client) => {
    await client.query(`drop database if exists ${database} with (force)`);
    await client.query(`create database ${database} template ${new URL(url).pathname.slice(1)}`);
  });
  try {
    return await work(server.url(database));
  } finally {
    await atServer(server, (client) => client.query(`drop database if exists ${database} with (force)`));
  }
}

/** Runs `work` on a database of its own without anything in it, which is dropped afterwards. `name`: letters. */
export async function onEmptyDatabase<T>(
  server: Server,
  name: string,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const database = `muster_scratch_${name}_${process.pid}`;
  await atServer(server, async (client) => {
    await client.query(`drop database if exists ${database} with (force)`);
    await client.query(`create database ${database} template template0`);
  });
  try {
    return await work(server.url(database));
  } finally {
    await atServer(server, (client) => client.query(`drop database if exists ${database} with (force)`));
  }
}

/** Runs `work` with a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function exists(server: Server, name: string): Promise<boolean> {
  const { rowCount } = await atServer(server, (client) =>
    client.query('select from pg_database where datname = $1', [name]),
  );
  return rowCount === 1;
}

function atServer<T>(server: Server, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(server.url('postgres'), work);
}

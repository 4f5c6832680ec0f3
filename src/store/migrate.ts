import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import knexFactory, { type Knex } from 'knex';
import type pg from 'pg';
import { withSession } from './session.ts';

/** What a call to `migrate` found and did. */
export interface Migrated {
  /** Names of the migrations that were applied now, in order. */
  readonly applied: readonly string[];
  /** Applied in the database and unknown here: a newer Muster has been at work. */
  readonly unknown: readonly string[];
}

/** Any number, the same in every version: who migrates holds it. */
const LOCK = 5_264_190_337;

const TABLE = 'knex_migrations';

const here = dirname(fileURLToPath(import.meta.url));

/** `migrations/` of the checkout, or of `dist/` when this is the compiled program. */
const FOLDER = join(here, '../../migrations');

/**
 * Brings the database to the newest schema. Any number of processes may call it at once, on an empty database
 * too: one works, the others wait for it. One that was killed half way leaves nothing of the migration it was in
 * (each is one transaction). `url` must lead to the server itself, not through a transaction pooler.
 */
export async function migrate(url: string): Promise<Migrated> {
  return withSession({ connectionString: url }, async (guard) => {
    // The lock of a transaction, so that it ends with the connection whatever becomes of this process.
    await guard.query('begin');
    await guard.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const { pending, unknown } = await compare(guard);
    if (pending.length > 0) await applyPending(url);
    return { applied: pending, unknown };
  });
}

/** Names of the migrations that this program has, in order. */
export async function knownMigrations(): Promise<readonly string[]> {
  return (await migrationFiles()).map(withoutExtension);
}

/** Takes back every migration but those, the newest first: for a database in which nothing was done yet. */
export async function undoMigrationsBut(url: string, kept: readonly string[]): Promise<void> {
  const surplus = (await withSession({ connectionString: url }, appliedNames)).filter(
    (name) => !kept.includes(name),
  );
  if (surplus.length === 0) return;
  const knex = knexFactory(knexSettings(url));
  try {
    for (const name of surplus.reverse()) {
      const one: Knex.MigratorConfig & { readonly name: string } = { name };
      await knex.migrate.down(one);
    }
  } finally {
    await knex.destroy();
  }
}

/** Names of the migrations that the database does not have yet, in order. */
export async function pendingMigrations(url: string): Promise<readonly string[]> {
  return withSession({ connectionString: url }, async (client) => (await compare(client)).pending);
}

/** Settings for knex and its command line (knexfile.ts). */
export function knexSettings(url: string): Knex.Config {
  return {
    client: 'pg',
    connection: { connectionString: url },
    pool: { min: 0, max: 2 },
    migrations: { migrationSource, tableName: TABLE, disableMigrationsListValidation: true },
  };
}

async function applyPending(url: string): Promise<void> {
  const knex = knexFactory(knexSettings(url));
  try {
    // Knex keeps a lock row of its own, which a killed process leaves behind; ours is the one that counts.
    await knex.migrate.forceFreeMigrationsLock();
    await knex.migrate.latest();
  } finally {
    await knex.destroy();
  }
}

async function compare(client: pg.Client): Promise<{ pending: string[]; unknown: string[] }> {
  const applied = new Set(await appliedNames(client));
  const known = (await migrationFiles()).map(withoutExtension);
  return {
    pending: known.filter((name) => !applied.has(name)),
    unknown: [...applied].filter((name) => !known.includes(name)),
  };
}

async function appliedNames(client: pg.Client): Promise<string[]> {
  const table = await client.query<{ oid: string | null }>('select to_regclass($1)::oid as oid', [TABLE]);
  if ((table.rows[0]?.oid ?? null) === null) return [];
  const { rows } = await client.query<{ name: string }>(`select name from ${TABLE} order by id`);
  return rows.map((row) => row.name);
}

async function migrationFiles(): Promise<string[]> {
  const entries = await readdir(FOLDER);
  return entries.filter((entry) => /^\d{12}_\w+\.(ts|js)$/.test(entry)).sort();
}

/**
 * Knex writes a migration's name down, with the extension: a database migrated from sources would look corrupt
 * to the compiled program. So names here have none.
 */
const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: () => migrationFiles(),
  getMigrationName: withoutExtension,
  getMigration: async (file) => (await import(pathToFileURL(join(FOLDER, file)).href)) as Knex.Migration,
};

function withoutExtension(file: string): string {
  return basename(file, extname(file));
}

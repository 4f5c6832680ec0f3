import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate, pendingMigrations } from '../../src/store/migrate.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

describe('migrations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase('empty');
  });
  afterAll(() => database.close());

  it('are applied once by six processes that start together on an empty database', async () => {
    const before = await pendingMigrations(database.url);
    expect(before.length).toBeGreaterThan(0);

    const results = await Promise.all(Array.from({ length: 6 }, () => migrate(database.url)));

    expect(results.flatMap((result) => result.applied)).toEqual(before);
    expect(await pendingMigrations(database.url)).toEqual([]);
  });

  it('are written down without the extension, so that sources and compiled program agree', async () => {
    const names = await query<{ name: string }>(database.url, 'select name from knex_migrations');
    expect(names.map((row) => row.name).filter((name) => /\.(ts|js)$/.test(name))).toEqual([]);
  });

  it('go on after a process that was killed while it held knex’s own lock', async () => {
    await query(database.url, 'update knex_migrations_lock set is_locked = 1');
    const [last] = await query<{ name: string }>(
      database.url,
      'delete from knex_migrations where id = (select max(id) from knex_migrations) returning name',
    );
    await query(database.url, 'drop schema public cascade');
    await query(database.url, 'create schema public');
    expect((await migrate(database.url)).applied).toContain(last?.name);
  });

  it('of a newer version are reported and left alone', async () => {
    await query(
      database.url,
      `insert into knex_migrations (name, batch) values ('299901010000_from_afar', 9)`,
    );
    expect(await migrate(database.url)).toEqual({ applied: [], unknown: ['299901010000_from_afar'] });
  });
});

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

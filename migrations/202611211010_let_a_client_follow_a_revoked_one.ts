import type { Knex } from 'knex';

/** A source outlives its clients: a new client may take the name, and so the source, of a revoked one. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table client drop constraint client_source_unique;
    create unique index client_source_unique on client (source_n) where revoked_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index client_source_unique;
    alter table client add constraint client_source_unique unique (source_n);
  `);
}

import type { Knex } from 'knex';

/** A client may be a tenant of Microsoft Entra ID, which signs a token of its own where no secret was given to it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table client add column entra_tenant uuid;
    create unique index client_entra_tenant_unique on client (entra_tenant) where revoked_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table client drop column entra_tenant');
}

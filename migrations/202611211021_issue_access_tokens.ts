import type { Knex } from 'knex';

/**
 * Access tokens of `/oauth2/token`: short-lived, perhaps with fewer scopes than the client, and no good for getting
 * another one.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table client_token add column purpose text not null default 'token'
      constraint client_token_purpose_known check (purpose in ('token', 'access'));
    alter table client_token add column scopes text[];
    create index client_token_access on client_token (expires_at) where purpose = 'access';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from client_token where purpose = 'access';
    drop index client_token_access;
    alter table client_token drop column purpose, drop column scopes;
  `);
}

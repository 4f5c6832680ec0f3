import type { Knex } from 'knex';

/** How the provider named the person of a session, so that we can ask it to end its own; and where a sign-out ends. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- format, nameQualifier and spNameQualifier of name_id, which a logout has to repeat as they came.
    alter table session add column name_id_as jsonb;
    update idp set settings = '{"logout":"provider"}'::jsonb || settings;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table session drop column name_id_as;
    update idp set settings = settings - 'logout';
  `);
}

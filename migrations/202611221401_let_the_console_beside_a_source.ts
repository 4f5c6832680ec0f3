import type { Knex } from 'knex';

/** D-03: the members of a reserved group may be written by people in the console besides. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table groups add column console_besides boolean not null default false');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table groups drop column console_besides');
}

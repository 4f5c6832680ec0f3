import type { Knex } from 'knex';

/** Rules as typed trees beside their text, so that a rule means the same whatever schemas are loaded later (D-15). */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table groups add column rule_filter jsonb');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table groups drop column rule_filter');
}

import type { Knex } from 'knex';

/**
 * A log that was loaded into another server gets other transaction numbers (store/installation.ts); seals were made
 * over the first ones.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table change add column first_xid xid8');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table change drop column first_xid');
}

import type { Knex } from 'knex';

/** What was sent to a target lately is listed newest first. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index target_attempt_latest on target_attempt (target_n, n)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index target_attempt_latest');
}

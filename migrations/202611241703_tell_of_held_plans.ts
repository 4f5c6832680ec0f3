import type { Knex } from 'knex';

/** Those who may decide are told of a plan that a guard held, as they are of requests. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table inbox_item add column plan_n bigint references plan on delete cascade');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table inbox_item drop column plan_n');
}

import type { Knex } from 'knex';

/** What nobody read of a plan that another one replaces is taken back: found by the plan. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index inbox_item_plan on inbox_item (plan_n) where plan_n is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index inbox_item_plan');
}

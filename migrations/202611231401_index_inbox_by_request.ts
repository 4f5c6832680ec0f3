import type { Knex } from 'knex';

/** What people were told of a request is found whenever it is decided, or asked again. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index inbox_item_request on inbox_item (request_n) where request_n is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index inbox_item_request');
}

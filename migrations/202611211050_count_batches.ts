import type { Knex } from 'knex';

/**
 * How many rows of the log a batch holds, so that a reader knows without looking how many batches make a page.
 * Batch 0 sees nothing: it is the floor that the first real batch stands on.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table feed_batch add column entries integer not null default 0;
    insert into feed_batch (n, snapshot, horizon) values (0, '1:1:', '1');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from feed_batch where n = 0;
    alter table feed_batch drop column entries;
  `);
}

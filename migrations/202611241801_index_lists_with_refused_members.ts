import type { Knex } from 'knex';

/** Member lists of which the target refused some: few, looked for at every change of a user and counted by every page. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    `create index target_object_refused on target_object (target_n, n) where kind = 'm' and blocked_count > 0`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index target_object_refused');
}

import type { Knex } from 'knex';

/** What happened to one target, for its page: entries of targets are few, so the index costs other writers nothing. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    `create index change_target on change ((after->>'id'), seq) where starts_with(type, 'target.')`,
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index change_target');
}

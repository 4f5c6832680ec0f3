import type { Knex } from 'knex';

/** What clients removed within the last hour is counted every minute (D-33); rows of anything else are not indexed. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index change_client_removals on change (at)
      where actor_kind = 'client' and removed is not null;
    create index change_client_users on change (at)
      where actor_kind = 'client' and type in ('user.updated', 'user.deleted');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index change_client_removals, change_client_users');
}

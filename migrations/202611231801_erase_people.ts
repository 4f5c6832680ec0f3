import type { Knex } from 'knex';

/** Who was erased and when; and the words of a reason about a person beside what else is said of it, so that they can go. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table users add column erased_at timestamptz;
    create index users_erased on users (n) where erased_at is not null;
    alter table change_personal add column reason text;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table change_personal drop column reason;
    alter table users drop column erased_at;
  `);
}

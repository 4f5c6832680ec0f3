import type { Knex } from 'knex';

/**
 * Whom a plan concerns, one row to a person: what a held plan did was taken back, so that nothing else knows any more
 * who would have left what, through nestings too.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table plan_person (
      plan_n bigint not null references plan on delete cascade,
      user_n integer not null,
      deactivated boolean not null,
      deleted boolean not null,
      -- Groups that they stop being effective members of.
      groups integer[] not null,
      primary key (plan_n, user_n)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table plan_person');
}

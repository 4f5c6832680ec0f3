import type { Knex } from 'knex';

/**
 * What an undone push put back at a target although the directory does not ask for it (O-07). It counts among what
 * is desired there until the directory asks for the same again, or the undo is undone.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table target_kept (
      target_n integer not null references target,
      -- A u(ser), a g(roup), a m(ember of a group).
      kind "char" not null check (kind in ('u', 'g', 'm')),
      -- 0 for a user.
      group_n integer not null,
      -- 0 for a group.
      user_n integer not null,
      plan_n bigint not null references plan,
      primary key (target_n, kind, group_n, user_n)
    );
    create index target_kept_user on target_kept (target_n, user_n, kind);
    create index target_kept_plan on target_kept (plan_n);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table target_kept');
}

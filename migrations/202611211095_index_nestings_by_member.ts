import type { Knex } from 'knex';

/** Un-nesting walks upward: for each group, those that list it. Answered from the index alone. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index assertion_nested on assertion (member_n, group_n) where member_kind = 'g' and not suppressed;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index assertion_nested');
}

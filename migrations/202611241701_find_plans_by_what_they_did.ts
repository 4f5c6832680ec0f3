import type { Knex } from 'knex';

/** Entries of the log tell by which plan they came: found by the transaction that applied it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index plan_applied on plan (applied_xid) where applied_xid is not null');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index plan_applied');
}

import type { Knex } from 'knex';

/** A held push is a plan like any other; the table that kept them apart goes. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('drop table target_hold');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    create table target_hold (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint target_hold_id_unique unique,
      target_n integer not null references target,
      state text not null check (state in ('held', 'approved', 'rejected', 'replaced', 'done')),
      counts jsonb not null,
      why text[] not null,
      hash text not null,
      created_at timestamptz not null default now(),
      decided_at timestamptz,
      decided_by text,
      reason text
    );
    create unique index target_hold_one_open on target_hold (target_n) where state in ('held', 'approved');
  `);
}

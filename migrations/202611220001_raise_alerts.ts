import type { Knex } from 'knex';

/**
 * Alerts: what a person should look at. One open row for each kind and subject; what goes on happening counts up
 * in it. The details hold what the kind says (src/core/alert.ts).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table alert (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint alert_id_unique unique,
      kind text not null,
      subject text not null,
      details jsonb not null,
      times integer not null default 1,
      raised_at timestamptz not null default now(),
      last_at timestamptz not null default now(),
      -- Written to the log and counted; null until an instance has done so.
      told_at timestamptz,
      resolved_at timestamptz,
      resolved_by text,
      reason text
    );
    create unique index alert_open_unique on alert (kind, subject) where resolved_at is null;
    create index alert_untold on alert (n) where told_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table alert');
}

import type { Knex } from 'knex';

/** Imports: a run per file with its claim, and how the rows ended. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table import_run (
      n bigint generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint import_run_id_unique unique,
      source_n integer not null references source,
      -- Names the file in the folder work/: a file is claimed once, whoever sees it. Null for an upload.
      claim uuid constraint import_run_claim_unique unique,
      folder text not null default '',
      file text not null,
      mode text not null check (mode in ('actions', 'delta', 'snapshot')),
      dry_run boolean not null default false,
      state text not null default 'waiting'
        check (state in ('waiting', 'reading', 'planning', 'held', 'applying', 'applied', 'rejected')),
      -- Who works on it, until when; another takes over after that, with a new holder.
      holder uuid not null,
      held_until timestamptz not null,
      -- How often it was begun: what brings the process down each time is given up.
      attempts integer not null default 1,
      sha256 text,
      bytes bigint,
      encoding text,
      delimiter text,
      format text,
      header text,
      rows_done integer not null default 0,
      rows_total integer,
      applied integer,
      unchanged integer,
      refused integer,
      suppressed integer,
      held integer,
      error jsonb,
      change_xid xid8,
      change_seq bigint,
      created_at timestamptz not null default now(),
      finished_at timestamptz,
      -- When the file was put where it belongs, with its receipt; null while that is still to be done.
      filed_at timestamptz
    );
    create index import_run_source on import_run (source_n, n);
    create index import_run_unfiled on import_run (n) where filed_at is null;

    create table import_row (
      run_n bigint not null references import_run on delete cascade,
      line integer not null,
      outcome text not null check (outcome in ('applied', 'unchanged', 'refused', 'suppressed', 'held')),
      code text,
      detail text,
      original text not null,
      primary key (run_n, line)
    );

    -- Rows of files name people by a lone uid or externalId, whoever issued it.
    create index identity_key_value on identity_key (value_key) where kind in ('uid', 'externalId');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table import_row, import_run; drop index identity_key_value');
}

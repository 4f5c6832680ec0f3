import type { Knex } from 'knex';

/**
 * Imports: a run per file with its claim, outcomes of rows, and the unlogged tables in which a file is staged
 * and becomes one net difference. Those are keyed by run, emptied when the run ends, and filled anew when a run
 * is resumed, so nothing is lost with them.
 */
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

    -- action: i import, d delete. kind: u user, g nested group, U all users, G all nestings,
    -- x a row that could not be read.
    create unlogged table import_stage (
      run_n bigint not null,
      line integer not null,
      action "char" not null,
      kind "char" not null,
      group_key text not null,
      group_name text not null,
      person_key text,
      name_key text,
      name text,
      email_key text,
      email text,
      -- The e-mail is tried as userName first, and name_key is the same text.
      either boolean not null,
      lone boolean not null,
      targeted_id text,
      issuer text,
      audience text,
      role_keys text[],
      role_names text[],
      fault_code text,
      fault_detail text,
      original text not null
    );
    create index import_stage_line on import_stage (run_n, line);

    create unlogged table import_name (
      run_n bigint not null,
      key text not null,
      line integer not null,
      group_n integer,
      made_line integer,
      fault_code text,
      fault_detail text,
      primary key (run_n, key)
    );

    create unlogged table import_person (
      run_n bigint not null,
      key text not null,
      line integer not null,
      import_line integer,
      name_key text,
      email_key text,
      either boolean not null,
      lone boolean not null,
      targeted_id text,
      issuer text,
      user_n integer,
      -- Another cell of the file that makes the stub which this one names too.
      same_as text,
      is_hard boolean not null default false,
      fault_code text,
      fault_detail text,
      primary key (run_n, key)
    );

    create unlogged table import_pair (
      run_n bigint not null,
      group_n integer not null,
      member_n integer not null,
      kind "char" not null,
      action "char" not null,
      line integer not null,
      -- The membership joins or ends; false where only an assertion is added.
      moves boolean not null
    );
    create index import_pair_run on import_pair (run_n);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table import_pair, import_person, import_name, import_stage, import_row, import_run');
}

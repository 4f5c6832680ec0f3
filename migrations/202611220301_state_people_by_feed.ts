import type { Knex } from 'knex';

/** What feeds state of people (D-09), what needs a person to decide (D-08, D-10), and sets of files. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- What a feed stated last of a user, attribute by attribute: a snapshot writes only what differs from it.
    create table user_statement (
      source_n integer not null references source,
      user_n integer not null,
      stated jsonb not null,
      origin_n bigint,
      line integer,
      since timestamptz not null default now(),
      -- When a snapshot lacked the user; null while the feed asserts it.
      ended_at timestamptz,
      -- The user was deactivated by that, and is activated when it comes back.
      ended_active boolean not null default false,
      primary key (source_n, user_n)
    );
    create index user_statement_user on user_statement (user_n);

    -- What files and the directory disagree about. One open row per fingerprint; seen again, it is counted up.
    -- Numbered with conflicts of clients, so that both make one list.
    create table disagreement (
      n integer primary key default nextval('conflict_n_seq'),
      id uuid not null default gen_random_uuid() constraint disagreement_id_unique unique,
      kind text not null check (kind in ('identity', 'login', 'drift')),
      fingerprint text not null,
      source_n integer not null references source,
      code text not null,
      detail text not null,
      -- The users that it is about, the one that is found first.
      users integer[] not null default '{}',
      cell text,
      attribute text,
      stated jsonb,
      current jsonb,
      file text not null,
      line integer,
      times integer not null default 1,
      first_at timestamptz not null default now(),
      last_at timestamptz not null default now(),
      state text not null default 'open' check (state in ('open', 'resolved', 'gone')),
      resolution text check (resolution in ('merge', 'separate', 'keep')),
      resolved_at timestamptz,
      resolved_by text,
      reason text
    );
    create unique index disagreement_fingerprint on disagreement (source_n, fingerprint) where state <> 'gone';
    create index disagreement_open on disagreement (n) where state = 'open';

    -- Snapshots go forward: the last applied one of each series of names.
    create table feed_sequence (
      source_n integer not null references source,
      series text not null,
      position numeric[] not null,
      file text not null,
      at timestamptz not null default now(),
      primary key (source_n, series)
    );

    alter table import_run add column notes jsonb not null default '[]';
    -- The files of a set with their headers; null for a single file.
    alter table import_run add column parts jsonb;
    -- The file of a set that the row stands in, and its line there; null for a single file.
    alter table import_row add column file text;
    alter table import_row add column file_line integer;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table import_row drop column file_line, drop column file;
    alter table import_run drop column parts, drop column notes;
    drop table feed_sequence, disagreement, user_statement;
  `);
}

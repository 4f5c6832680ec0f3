import type { Knex } from 'knex';

/** Who is signed in, and the links that sign somebody in once. Only hashes of what a browser holds are kept. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table session (
      n bigint generated always as identity primary key,
      hash bytea not null constraint session_hash_unique unique,
      user_n integer not null,
      how text not null check (how in ('link', 'saml')),
      -- The provider that vouched for it, and how its logout names the session; null for a link.
      source_n integer references source,
      name_id text,
      session_index text,
      created_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
    create index session_by_user on session (user_n);
    create index session_by_expiry on session (expires_at);
    create index session_by_name_id on session (source_n, name_id) where name_id is not null;

    create table sign_in_link (
      hash bytea primary key,
      -- Null for the administrator's account, which its first use makes.
      user_n integer,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table sign_in_link, session');
}

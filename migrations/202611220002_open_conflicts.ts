import type { Knex } from 'knex';

/**
 * A client with a namespace of its own may be given what others created. It asks for that without words: by a name
 * that is taken outside of its namespace, which opens a conflict for an administrator.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table namespace_grant (
      source_n integer not null references source,
      -- A user or a group; they share one sequence.
      node_n integer not null,
      granted_at timestamptz not null default now(),
      granted_by text not null,
      constraint namespace_grant_pkey primary key (source_n, node_n)
    );

    create table conflict (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint conflict_id_unique unique,
      kind text not null check (kind in ('userName.taken', 'displayName.taken')),
      source_n integer not null references source,
      node_n integer not null,
      name text not null,
      times integer not null default 1,
      opened_at timestamptz not null default now(),
      last_at timestamptz not null default now(),
      decision text check (decision in ('granted', 'dismissed')),
      decided_at timestamptz,
      decided_by text,
      reason text
    );
    create unique index conflict_open_unique on conflict (kind, source_n, node_n) where decided_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table conflict, namespace_grant');
}

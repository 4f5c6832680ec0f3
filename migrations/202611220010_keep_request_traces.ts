import type { Knex } from 'knex';

/** What SCIM clients sent lately and what came of it, for whoever sets a provider up. Bounded by number and age. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table request_trace (
      n bigint generated always as identity primary key,
      source_n integer not null references source,
      at timestamptz not null,
      request_id text not null,
      method text not null,
      path text not null,
      status integer not null,
      milliseconds integer not null,
      -- received, normalised, notes, changed, answered (src/core/scim/trace.ts); no secrets.
      trace jsonb not null
    );
    create index request_trace_of_source on request_trace (source_n, (status >= 400), n);
    create index request_trace_age on request_trace (at);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table request_trace');
}

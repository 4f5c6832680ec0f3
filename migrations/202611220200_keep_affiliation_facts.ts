import type { Knex } from 'knex';

/**
 * What identity providers say of their people: one row per user, provider, authority and affiliation.
 * `key` is the affiliation as it is compared, `value` or `value@scope`, folded; `value` and `scope` are as received.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table affiliation_fact (
      user_n integer not null,
      source_n integer not null references source,
      authority text not null default '',
      key text not null,
      value text not null,
      scope text,
      since timestamptz not null default now(),
      expires_at timestamptz,
      constraint affiliation_fact_pkey primary key (user_n, source_n, authority, key)
    );
    create index affiliation_fact_key on affiliation_fact (key, user_n, source_n);
    create index affiliation_fact_expiry on affiliation_fact (expires_at) where expires_at is not null;

    -- Automatic groups are few; every change of a user asks for them.
    create index groups_automatic on groups (n) where kind <> 'regular' and deleted_at is null;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index groups_automatic;
    drop table affiliation_fact;
  `);
}

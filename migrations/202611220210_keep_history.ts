import type { Knex } from 'knex';

/**
 * What was once true (D-23): whatever ends writes its closed interval here, from `since` until `until`, in the
 * statement that ends it. What is still true is where it always was, so that an addition costs nothing here.
 * Groups and users themselves leave tombstones, which say how long they lived.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table membership_past (
      group_n integer not null,
      member_n integer not null,
      source_n integer not null,
      member_kind "char" not null,
      line integer,
      origin_n bigint,
      since timestamptz not null,
      until timestamptz not null
    );
    create index membership_past_group on membership_past (group_n, until);
    create index membership_past_member on membership_past (member_n, until);
    -- Rows come in the order of their ends, and go by them.
    create index membership_past_until on membership_past using brin (until);

    alter table users add column active_since timestamptz not null default now();
    create table activity_past (
      user_n integer not null,
      since timestamptz not null,
      until timestamptz not null
    );
    create index activity_past_user on activity_past (user_n, until);
    create index activity_past_until on activity_past using brin (until);

    alter table groups add column rule_since timestamptz;
    create table rule_past (
      group_n integer not null,
      rule text not null,
      since timestamptz not null,
      until timestamptz not null
    );
    create index rule_past_group on rule_past (group_n, until);

    create table affiliation_past (
      user_n integer not null,
      source_n integer not null,
      authority text not null,
      key text not null,
      value text not null,
      scope text,
      since timestamptz not null,
      until timestamptz not null
    );
    create index affiliation_past_user on affiliation_past (user_n, until);
    create index affiliation_past_until on affiliation_past using brin (until);

    -- Of what ended before, nobody kept when it began.
    insert into installation (key, value) values ('history_since', to_jsonb(now()));
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    delete from installation where key = 'history_since';
    drop table affiliation_past, rule_past, activity_past, membership_past;
    alter table groups drop column rule_since;
    alter table users drop column active_since;
  `);
}

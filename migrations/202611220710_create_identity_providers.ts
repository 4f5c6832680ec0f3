import type { Knex } from 'knex';

/**
 * Identity providers and logins by SAML: what they said of themselves, requests that wait for their answer, what was
 * used up, our own keys; and which identity keys belonged to somebody else until recently (D-08).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table idp (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint idp_id_unique unique,
      source_n integer not null references source,
      name text not null,
      entity_id text not null,
      -- Where its metadata come from: an address or the path of a file; and the certificate they are signed with.
      metadata_from text not null,
      metadata_signer text,
      -- The last good copy, as it was read (core/saml/provider.ts).
      metadata jsonb not null,
      valid_until timestamptz,
      settings jsonb not null,
      refreshed_at timestamptz not null default now(),
      attempted_at timestamptz not null default now(),
      last_error text,
      last_login_at timestamptz,
      created_at timestamptz not null default now(),
      deleted_at timestamptz
    );
    create unique index idp_name_unique on idp (name) where deleted_at is null;
    create unique index idp_entity_unique on idp (entity_id) where deleted_at is null;

    -- A request that was sent and waits for its one answer, bound to the browser that asked.
    create table saml_request (
      id text primary key,
      idp_n integer not null references idp,
      browser_hash bytea not null,
      relay_state text not null,
      purpose text not null check (purpose in ('login', 'test', 'logout')),
      return_to text not null,
      expires_at timestamptz not null
    );
    create index saml_request_expiry on saml_request (expires_at);

    -- Ids of assertions and of logout messages that were used up, until they would be too old anyway.
    create table saml_consumed (
      idp_n integer not null references idp,
      id text not null,
      expires_at timestamptz not null,
      constraint saml_consumed_pkey primary key (idp_n, id)
    );
    create index saml_consumed_expiry on saml_consumed (expires_at);

    -- What a provider last said of a person (D-09), so that only what it changed is written.
    create table idp_account (
      idp_n integer not null references idp,
      user_n integer not null,
      profile jsonb not null,
      first_at timestamptz not null default now(),
      last_at timestamptz not null default now(),
      logins integer not null default 1,
      primary key (idp_n, user_n)
    );
    create index idp_account_user on idp_account (user_n);

    -- Logins of late, for the breaker (A-05).
    create table idp_login (
      idp_n integer not null references idp,
      user_n integer not null,
      at timestamptz not null default now(),
      lost_all boolean not null
    );
    create index idp_login_recent on idp_login (idp_n, at);

    -- Our own keys: the oldest that is in use signs, all are published.
    create table saml_key (
      n integer generated always as identity primary key,
      certificate text not null,
      sealed bytea not null,
      created_at timestamptz not null default now(),
      signs_from timestamptz not null,
      ends_at timestamptz not null,
      retired_at timestamptz
    );

    -- D-08: a key that belonged to a user is nobody's login for a while. Kept by triggers, for many statements take keys away.
    create table retired_key (
      n bigint generated always as identity primary key,
      kind text not null,
      issuer text not null,
      value_key text not null,
      user_n integer not null,
      retired_at timestamptz not null default now(),
      released_at timestamptz
    );
    create index retired_key_value on retired_key (value_key, kind, issuer) where released_at is null;
    create index retired_key_user on retired_key (user_n);
    create index retired_key_age on retired_key (retired_at);

    create function retire_identity_key() returns trigger language plpgsql as $$
    begin
      insert into retired_key (kind, issuer, value_key, user_n)
      values (old.kind, old.issuer, old.value_key, old.user_n);
      return null;
    end $$;
    create trigger identity_key_retire after delete on identity_key for each row
      when (old.kind in ('targetedId', 'eppn', 'email')) execute function retire_identity_key();

    create function retire_user_name() returns trigger language plpgsql as $$
    begin
      insert into retired_key (kind, issuer, value_key, user_n)
      values ('userName', '', old.user_name_key, old.n);
      return null;
    end $$;
    create trigger users_retire_name after update of user_name_key, deleted_at on users for each row
      when (old.user_name_key is not null and old.deleted_at is null
        and (old.user_name_key is distinct from new.user_name_key or new.deleted_at is not null))
      execute function retire_user_name();
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger users_retire_name on users;
    drop trigger identity_key_retire on identity_key;
    drop function retire_user_name();
    drop function retire_identity_key();
    drop table retired_key, saml_key, idp_login, idp_account, saml_consumed, saml_request, idp;
  `);
}

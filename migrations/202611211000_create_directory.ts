import type { Knex } from 'knex';

/**
 * The directory: sources, users, groups, who asserts which membership, the closure of the nestings, and the
 * log. docs/decisions/0001 to 0004 say why it looks so.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table epoch (
      id uuid primary key default gen_random_uuid(),
      system_identifier text not null,
      timeline integer not null,
      base_url text not null,
      opened_at timestamptz not null default now(),
      closed_at timestamptz
    );
    create unique index epoch_one_open on epoch ((true)) where closed_at is null;

    -- Facts of the installation that are one value each, such as the check value of the master key.
    create table installation (key text primary key, value jsonb not null);

    create table source (
      n integer generated always as identity primary key,
      name text not null constraint source_name_unique unique,
      kind text not null check (kind in ('client', 'feed', 'idp', 'console', 'self-service', 'system')),
      settings jsonb not null default '{}',
      created_at timestamptz not null default now(),
      retired_at timestamptz
    );
    insert into source (name, kind) values
      ('system', 'system'), ('console', 'console'), ('self-service', 'self-service'), ('csv', 'feed');

    create table client (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint client_id_unique unique,
      source_n integer not null constraint client_source_unique unique references source,
      profile text not null default 'auto',
      namespace text not null default 'all' check (namespace in ('all', 'own')),
      scopes text[] not null,
      allow text[] not null default '{}',
      rate_per_second integer,
      created_at timestamptz not null default now(),
      revoked_at timestamptz
    );

    create table client_token (
      id uuid primary key default gen_random_uuid(),
      client_n integer not null references client,
      key_id text,
      hash bytea not null constraint client_token_hash_unique unique,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz
    );
    create index client_token_client on client_token (client_n);

    -- Users and groups draw from one sequence: a member is one integer, whichever it is.
    create sequence node_n as integer;

    create table users (
      n integer primary key default nextval('node_n'),
      id uuid not null default gen_random_uuid() constraint users_id_unique unique,
      user_name text,
      user_name_key text,
      active boolean not null default true,
      stub boolean not null default false,
      document jsonb not null default '{}',
      version bigint not null default 1,
      created_by integer not null references source,
      created_at timestamptz not null default now(),
      modified_at timestamptz not null default now(),
      deleted_at timestamptz
    ) with (fillfactor = 85);
    create unique index users_user_name_unique on users (user_name_key)
      where deleted_at is null and user_name_key is not null;
    create index users_user_name_prefix on users (user_name_key text_pattern_ops) where deleted_at is null;
    create index users_live on users (n) where deleted_at is null and not stub;

    -- What finds a user besides id and userName. 'email' rows follow the document's emails.
    create table identity_key (
      kind text not null check (kind in ('email', 'externalId', 'targetedId', 'uid', 'eppn')),
      issuer text not null default '',
      value_key text not null,
      user_n integer not null,
      value text not null,
      qualifiers jsonb,
      source_n integer not null references source,
      since timestamptz not null default now(),
      constraint identity_key_pkey primary key (kind, issuer, value_key, user_n)
    );
    create index identity_key_user on identity_key (user_n, kind, issuer);
    create unique index identity_key_login_unique on identity_key (kind, issuer, value_key)
      where kind in ('targetedId', 'uid', 'eppn');

    create table groups (
      n integer primary key default nextval('node_n'),
      id uuid not null default gen_random_uuid() constraint groups_id_unique unique,
      name text not null,
      name_key text not null,
      kind text not null default 'regular'
        check (kind in ('regular', 'affiliation', 'rule', 'everyone-signed-in', 'everyone')),
      description text,
      internal boolean not null default true,
      hidden boolean not null default true,
      open boolean not null default false,
      public boolean not null default false,
      restricted boolean not null default false,
      auto_leave text not null default 'inherit' check (auto_leave in ('inherit', 'on', 'off')),
      rule text,
      reserved_to integer references source,
      document jsonb not null default '{}',
      version bigint not null default 1,
      created_by integer not null references source,
      created_at timestamptz not null default now(),
      modified_at timestamptz not null default now(),
      deleted_at timestamptz
    ) with (fillfactor = 70);
    create unique index groups_name_unique on groups (name_key) where deleted_at is null;
    create index groups_name_prefix on groups (name_key text_pattern_ops) where deleted_at is null;

    create table group_external_id (
      source_n integer not null references source,
      group_n integer not null,
      value text not null,
      primary key (source_n, group_n)
    );
    create index group_external_id_value on group_external_id (source_n, value);
    create index group_external_id_group on group_external_id (group_n);

    create table role (
      n integer generated always as identity primary key,
      name text not null,
      name_key text not null constraint role_name_unique unique,
      protected boolean not null default false,
      created_at timestamptz not null default now()
    );
    insert into role (name, name_key) values
      ('member', 'member'), ('publisher', 'publisher'), ('moderator', 'moderator');

    create table group_role (
      group_n integer not null,
      role_n integer not null references role,
      primary key (group_n, role_n)
    );
    create index group_role_role on group_role (role_n);

    create table origin (
      n bigint generated always as identity primary key,
      kind text not null check (kind in ('request', 'file', 'assertion', 'console', 'command')),
      name text not null,
      sha256 text,
      at timestamptz not null default now()
    );

    -- D-01: one row per membership and source that asserts it; the membership is any unsuppressed row.
    -- No foreign keys on members: tombstones stay, every read passes through the closure and deleted_at.
    create table assertion (
      group_n integer not null,
      member_n integer not null,
      source_n integer not null,
      line integer,
      origin_n bigint,
      since timestamptz not null default now(),
      expires_at timestamptz,
      member_kind "char" not null check (member_kind in ('u', 'g')),
      suppressed boolean not null default false,
      constraint assertion_pkey primary key (group_n, member_n, source_n)
    );
    create index assertion_member on assertion (member_n, group_n) where not suppressed;
    create index assertion_nesting on assertion (group_n, member_n) where member_kind = 'g';
    create index assertion_source on assertion (source_n, group_n);
    create index assertion_expiry on assertion (expires_at) where expires_at is not null;

    -- Reflexive and transitive: descendant is in ancestor, at any depth, itself included.
    create table closure (
      descendant integer not null,
      ancestor integer not null,
      constraint closure_pkey primary key (descendant, ancestor)
    );
    create index closure_ancestor on closure (ancestor, descendant);

    create sequence change_seq;
    create table change (
      xid xid8 not null default pg_current_xact_id(),
      seq bigint not null default nextval('change_seq'),
      at timestamptz not null default now(),
      type text not null,
      batch bigint,
      group_n integer,
      user_n integer,
      actor_kind text not null,
      actor_id text not null,
      on_behalf_of integer,
      source_n integer,
      origin_n bigint,
      request_id text,
      added integer[],
      added_lines integer[],
      removed integer[],
      removed_lines integer[],
      before jsonb,
      after jsonb,
      reason text,
      part integer,
      parts integer,
      causes jsonb,
      causes_total integer
    ) partition by range (at);
    create index change_position on change (xid, seq);
    create index change_batch on change (batch, seq) where batch is not null;
    create index change_group on change (group_n, at) where group_n is not null;
    create index change_user on change (user_n, at) where user_n is not null;
    create table change_default partition of change default;

    -- What a change of a user says of the person; apart from the log so that it can be erased.
    create table change_personal (
      seq bigint primary key,
      user_n integer not null,
      before jsonb,
      after jsonb
    );
    create index change_personal_user on change_personal (user_n);

    -- One holder at a time of a piece of work; the token fences a holder that was paused past its lease.
    create table lease (
      name text primary key,
      holder uuid not null,
      token bigint not null,
      expires_at timestamptz not null
    );

    -- Cuts of the log made by the feed's worker: the order every reader sees is (batch, xid, seq).
    create table feed_batch (
      n bigint primary key,
      snapshot pg_snapshot not null,
      horizon xid8 not null,
      at timestamptz not null default now()
    );
    create index feed_batch_horizon on feed_batch (horizon);

    -- Delivered members per owner (0 is the change feed, else a target) and group, as roaring bitmaps.
    -- part -1 holds a whole small set; a larger one has a row per container of 65,536 ids.
    create table ledger (
      owner integer not null,
      group_n integer not null,
      part integer not null,
      members bytea not null,
      primary key (owner, group_n, part)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table ledger, feed_batch, lease, change_personal, change, closure, assertion, origin, group_role, role,
      group_external_id, groups, identity_key, users, client_token, client, source, installation, epoch;
    drop sequence change_seq;
    drop sequence node_n;
  `);
}

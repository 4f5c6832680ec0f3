import type { Knex } from 'knex';

/**
 * Who may do what: permissions, leaders, delegations; requests to join and leave; what people are told; names that
 * nobody may take (domain.md, Joining and leaving, Permissions).
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- A holder is a user or a group; a group's effective members hold what it was granted.
    create table permission_grant (
      holder_n integer not null,
      permission text not null check (permission in ('groups.request', 'groups.manage', 'users.manage',
        'sources.manage', 'targets.manage', 'plans.approve', 'audit.read', 'admin')),
      granted_at timestamptz not null default now(),
      constraint permission_grant_pkey primary key (holder_n, permission)
    );
    -- J-20 asks at every member change whether a group confers more than groups.request: of few, by few.
    create index permission_grant_protecting on permission_grant (holder_n) where permission <> 'groups.request';

    create table group_leader (
      group_n integer not null,
      leader_n integer not null,
      leader_kind "char" not null check (leader_kind in ('u', 'g')),
      since timestamptz not null default now(),
      constraint group_leader_pkey primary key (group_n, leader_n)
    );
    create index group_leader_leader on group_leader (leader_n, group_n);

    create table delegation (
      group_n integer not null,
      user_n integer not null,
      can_add boolean not null,
      can_remove boolean not null,
      since timestamptz not null default now(),
      constraint delegation_pkey primary key (group_n, user_n),
      constraint delegation_says_something check (can_add or can_remove)
    );
    create index delegation_user on delegation (user_n);

    -- Sources that may change a protected group (J-20).
    alter table groups add column trusted_sources integer[] not null default '{}';

    create table join_request (
      n bigint generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint join_request_id_unique unique,
      kind text not null check (kind in ('join', 'leave')),
      group_n integer not null,
      user_n integer not null,
      state text not null default 'pending'
        check (state in ('pending', 'approved', 'denied', 'cancelled', 'expired')),
      reason text,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      decided_at timestamptz,
      decided_by_kind text,
      decided_by_id text,
      decision_reason text,
      constraint join_request_decided check ((state = 'pending') = (decided_at is null))
    );
    -- J-07: at most one waiting request of a user and a group, under races too.
    create unique index join_request_pending_unique on join_request (group_n, user_n) where state = 'pending';
    create index join_request_waiting on join_request (expires_at) where state = 'pending';
    create index join_request_user on join_request (user_n, n);
    create index join_request_group on join_request (group_n, n);

    create table inbox_item (
      n bigint generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint inbox_item_id_unique unique,
      user_n integer not null,
      type text not null,
      group_n integer,
      request_n bigint,
      about_user_n integer,
      at timestamptz not null default now(),
      read_at timestamptz
    );
    create index inbox_item_user on inbox_item (user_n, n);

    -- One row per inbox item that is also to be mailed; the text is written when it is sent.
    create table mail_outbox (
      item_n bigint primary key references inbox_item on delete cascade,
      due_at timestamptz not null default now(),
      attempts integer not null default 0,
      sent_at timestamptz,
      given_up_at timestamptz,
      last_error text
    );
    create index mail_outbox_due on mail_outbox (due_at) where sent_at is null and given_up_at is null;

    create table reserved_name (
      name_key text constraint reserved_name_pkey primary key,
      name text not null,
      reason text not null,
      reserved_at timestamptz not null default now()
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table reserved_name, mail_outbox, inbox_item, join_request, delegation, group_leader, permission_grant;
    alter table groups drop column trusted_sources;
  `);
}

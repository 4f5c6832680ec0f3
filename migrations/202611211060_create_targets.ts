import type { Knex } from 'knex';

/**
 * Targets: what is pushed where, the ledger of what each holds, and every attempt. docs/targets says what the
 * columns mean to an operator; src/core/targets/object-state.ts is the life of an object.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table target (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint target_id_unique unique,
      name text not null,
      name_key text not null,
      type text not null check (type in ('scim', 'webhook', 'ldap', 'sql', 'file')),
      mode text not null default 'observe' check (mode in ('off', 'observe', 'enforce')),
      -- Set by Muster itself where it stopped the target: a new epoch, a receiver that wants no more.
      paused_why text,
      all_users boolean not null default false,
      settings jsonb not null,
      credentials bytea not null,
      guards jsonb not null,
      learned jsonb not null default '{}',
      circuit jsonb not null default '{}',
      epoch_id uuid not null references epoch,
      -- Log rows visible in it have been turned into marks.
      position pg_snapshot,
      -- A webhook's place: the last entry that was delivered or given up.
      cursor text,
      swept_at timestamptz,
      observed_at timestamptz,
      version bigint not null default 1,
      created_at timestamptz not null default now(),
      modified_at timestamptz not null default now(),
      deleted_at timestamptz
    );
    create unique index target_name_unique on target (name_key) where deleted_at is null;

    create table target_scope (
      target_n integer not null references target,
      group_n integer not null,
      primary key (target_n, group_n)
    );
    create index target_scope_group on target_scope (group_n);

    -- One row per user (u), group (g) and member list of a group (m) that a target has to do with.
    create table target_object (
      target_n integer not null,
      kind "char" not null check (kind in ('u', 'g', 'm')),
      n integer not null,
      state text not null,
      wanted boolean not null,
      generation bigint not null default 1,
      -- Nothing is done before; null is at once.
      due_at timestamptz,
      failures integer not null default 0,
      remote_id text,
      -- Whether the target's user is active: a(ctive), i(nactive); of a group a. Null: not known to be there.
      held "char" check (held in ('a', 'i')),
      -- c(reated) by us, a(dopted). Only what was created is ever deleted (O-03).
      owned "char" check (owned in ('c', 'a')),
      name text,
      name_key text,
      applied_hash bytea,
      why text,
      applied_at timestamptz,
      observed_at timestamptz,
      left_at timestamptz,
      -- Of a member list: sizes of its sets in target_members.
      applied_count integer not null default 0,
      add_count integer not null default 0,
      remove_count integer not null default 0,
      waiting_count integer not null default 0,
      blocked_count integer not null default 0,
      constraint target_object_pkey primary key (target_n, kind, n)
    ) with (fillfactor = 80);
    create unique index target_object_name_unique on target_object (target_n, name_key)
      where kind = 'g' and name_key is not null;
    create unique index target_object_remote_unique on target_object (target_n, kind, remote_id)
      where remote_id is not null;
    create index target_object_work on target_object (target_n, kind, due_at nulls first, n)
      where state in ('due', 'observing', 'backing-off', 'sending', 'resending');
    create index target_object_leaving on target_object (target_n, kind, left_at) where not wanted and held is not null;
    create index target_object_removing on target_object (target_n) where kind = 'm' and remove_count > 0;
    create index target_object_wanted on target_object (target_n) where kind <> 'm' and wanted;
    create index target_object_trouble on target_object (target_n, state) where state in ('blocked', 'conflict');

    -- Member sets of a target's groups as roaring bitmaps of the users' numbers. a(pplied), + to add, - to
    -- remove, w(aiting for the user to be there), b(locked). Part -1 holds a small set whole; of a larger one
    -- there is a row per container of 65,536 numbers, so that one change rewrites 8 KB at most.
    create table target_members (
      target_n integer not null,
      group_n integer not null,
      aspect "char" not null check (aspect in ('a', '+', '-', 'w', 'b')),
      part integer not null,
      members bytea not null,
      primary key (target_n, group_n, aspect, part)
    );

    -- Committed before anything is sent. Without an outcome it is ambiguous: what it was about is observed first.
    create table target_attempt (
      n bigint generated always as identity primary key,
      target_n integer not null,
      kind "char" not null,
      object_n integer not null,
      operation text not null,
      members integer[],
      lease_token bigint not null,
      started_at timestamptz not null default clock_timestamp(),
      ended_at timestamptz,
      outcome text,
      why text,
      -- False while it is not known what it did to the target.
      settled boolean not null default false
    );
    create index target_attempt_object on target_attempt (target_n, kind, object_n, n desc);
    create index target_attempt_open on target_attempt (target_n, kind, object_n) where not settled;
    create index target_attempt_age on target_attempt (started_at);

    -- A push that a guard held, and what a person decided (O-07, D-30).
    create table target_hold (
      n integer generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint target_hold_id_unique unique,
      target_n integer not null references target,
      state text not null check (state in ('held', 'approved', 'rejected', 'replaced', 'done')),
      counts jsonb not null,
      why text[] not null,
      hash text not null,
      created_at timestamptz not null default now(),
      decided_at timestamptz,
      decided_by text,
      reason text
    );
    create unique index target_hold_one_open on target_hold (target_n) where state in ('held', 'approved');

    -- A push that somebody asked for, and what it did, step by step.
    create table target_push (
      id uuid primary key default gen_random_uuid(),
      target_n integer not null references target,
      user_n integer,
      full_sweep boolean not null,
      dry_run boolean not null,
      state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
      steps jsonb not null default '[]',
      asked_by text not null,
      created_at timestamptz not null default now(),
      ended_at timestamptz
    );
    create index target_push_open on target_push (target_n, created_at) where state in ('waiting', 'running');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table target_push, target_hold, target_attempt, target_members, target_object, target_scope, target;
  `);
}

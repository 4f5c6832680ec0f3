import type { Knex } from 'knex';

/**
 * Plans (D-30 to D-32): what a feed's run, a group edit or a push would do or did, which guards it met, and what a
 * person decided. src/core/plans says what the states and counts mean.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table plan (
      n bigint generated always as identity primary key,
      id uuid not null default gen_random_uuid() constraint plan_id_unique unique,
      kind text not null,
      state text not null
        check (state in ('held', 'approved', 'applied', 'rejected', 'stale', 'replaced', 'tried')),
      dry_run boolean not null default false,
      -- Of plans with one subject only the newest may wait: a feed, a group edit, a target.
      subject text not null,
      -- One line for people.
      title text not null,
      source_n integer not null references source,
      target_n integer references target,
      run_n bigint references import_run on delete set null,
      undoes_n bigint references plan,
      -- What to do, for the kind that does it once it is approved.
      request jsonb not null,
      counts jsonb not null,
      people integer not null default 0,
      guards jsonb not null default '[]',
      hash text not null,
      -- What the plan was made from: a place in the log, nothing after which it knew.
      made_xid xid8 not null default pg_current_xact_id(),
      actor_kind text not null,
      actor_id text not null,
      decided_at timestamptz,
      decided_by_kind text,
      decided_by text,
      reason text,
      -- The transaction that applied it: the log's rows of it are its operations.
      applied_xid xid8,
      replaced_by bigint references plan,
      created_at timestamptz not null default now(),
      ended_at timestamptz
    );
    create unique index plan_one_waiting on plan (subject) where state in ('held', 'approved');
    create index plan_source on plan (source_n, n);
    create index plan_run on plan (run_n, n) where run_n is not null;

    -- Operations of a plan that is not applied: the log rows that it would write, members in arrays of 1,000.
    create table plan_operation (
      plan_n bigint not null references plan on delete cascade,
      at integer not null,
      type text not null,
      group_n integer,
      user_n integer,
      added integer[],
      added_lines integer[],
      removed integer[],
      removed_lines integer[],
      before jsonb,
      after jsonb,
      primary key (plan_n, at)
    );

    -- Users and groups that a plan would make, by the numbers they have in its operations; gone when it is decided.
    create table plan_made (
      plan_n bigint not null references plan on delete cascade,
      n integer not null,
      kind "char" not null check (kind in ('u', 'g')),
      name text,
      primary key (plan_n, n)
    );

    -- People who stop being effective members, per group and per target.
    create table plan_group (
      plan_n bigint not null references plan on delete cascade,
      group_n integer not null,
      -- Before; null where too few leave for any guard to ask.
      members integer,
      leaving integer not null,
      primary key (plan_n, group_n)
    );
    create table plan_target (
      plan_n bigint not null references plan on delete cascade,
      target_n integer not null references target,
      leaving integer not null,
      primary key (plan_n, target_n)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table plan_target, plan_group, plan_made, plan_operation, plan');
}

import type { Knex } from 'knex';

/**
 * What a full look at a target found to be otherwise than the ledger says (O-08), and what went over the wire when
 * an attempt failed. Whether a finding was repaired is told by the object's own times, so nothing has to be kept in
 * step here.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table target
      add column observe_asked_at timestamptz,
      add column observe_why text;
    alter table target_attempt add column exchange jsonb;

    create table target_drift (
      n bigint generated always as identity primary key,
      target_n integer not null references target,
      kind text not null check (kind in
        ('missing', 'inactive', 'active', 'attributes', 'members_missing', 'members_extra', 'members_foreign')),
      object_kind "char" not null check (object_kind in ('u', 'g', 'm')),
      object_n integer not null,
      -- Attributes that differ, or ids there of members that nobody here knows; the first thousand.
      detail text[] not null default '{}',
      -- Members that it is about, the first thousand.
      members integer[] not null default '{}',
      total integer not null default 1,
      -- True where Muster set out to mend it.
      mended boolean not null,
      found_at timestamptz not null default clock_timestamp()
    );
    create index target_drift_target on target_drift (target_n, n);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table target_drift;
    alter table target_attempt drop column exchange;
    alter table target drop column observe_asked_at, drop column observe_why;
  `);
}

import type { Knex } from 'knex';

/** Files that a guard holds: their runs go on from `held/` once a person has decided. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- When the run was held first; its file is in held/ from then on, until it is filed elsewhere.
    alter table import_run add column held_at timestamptz;
    create index import_run_held on import_run (source_n) where state = 'held';
    create index import_run_snapshots on import_run (source_n, n) where mode = 'snapshot' and state = 'applied';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index import_run_snapshots, import_run_held;
    alter table import_run drop column held_at;
  `);
}

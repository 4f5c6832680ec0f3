import type { Knex } from 'knex';

/**
 * A driver of a target compares everything when the target was changed after the last comparison. What a change
 * and the driver before it did at the same moment is told by versions: a time can tell neither order nor settings.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table target
      add column swept_version bigint,
      add column settings_version bigint not null default 1;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table target drop column swept_version, drop column settings_version');
}

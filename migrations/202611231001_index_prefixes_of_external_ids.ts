import type { Knex } from 'knex';

/** `externalId sw "…"` over SCIM: what one source calls users and groups, by how it begins. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index identity_key_external_prefix on identity_key (issuer, left(value_key, 300) text_pattern_ops)
      where kind = 'externalId';
    create index group_external_id_prefix on group_external_id (source_n, left(value, 300) text_pattern_ops);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index identity_key_external_prefix, group_external_id_prefix');
}

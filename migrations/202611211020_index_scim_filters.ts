import type { Knex } from 'knex';

/**
 * What SCIM filters read: the documents with their texts folded (core/scim/search-form.ts), and indexes for `eq`
 * and `sw` on what providers search by. Prefixes are indexed up to 300 characters, which no B-tree refuses.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table users add column search jsonb not null default '{}';
    alter table groups add column search jsonb not null default '{}';

    create index users_search on users using gin (search jsonb_path_ops) where deleted_at is null;
    create index users_display_name_prefix on users (left(search ->> 'displayName', 300) text_pattern_ops)
      where deleted_at is null;
    create index users_family_name_prefix on users (left(search #>> '{name,familyName}', 300) text_pattern_ops)
      where deleted_at is null;
    create index users_given_name_prefix on users (left(search #>> '{name,givenName}', 300) text_pattern_ops)
      where deleted_at is null;
    create index users_modified on users (modified_at, n) where deleted_at is null;
    create index users_created_by on users (created_by, n) where deleted_at is null and not stub;
    create index groups_created_by on groups (created_by, n) where deleted_at is null;
    create index groups_live on groups (n) where deleted_at is null;
    create index identity_key_prefix on identity_key (left(value_key, 300) text_pattern_ops) where kind = 'email';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop index users_search, users_display_name_prefix, users_family_name_prefix, users_given_name_prefix,
      users_modified, users_created_by, groups_created_by, groups_live, identity_key_prefix;
    alter table users drop column search;
    alter table groups drop column search;
  `);
}

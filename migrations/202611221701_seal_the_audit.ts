import type { Knex } from 'knex';

/** Seals of the log (D-40), and a way to find rows by their number that costs a writer next to nothing. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create index change_seq_range on change using brin (seq) with (pages_per_range = 16, autosummarize = on);

    -- One batch of rows behind number from_seq, up to to_seq, as they were when it was sealed.
    create table audit_seal (
      n bigint primary key,
      sealed_at timestamptz not null default clock_timestamp(),
      from_seq bigint not null,
      to_seq bigint not null,
      last_at timestamptz,
      -- What to add to from_seq for the number of each row, and 16 bytes of digest for each.
      offsets integer[] not null,
      digests bytea not null,
      hash bytea not null,
      constraint audit_seal_range check (to_seq > from_seq)
    );
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table audit_seal; drop index change_seq_range;');
}

/**
 * A file's rows on their way in. They are copied to temporary tables, from where statements over all of them go
 * on. The tables belong to the database session, are made once in it, and are empty at the end of every
 * transaction; nobody else sees or waits for them, and what a crash leaves of them is nothing.
 */
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Tx } from '../database.ts';
import { COPIED_COLUMNS, copyLine, type StagedRow } from './copy-text.ts';
import { createTally, type RowTally } from './tally.ts';

/** Number of a row of the table `import_run`. */
export type RunN = number;

/**
 * action: i import, d delete. kind: u user, g nested group, U all users, G all nestings, p a person and what is
 * stated of it, n a group itself, o a row left out, x one that could not be read. Rows of kind p, o and x have no
 * group of their own; the groups that a person is listed in stand in staged_more. either: the e-mail is tried as userName first, and name_key is the same text. A wish is a row with its group
 * and member found. A pair of kind r gives a role; its action is also e (the source's own assertion ends, because a
 * snapshot lacks it) or s (restated, and stays suppressed, D-02). `moves` is false where no membership comes or goes,
 * `has_own` is true where the source has an assertion already, `has_suppressed` where others have one to be lifted.
 * staged_last holds the last row of each person of staged_user.
 * staged_effect holds lines that changed something besides memberships, groups made and roles.
 */
const TABLES = `
  create temp table if not exists staged_row (
    line integer not null, action "char" not null, kind "char" not null, group_key text not null,
    group_name text not null, person_key text, name_key text, name text, email_key text, email text,
    either boolean not null, lone boolean not null, targeted_id text, issuer text, audience text,
    role_keys text[], role_names text[], group_keys text[], group_names text[], data jsonb,
    fault_code text, fault_detail text, original text not null
  ) on commit delete rows;
  create index if not exists staged_row_line on staged_row (line);
  create temp table if not exists staged_refusal (
    line integer primary key, code text not null, detail text not null
  ) on commit delete rows;
  create temp table if not exists staged_more (
    line integer not null, key text not null, name text not null
  ) on commit delete rows;
  create temp table if not exists staged_effect (line integer not null) on commit delete rows;
  create temp table if not exists staged_user (
    line integer primary key, action "char" not null, name_key text, name text, email_key text, email text,
    external_id text, targeted_id text, issuer text, audience text, eppn text, eppn_value text, stated jsonb not null,
    user_n integer,
    -- Rows of one person whom nobody knows yet have the same maker.
    maker text, is_made boolean not null default false, fault_code text, fault_detail text
  ) on commit delete rows;
  create index if not exists staged_user_n on staged_user (user_n);
  create temp table if not exists staged_last (line integer primary key) on commit delete rows;
  create temp table if not exists staged_name (
    key text not null, line integer not null, group_n integer, made_line integer
  ) on commit delete rows;
  create index if not exists staged_name_key on staged_name using hash (key);
  create temp table if not exists staged_person (
    key text not null, line integer not null, import_line integer, last_line integer not null, name_key text, email_key text,
    either boolean not null, lone boolean not null, targeted_id text, issuer text, user_n integer,
    -- Another cell of the file that makes the stub which this one names too.
    same_as text,
    is_hard boolean not null, is_made boolean not null default false, fault_code text, fault_detail text
  ) on commit delete rows;
  create index if not exists staged_person_key on staged_person using hash (key);
  create temp table if not exists staged_role (
    group_key text not null, key text not null, name text not null, line integer not null
  ) on commit delete rows;
  create temp table if not exists staged_wish (
    group_n integer not null, member_n integer, kind "char" not null, action "char" not null, line integer not null
  ) on commit delete rows;
  create temp table if not exists staged_pair (
    group_n integer not null, member_n integer not null, kind "char" not null, action "char" not null,
    line integer, moves boolean not null, has_own boolean not null, has_suppressed boolean not null
  ) on commit delete rows;`;

type StagedTable =
  | 'staged_row'
  | 'staged_name'
  | 'staged_more'
  | 'staged_user'
  | 'staged_person'
  | 'staged_wish'
  | 'staged_pair';

/** Tables of fewer rows are joined quickly however it is done; for larger ones the planner has to know. */
const ANALYZE_FROM = 200;
/** Characters of COPY's text to a message. */
const SENT_AT_ONCE = 65_536;
/** Rows from which the usual 4 MB make PostgreSQL sort on disk. */
const LARGE = 20_000;
/** Samples of 300 rows to this: how many rows and keys there are about is all that the planner is asked. */
const STATISTICS_TARGET = 10;

/** Of wide tables only the columns that statements join and choose by. */
const ANALYZED: Readonly<Record<StagedTable, string>> = {
  staged_row: ' (line, action, kind, group_key, person_key, name_key)',
  staged_name: '',
  staged_more: '',
  staged_user: '',
  staged_person: '',
  staged_wish: '',
  staged_pair: '',
};

/** Makes the staging tables where this session has none yet. */
export async function openStaging(tx: Tx): Promise<void> {
  await tx.rows({ text: `set local client_min_messages = warning; ${TABLES}` });
}

/**
 * Copies rows to the staging table, batch by batch as they are read, and answers what kinds of them came; `issuer` is
 * whose targetedIds they are.
 */
export async function copyRows(
  tx: Tx,
  { issuer, rows }: { issuer: string; rows: AsyncIterable<readonly StagedRow[]> },
): Promise<RowTally> {
  const copy = tx.client.query(copyFrom(`copy staged_row (${COPIED_COLUMNS}) from stdin`));
  const tally = createTally();
  async function* texts(batches: AsyncIterable<readonly StagedRow[]>): AsyncGenerator<string> {
    let text = '';
    for await (const batch of batches) {
      for (const row of batch) {
        tally.take(row.row);
        text += copyLine(issuer, row);
      }
      if (text.length < SENT_AT_ONCE) continue;
      yield text;
      text = '';
    }
    yield text;
  }
  await pipeline(rows, texts, copy);
  return tally.result();
}

/** Lets the planner know what a staging table holds. */
export async function analyzeStaged(tx: Tx, table: StagedTable, rows: number): Promise<void> {
  if (rows < ANALYZE_FROM) return;
  const columns = ANALYZED[table];
  await tx.rows({
    text: `set local default_statistics_target = ${STATISTICS_TARGET}; analyze ${table}${columns}`,
  });
}

/** Gives the statements over a large file room to sort and hash, until the transaction ends. */
export async function makeRoom(tx: Tx, rows: number): Promise<void> {
  if (rows >= LARGE) await tx.rows({ text: `set local work_mem = '64MB'` });
}

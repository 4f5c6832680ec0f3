/**
 * A file's rows on their way in. They are copied to temporary tables, from where statements over all of them go
 * on. The tables belong to the database session, are made once in it, and are empty at the end of every
 * transaction; nobody else sees or waits for them, and what a crash leaves of them is nothing.
 */
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { GivenIdentity } from '../../core/feeds/identity-cell.ts';
import type { RowFault } from '../../core/feeds/fault.ts';
import { isFault, type MembershipRow } from '../../core/feeds/portal-row.ts';
import type { Tx } from '../database.ts';

/** Number of a row of the table `import_run`. */
export type RunN = number;

/** A row as it was read, or with the fault that refuses it. */
export interface StagedRow {
  readonly line: number;
  readonly original: string;
  readonly row: MembershipRow | RowFault;
}

/**
 * action: i import, d delete. kind: u user, g nested group, U all users, G all nestings, x a row that could not be
 * read. either: the e-mail is tried as userName first, and name_key is the same text. A wish is a row with its group
 * and member found. A pair of kind r gives a role; `moves` is false where a membership only gains an assertion,
 * `has_own` where the source has an assertion already, `has_suppressed` where others have one to be lifted.
 */
const TABLES = `
  create temp table if not exists staged_row (
    line integer not null, action "char" not null, kind "char" not null, group_key text not null,
    group_name text not null, person_key text, name_key text, name text, email_key text, email text,
    either boolean not null, lone boolean not null, targeted_id text, issuer text, audience text,
    role_keys text[], role_names text[], fault_code text, fault_detail text, original text not null
  ) on commit delete rows;
  create index if not exists staged_row_line on staged_row (line);
  create temp table if not exists staged_refusal (
    line integer primary key, code text not null, detail text not null
  ) on commit delete rows;
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
    line integer not null, moves boolean not null, has_own boolean not null, has_suppressed boolean not null
  ) on commit delete rows;`;

type StagedTable = 'staged_row' | 'staged_name' | 'staged_person' | 'staged_wish' | 'staged_pair';

const COLUMNS = `line, action, kind, group_key, group_name, person_key, name_key, name, email_key, email, either,
  lone, targeted_id, issuer, audience, role_keys, role_names, fault_code, fault_detail, original`;

/** Tables of fewer rows are joined quickly however it is done; for larger ones the planner has to know. */
const ANALYZE_FROM = 200;
/** Rows from which the usual 4 MB make PostgreSQL sort on disk. */
const LARGE = 20_000;

/** Makes the staging tables where this session has none yet. */
export async function openStaging(tx: Tx): Promise<void> {
  await tx.rows({ text: `set local client_min_messages = warning; ${TABLES}` });
}

/** Copies rows to the staging table, batch by batch as they are read; `issuer` is whose targetedIds they are. */
export async function copyRows(
  tx: Tx,
  { issuer, rows }: { issuer: string; rows: AsyncIterable<readonly StagedRow[]> },
): Promise<void> {
  const copy = tx.client.query(copyFrom(`copy staged_row (${COLUMNS}) from stdin`));
  const encode = new Transform({
    writableObjectMode: true,
    transform(batch: readonly StagedRow[], _encoding, done) {
      done(null, batch.map((row) => copyLine(issuer, row)).join(''));
    },
  });
  await pipeline(rows, encode, copy);
}

/** Lets the planner know what a staging table holds. */
export async function analyzeStaged(tx: Tx, table: StagedTable, rows: number): Promise<void> {
  if (rows >= ANALYZE_FROM) await tx.rows({ text: `analyze ${table}` });
}

/** Gives the statements over a large file room to sort and hash, until the transaction ends. */
export async function makeRoom(tx: Tx, rows: number): Promise<void> {
  if (rows >= LARGE) await tx.rows({ text: `set local work_mem = '64MB'` });
}

function copyLine(issuer: string, { line, original, row }: StagedRow): string {
  const place = [String(line)];
  const values = isFault(row)
    ? [...place, 'd', 'x', '', '', ...NOBODY, null, null, row.code, row.detail]
    : [
        ...place,
        row.action === 'import' ? 'i' : 'd',
        memberKind(row),
        row.group.key,
        row.group.name,
        ...memberValues(row, issuer),
        arrayLiteral(row.roles.map(({ key }) => key)),
        arrayLiteral(row.roles.map(({ name }) => name)),
        null,
        null,
      ];
  return `${[...values, original].map(copyValue).join('\t')}\n`;
}

function memberKind({ member }: MembershipRow): string {
  switch (member.kind) {
    case 'user':
      return 'u';
    case 'group':
      return 'g';
    case 'all-users':
      return 'U';
    case 'all-groups':
      return 'G';
  }
}

const NOBODY = [null, null, null, null, null, 'f', 'f', null, null, null];

/** person_key, name_key, name, email_key, email, either, lone, targeted_id, issuer, audience. */
function memberValues({ member }: MembershipRow, issuer: string): (string | null)[] {
  if (member.kind === 'group') {
    return [null, member.group.key, member.group.name, null, null, 'f', 'f', null, null, null];
  }
  if (member.kind !== 'user') return NOBODY;
  const given = member.identity;
  const name = given.userName ?? given.either;
  const email = given.email ?? given.either;
  const issuedBy = given.targetedId === null ? null : (given.targetedId.issuer ?? issuer);
  return [
    personKey(given, issuedBy),
    name?.key ?? null,
    name?.value ?? null,
    email?.key ?? null,
    email?.value ?? null,
    given.either === null ? 'f' : 't',
    given.lone ? 't' : 'f',
    given.targetedId?.key ?? null,
    issuedBy,
    given.targetedId?.audience ?? null,
  ];
}

/** Equal for cells that give the same keys. Parts hold no control characters, so this joins them safely. */
function personKey(given: GivenIdentity, issuer: string | null): string {
  const parts = [given.userName?.key, given.email?.key, given.either?.key, given.targetedId?.key, issuer];
  return parts.map((part) => part ?? '').join('\u0001');
}

function arrayLiteral(values: readonly string[]): string | null {
  if (values.length === 0) return null;
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  // PostgreSQL cannot hold NUL; only the original of a refused row has one.
  '\0': '\ufffd',
};

const TO_ESCAPE = /[\\\n\r\t\0]/g;

/** Text form of COPY. */
function copyValue(value: string | null): string {
  return value === null ? '\\N' : value.replaceAll(TO_ESCAPE, (found) => ESCAPES[found] ?? found);
}

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
import {
  type FeedRow,
  type GivenName,
  type GroupRow,
  isFault,
  type MembershipRow,
  type PersonRow,
} from '../../core/feeds/row.ts';
import type { Action } from '../../core/feeds/words.ts';
import type { Tx } from '../database.ts';

/** Number of a row of the table `import_run`. */
export type RunN = number;

/** A row as it was read, or with the fault that refuses it. */
export interface StagedRow {
  readonly line: number;
  readonly original: string;
  readonly row: FeedRow | RowFault;
}

/**
 * action: i import, d delete. kind: u user, g nested group, U all users, G all nestings, p a person and what is
 * stated of it, n a group itself, o a row left out, x one that could not be read. Rows of kind p, o and x have no
 * group of their own; the groups that a person is listed in stand in staged_more. either: the e-mail is tried as userName first, and name_key is the same text. A wish is a row with its group
 * and member found. A pair of kind r gives a role; its action is also e (the source's own assertion ends, because a
 * snapshot lacks it) or s (restated, and stays suppressed, D-02). `moves` is false where no membership comes or goes,
 * `has_own` is true where the source has an assertion already, `has_suppressed` where others have one to be lifted.
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

const COLUMNS = `line, action, kind, group_key, group_name, person_key, name_key, name, email_key, email, either,
  lone, targeted_id, issuer, audience, role_keys, role_names, group_keys, group_names, data, fault_code, fault_detail,
  original`;

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
  return `${[String(line), ...valuesOf(row, issuer), original].map(copyValue).join('\t')}\n`;
}

/** Every column but the line and the original. */
function valuesOf(row: FeedRow | RowFault, issuer: string): (string | null)[] {
  if (isFault(row)) return ['d', 'x', '', '', ...NOBODY, ...NO_LISTS, null, row.code, row.detail];
  switch (row.kind) {
    case 'membership':
      return membershipValues(row, issuer);
    case 'person':
      return personValues(row, issuer);
    case 'group':
      return groupValues(row);
    case 'left-out':
      return ['i', 'o', '', '', ...NOBODY, ...NO_LISTS, null, null, null];
  }
}

function membershipValues(row: MembershipRow, issuer: string): (string | null)[] {
  const { group, roles } = row;
  return [
    action(row),
    memberKind(row),
    group.key,
    group.name,
    ...memberValues(row, issuer),
    ...namesLiteral(roles),
    null,
    null,
    null,
    null,
    null,
  ];
}

function personValues(row: PersonRow, issuer: string): (string | null)[] {
  const { keys, stated, groups, roles } = row;
  const issuedBy = keys.targetedId === null ? null : (keys.targetedId.issuer ?? issuer);
  const data = {
    stated,
    externalId: keys.externalId,
    eppn: keys.eppn?.key ?? null,
    eppnValue: keys.eppn?.value ?? null,
  };
  return [
    action(row),
    'p',
    '',
    '',
    null,
    keys.userName?.key ?? null,
    keys.userName?.value ?? null,
    keys.email?.key ?? null,
    keys.email?.value ?? null,
    'f',
    'f',
    keys.targetedId?.key ?? null,
    issuedBy,
    keys.targetedId?.audience ?? null,
    ...namesLiteral(roles),
    ...namesLiteral(groups),
    JSON.stringify(data),
    null,
    null,
  ];
}

function groupValues(row: GroupRow): (string | null)[] {
  const { group, roles, stated } = row;
  const data = JSON.stringify({ ...stated.flags, description: stated.description });
  return [
    action(row),
    'n',
    group.key,
    group.name,
    ...NOBODY,
    ...namesLiteral(roles),
    null,
    null,
    data,
    null,
    null,
  ];
}

function action(row: { readonly action: Action }): string {
  return row.action === 'import' ? 'i' : 'd';
}

function namesLiteral(names: readonly GivenName[]): [string | null, string | null] {
  return [arrayLiteral(names.map(({ key }) => key)), arrayLiteral(names.map(({ name }) => name))];
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
const NO_LISTS = [null, null, null, null];

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

/** A file's rows on their way in: copied to an unlogged table, from where statements over all of them go on. */
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

const COLUMNS = `run_n, line, action, kind, group_key, group_name, person_key, name_key, name, email_key, email,
  either, lone, targeted_id, issuer, audience, role_keys, role_names, fault_code, fault_detail, original`;

/** Statistics are gathered above this many rows; below it any plan is fast. */
const ANALYZE_FROM = 20_000;

/** Copies rows to the staging table, batch by batch as they are read; `issuer` is whose targetedIds they are. */
export async function copyRows(
  tx: Tx,
  { run, issuer, rows }: { run: RunN; issuer: string; rows: AsyncIterable<readonly StagedRow[]> },
): Promise<void> {
  const copy = tx.client.query(copyFrom(`copy import_stage (${COLUMNS}) from stdin`));
  const encode = new Transform({
    writableObjectMode: true,
    transform(batch: readonly StagedRow[], _encoding, done) {
      done(null, batch.map((row) => copyLine(run, issuer, row)).join(''));
    },
  });
  await pipeline(rows, encode, copy);
}

/** Lets the planner know what was staged, where that matters. */
export async function analyzeStaging(tx: Tx, rows: number): Promise<void> {
  if (rows >= ANALYZE_FROM) await tx.rows({ text: 'analyze import_stage' });
}

function copyLine(run: RunN, issuer: string, { line, original, row }: StagedRow): string {
  const place = [String(run), String(line)];
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

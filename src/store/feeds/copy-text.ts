/** Rows in the text form of COPY, as the staging table takes them (staging.ts). */
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

/** A row as it was read, or with the fault that refuses it. */
export interface StagedRow {
  readonly line: number;
  readonly original: string;
  readonly row: FeedRow | RowFault;
}

/** Columns of `staged_row` in the order of {@link copyLine}. */
export const COPIED_COLUMNS = `line, action, kind, group_key, group_name, person_key, name_key, name, email_key, email, either,
  lone, targeted_id, issuer, audience, role_keys, role_names, group_keys, group_names, data, fault_code, fault_detail,
  original`;

/** A row as one line of COPY's text; `issuer` is whose targetedIds they are. */
export function copyLine(issuer: string, { line, original, row }: StagedRow): string {
  if (!isFault(row) && row.kind === 'membership' && isPlain(row, original)) {
    return `${line}\t${plainValues(row)}\t${original}\n`;
  }
  return `${[String(line), ...valuesOf(row, issuer), original].map(copyValue).join('\t')}\n`;
}

/** Characters that COPY or its arrays would read as something else. */
const SPECIAL = /[\\"\n\r\t\0]/;

/** The row of nearly every line of a large file: a membership without roles, end or targetedId, of which nothing needs escaping. */
function isPlain({ roles, member, expiresAt }: MembershipRow, original: string): boolean {
  if (roles.length > 0 || expiresAt !== undefined || SPECIAL.test(original)) return false;
  return member.kind !== 'user' || member.identity.targetedId === null;
}

function plainValues(row: MembershipRow): string {
  const { group, member } = row;
  const start = `${action(row)}\t${memberKind(row)}\t${group.key}\t${group.name}`;
  if (member.kind === 'group') {
    return `${start}\t\\N\t${member.group.key}\t${member.group.name}\t${NO_EMAIL}\tf\tf\t${NO_MORE}`;
  }
  if (member.kind !== 'user') return `${start}\t\\N\t\\N\t\\N\t${NO_EMAIL}\tf\tf\t${NO_MORE}`;
  const { userName, email, either, lone } = member.identity;
  const name = userName ?? either;
  const mail = email ?? either;
  const named = name === null ? '\\N\t\\N' : `${name.key}\t${name.value}`;
  const mailed = mail === null ? NO_EMAIL : `${mail.key}\t${mail.value}`;
  const flags = `${either === null ? 'f' : 't'}\t${lone ? 't' : 'f'}`;
  return `${start}\t${personKey(member.identity, null)}\t${named}\t${mailed}\t${flags}\t${NO_MORE}`;
}

const NO_EMAIL = '\\N\t\\N';
/** targeted_id, issuer, audience, the four lists, data and the fault. */
const NO_MORE = Array.from({ length: 10 }, () => '\\N').join('\t');

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
  const { group, roles, expiresAt } = row;
  return [
    action(row),
    memberKind(row),
    group.key,
    group.name,
    ...memberValues(row, issuer),
    ...namesLiteral(roles),
    null,
    null,
    expiresAt === undefined ? null : JSON.stringify({ expiresAt }),
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
function personKey({ userName, email, either, targetedId }: GivenIdentity, issuer: string | null): string {
  const names = `${userName?.key ?? ''}\u0001${email?.key ?? ''}\u0001${either?.key ?? ''}`;
  return `${names}\u0001${targetedId?.key ?? ''}\u0001${issuer ?? ''}`;
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

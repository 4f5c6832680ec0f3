/** Groups and memberships as rows of groups.csv and memberships.csv, and as lines of NDJSON. */
import { isSayable, type LeftOut } from './csv-line.ts';
import { identityText, type NamedPerson } from './identity-text.ts';

export interface ExportedGroup {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly description: string | null;
  readonly roles: readonly string[];
  readonly internal: boolean;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly public: boolean;
  readonly restricted: boolean;
  readonly autoLeave: string;
  readonly rule: string | null;
  readonly reservedTo: string | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
}

export const GROUP_HEADER: readonly string[] = [
  ...['name', 'description', 'roles', 'internal', 'hidden', 'open', 'public'],
  ...['#restricted', '#autoLeave', '#reservedTo', '#id'],
];

/** The row, or why there is none. */
export function groupRow(group: ExportedGroup): string[] | LeftOut {
  const { id, name, kind, description, roles } = group;
  if (kind !== 'regular') return 'automatic';
  if (!isSayable(name)) return 'unsayable';
  const listed = roles.filter((role) => !role.includes(';') && isSayable(role));
  const flags = [group.internal, group.hidden, group.open, group.public].map(yesNo);
  const said = description !== null && isSayable(description) ? description : '';
  const remarks = [yesNo(group.restricted), group.autoLeave, group.reservedTo ?? '', id];
  return [name, said, listed.join(';'), ...flags, ...remarks];
}

/** The line of NDJSON. */
export function groupObject({ createdAt, modifiedAt, ...group }: ExportedGroup): Record<string, unknown> {
  return { ...group, created: createdAt, lastModified: modifiedAt };
}

export interface ExportedMembership {
  readonly group: { readonly id: string; readonly name: string; readonly kind: string };
  readonly member:
    | { readonly type: 'group'; readonly id: string; readonly name: string; readonly kind: string }
    | ({ readonly type: 'user'; readonly id: string } & NamedPerson);
  /** When the last of its assertions ends; null when one of them does not. */
  readonly expiresAt: Date | null;
  readonly sources: readonly {
    readonly source: string;
    readonly since: string;
    readonly expiresAt: string | null;
  }[];
}

export const MEMBERSHIP_HEADER: readonly string[] = [
  ...['group', 'member', 'type', 'expiresAt', '#sources', '#groupId', '#memberId'],
];

/** Kinds of groups that every installation has, or that a file makes. */
const NESTABLE: ReadonlySet<string> = new Set(['regular', 'everyone-signed-in']);

/** The row, or why there is none. */
export function membershipRow(membership: ExportedMembership): string[] | LeftOut {
  const { group, member, expiresAt, sources } = membership;
  if (group.kind !== 'regular') return 'automatic';
  if (member.type === 'group' && !NESTABLE.has(member.kind)) return 'automatic';
  const text = memberText(member);
  if (text === null || !isSayable(group.name)) return 'unsayable';
  const names = sources.map(({ source }) => source).join(';');
  return [
    ...[group.name, text, member.type, expiresAt?.toISOString() ?? ''],
    ...[isSayable(names) ? names : '', group.id, member.id],
  ];
}

/** The line of NDJSON. */
export function membershipObject({
  group,
  member,
  expiresAt,
  sources,
}: ExportedMembership): Record<string, unknown> {
  return {
    group: group.name,
    member: memberText(member),
    type: member.type,
    expiresAt,
    groupId: group.id,
    memberId: member.id,
    sources: sources.map(({ source, since, expiresAt: ends }) => ({
      source,
      since: new Date(since),
      expiresAt: ends === null ? null : new Date(ends),
    })),
  };
}

function memberText(member: ExportedMembership['member']): string | null {
  if (member.type === 'user') return identityText(member);
  return member.name === '*' || !isSayable(member.name) ? null : member.name;
}

function yesNo(flag: boolean): string {
  return flag ? 'yes' : 'no';
}

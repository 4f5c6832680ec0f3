/** Format 1, the portal's group file: what one row says (F-01 to F-08). */
import { faultOfName, foldName } from '../names.ts';
import type { RowFault } from './fault.ts';
import { rowFault } from './fault.ts';
import type { GivenIdentity, IdentityOrder } from './identity-cell.ts';
import { readIdentityCell } from './identity-cell.ts';
import type { FileFormat } from './layout.ts';
import type { Action } from './words.ts';
import { readAction, readFlag } from './words.ts';

export const PORTAL_FORMAT: FileFormat = {
  name: 'portal',
  required: ['group', 'role', 'username', 'isgroup'],
  optional: ['action'],
  positions: ['group', 'role', 'username', 'isgroup', 'action'],
};

/** A name as written and the form under which it is compared (D-05). */
export interface GivenName {
  readonly name: string;
  readonly key: string;
}

/** Whom a row names: one user, one nested group, or everybody (`*`, F-07): all direct users or all nestings. */
export type GivenMember =
  | { readonly kind: 'user'; readonly identity: GivenIdentity }
  | { readonly kind: 'group'; readonly group: GivenName }
  | { readonly kind: 'all-users' }
  | { readonly kind: 'all-groups' };

/** A membership row, whichever format it stood in. */
export interface MembershipRow {
  readonly action: Action;
  readonly group: GivenName;
  /** Roles that an import adds to the group (F-08); empty for a delete. */
  readonly roles: readonly GivenName[];
  readonly member: GivenMember;
}

/** Cells of a row by column; a column that the row does not have is an empty text. */
export type Cells = (column: string) => string;

/** Reads one row of the portal's file, or says why it is refused. */
export function readPortalRow(cells: Cells, order: IdentityOrder): MembershipRow | RowFault {
  const action = readAction(cells('action'));
  if (action === null) return rowFault('action.invalid', { value: cells('action').trim() });
  const isGroup = readFlag(cells('isgroup'));
  if (isGroup === null) return rowFault('isgroup.invalid', { value: cells('isgroup').trim() });
  const why = faultOfName(cells('group'));
  if (why !== null) return rowFault('group.invalid', { why });
  const member = readMember(cells('username').trim(), { action, order, kind: isGroup ? 'group' : 'user' });
  if (isFault(member)) return member;
  const roles = action === 'delete' ? [] : readRoles(cells('role'));
  if (isFault(roles)) return roles;
  return { action, group: readName(cells('group')), roles, member };
}

/** Tells the fault of a row from what was read of it. */
export function isFault(read: object): read is RowFault {
  return 'code' in read && 'detail' in read;
}

/** Reads a `;` list of role names, each once (F-08). */
export function readRoles(cell: string): readonly GivenName[] | RowFault {
  if (cell.trim() === '') return [];
  const roles = new Map<string, GivenName>();
  for (const part of cell.split(';')) {
    if (part.trim() === '') continue;
    const why = faultOfName(part);
    if (why !== null) return rowFault('role.invalid', { role: part.trim(), why });
    const role = readName(part);
    if (!roles.has(role.key)) roles.set(role.key, role);
  }
  return [...roles.values()];
}

/** A name as it is stored and as it is compared. */
export function readName(text: string): GivenName {
  return { name: text.trim().normalize('NFC'), key: foldName(text) };
}

function readMember(
  cell: string,
  { action, order, kind }: { action: Action; order: IdentityOrder; kind: 'user' | 'group' },
): GivenMember | RowFault {
  if (cell === '*') {
    if (action === 'import') return rowFault('member.star', { action });
    return { kind: kind === 'group' ? 'all-groups' : 'all-users' };
  }
  if (kind === 'group') {
    const why = faultOfName(cell);
    return why === null ? { kind: 'group', group: readName(cell) } : rowFault('member.invalid', { why });
  }
  const identity = readIdentityCell(cell, order);
  return isFault(identity) ? identity : { kind: 'user', identity };
}

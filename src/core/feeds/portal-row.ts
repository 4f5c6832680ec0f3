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

/** Texts of cells that are remembered: few groups and fewer lists of roles fill most rows. */
const REMEMBERED = 4_096;

export type PortalRowReader = (cells: Cells) => MembershipRow | RowFault;

/** Makes a reader of rows of the portal's file: each as what it says, or why it is refused. */
export function createPortalRowReader(order: IdentityOrder): PortalRowReader {
  const group = remembering((cell) => {
    const why = faultOfName(cell);
    return why === null ? readName(cell) : rowFault('group.invalid', { why });
  });
  const roles = remembering(readRoles);
  return (cells) => readPortalRow(cells, { order, group, roles });
}

/** The same answers, the latest few thousand of them kept. */
function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED) known.clear();
    const value = read(text);
    known.set(text, value);
    return value;
  };
}

interface Readers {
  readonly order: IdentityOrder;
  readonly group: (cell: string) => GivenName | RowFault;
  readonly roles: (cell: string) => readonly GivenName[] | RowFault;
}

function readPortalRow(
  cells: Cells,
  { order, group: readGroup, roles: readRoleList }: Readers,
): MembershipRow | RowFault {
  const action = readAction(cells('action'));
  if (action === null) return rowFault('action.invalid', { value: cells('action').trim() });
  const isGroup = readFlag(cells('isgroup'));
  if (isGroup === null) return rowFault('isgroup.invalid', { value: cells('isgroup').trim() });
  const group = readGroup(cells('group'));
  if (isFault(group)) return group;
  const member = readMember(cells('username').trim(), { action, order, kind: isGroup ? 'group' : 'user' });
  if (isFault(member)) return member;
  const roles = action === 'delete' ? [] : readRoleList(cells('role'));
  if (isFault(roles)) return roles;
  return { action, group, roles, member };
}

/** Tells the fault of a row from what was read of it. */
export function isFault(read: object): read is RowFault {
  return 'code' in read && 'detail' in read;
}

/** Reads a `;` list of role names, each once (F-08). */
function readRoles(cell: string): readonly GivenName[] | RowFault {
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
function readName(text: string): GivenName {
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

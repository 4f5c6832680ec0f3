/** Format 1, the portal's group file: what one row says (F-01 to F-08). */
import { faultOfName } from '../names.ts';
import type { RowFault } from './fault.ts';
import { rowFault } from './fault.ts';
import type { IdentityOrder } from './identity-cell.ts';
import { readIdentityCell } from './identity-cell.ts';
import type { FileFormat } from './layout.ts';
import { createNameCells, type NameCells, readName } from './name-cells.ts';
import { type ActionReading, type Cells, type GivenMember, isFault, type MembershipRow } from './row.ts';
import type { Action } from './words.ts';
import { readAction, readFlag } from './words.ts';

export const PORTAL_FORMAT: FileFormat = {
  name: 'portal',
  required: ['group', 'role', 'username', 'isgroup'],
  optional: ['action'],
  positions: ['group', 'role', 'username', 'isgroup', 'action'],
};

export type PortalRowReader = (cells: Cells) => MembershipRow | RowFault;

/** Makes a reader of rows of the portal's file: each as what it says, or why it is refused. */
export function createPortalRowReader(
  order: IdentityOrder,
  readActionOf: ActionReading = readActionCell,
): PortalRowReader {
  const names = createNameCells();
  return (cells) => readPortalRow(cells, { order, names, readActionOf });
}

/** Reads the column `action` (F-02). */
export function readActionCell(cells: Cells): Action | RowFault {
  return readAction(cells('action')) ?? rowFault('action.invalid', { value: cells('action').trim() });
}

interface Readers {
  readonly order: IdentityOrder;
  readonly names: NameCells;
  readonly readActionOf: ActionReading;
}

function readPortalRow(cells: Cells, { order, names, readActionOf }: Readers): MembershipRow | RowFault {
  const action = readActionOf(cells);
  if (typeof action !== 'string') return action;
  const isGroup = readFlag(cells('isgroup'));
  if (isGroup === null) return rowFault('isgroup.invalid', { value: cells('isgroup').trim() });
  const group = names.group(cells('group'));
  if (isFault(group)) return group;
  const member = readMember(cells('username').trim(), { action, order, kind: isGroup ? 'group' : 'user' });
  if (isFault(member)) return member;
  const roles = action === 'delete' ? [] : names.roles(cells('role'));
  if (isFault(roles)) return roles;
  return { kind: 'membership', action, group, roles, member };
}

/** Reads whom a cell names: a group, a person by the identity cell, or with `*` everybody (F-07). */
export function readMember(
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

/** Format 2, `groups.csv` and `memberships.csv`: rows about groups, and about who is listed in them. */
import { readEndCell } from './end-cell.ts';
import { type RowFault, rowFault } from './fault.ts';
import type { IdentityOrder } from './identity-cell.ts';
import type { FileFormat } from './layout.ts';
import { createNameCells } from './name-cells.ts';
import { readMember } from './portal-row.ts';
import {
  type ActionReading,
  type Cells,
  type GroupFlag,
  type GroupRow,
  isFault,
  type MembershipRow,
  type StatedGroup,
} from './row.ts';
import { readFlag } from './words.ts';

const FLAGS: readonly GroupFlag[] = ['internal', 'hidden', 'open', 'public'];

export const GROUPS_FORMAT: FileFormat = {
  name: 'groups',
  required: ['name'],
  optional: ['description', 'roles', ...FLAGS, 'action'],
  aliases: { group: 'name', displayname: 'name' },
  positions: null,
};

export const MEMBERSHIPS_FORMAT: FileFormat = {
  name: 'memberships',
  required: ['group', 'member'],
  optional: ['type', 'expiresat', 'action'],
  aliases: { username: 'member', user: 'member' },
  positions: null,
};

/** Makes a reader of rows of groups.csv. */
export function createGroupRowReader(readActionOf: ActionReading) {
  const names = createNameCells();
  return (cells: Cells): GroupRow | RowFault => {
    const action = readActionOf(cells);
    if (typeof action !== 'string') return action;
    const group = names.group(cells('name'));
    if (isFault(group)) return group;
    const roles = action === 'delete' ? [] : names.roles(cells('roles'));
    if (isFault(roles)) return roles;
    const stated = readGroup(cells);
    return isFault(stated) ? stated : { kind: 'group', action, group, roles, stated };
  };
}

function readGroup(cells: Cells): StatedGroup | RowFault {
  const flags: Partial<Record<GroupFlag, boolean>> = {};
  for (const column of FLAGS) {
    const cell = cells(column);
    if (cell === '') continue;
    const flag = readFlag(cell);
    if (flag === null) return rowFault('flag.invalid', { column, value: cell });
    flags[column] = flag;
  }
  const description = cells('description');
  return description === '' ? { flags } : { description, flags };
}

/** Makes a reader of rows of memberships.csv; the member is a person unless `type` says `group`. */
export function createMembershipRowReader(order: IdentityOrder, readActionOf: ActionReading) {
  const names = createNameCells();
  return (cells: Cells): MembershipRow | RowFault => {
    const action = readActionOf(cells);
    if (typeof action !== 'string') return action;
    const group = names.group(cells('group'));
    if (isFault(group)) return group;
    const kind = readType(cells('type'));
    if (kind === null) return rowFault('type.invalid', { value: cells('type') });
    const member = readMember(cells('member').trim(), { action, order, kind });
    if (isFault(member)) return member;
    const expiresAt = action === 'delete' ? null : readEndCell(cells('expiresat'));
    const row = { kind: 'membership', action, group, roles: [], member } as const;
    if (expiresAt === null) return row;
    return typeof expiresAt === 'string' ? { ...row, expiresAt } : expiresAt;
  };
}

function readType(cell: string): 'user' | 'group' | null {
  const word = cell.toLowerCase();
  if (word === '' || word === 'user') return 'user';
  return word === 'group' ? 'group' : null;
}

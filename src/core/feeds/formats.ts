/** The formats that a feed takes, with the readers of their rows: which one a file has its header tells. */
import { type RowFault, rowFault } from './fault.ts';
import {
  createGroupRowReader,
  createMembershipRowReader,
  GROUPS_FORMAT,
  MEMBERSHIPS_FORMAT,
} from './group-rows.ts';
import type { FileFormat } from './layout.ts';
import { createMappedRowReader, mappedFormat } from './mapped-row.ts';
import { createPersonRowReader, type StatedColumn, USER_COLUMNS, usersFormat } from './person-row.ts';
import { createPortalRowReader, PORTAL_FORMAT, readActionCell } from './portal-row.ts';
import type { Cells, RowReading } from './row.ts';
import type { FeedSettings, StatusWords } from './settings.ts';
import { findPlace } from './stated.ts';
import type { Action } from './words.ts';

export interface FeedFormat {
  readonly format: FileFormat;
  readonly read: RowReading;
}

export type FormatSettings = Pick<
  FeedSettings,
  'mode' | 'identityOrder' | 'status' | 'userType' | 'columns' | 'mapping'
>;

/** The formats of a feed. In mode delta each may have the column of the status in place of `action`. */
export function formatsOf(settings: FormatSettings): FeedFormat[] {
  const { mode, identityOrder, status, userType, columns, mapping } = settings;
  const readActionOf = mode === 'delta' ? (cells: Cells) => readStatus(cells, status) : readActionCell;
  const withStatus = (format: FileFormat): FileFormat =>
    mode === 'delta' ? { ...format, optional: [...format.optional, status.column] } : format;
  if (mapping !== null) {
    const format = mappedFormat(mapping);
    return [{ format: withStatus(format), read: createMappedRowReader(mapping, readActionOf) }];
  }
  const stated = statedColumns({ userType, columns });
  return [
    { format: withStatus(PORTAL_FORMAT), read: createPortalRowReader(identityOrder, readActionOf) },
    {
      format: withStatus(MEMBERSHIPS_FORMAT),
      read: createMembershipRowReader(identityOrder, readActionOf),
    },
    {
      format: withStatus(usersFormat(columns.keys())),
      read: createPersonRowReader({ columns: stated, readActionOf }),
    },
    { format: withStatus(GROUPS_FORMAT), read: createGroupRowReader(readActionOf) },
  ];
}

/** The columns of users.csv that state attributes: the known ones, and those that the feed's settings add. */
export function statedColumns({
  userType,
  columns,
}: Pick<FormatSettings, 'userType' | 'columns'>): readonly StatedColumn[] {
  const known = Object.entries(USER_COLUMNS).flatMap(([column, path]) => {
    const place = findPlace(userType, path);
    return place === null ? [] : [{ column, place }];
  });
  return [
    ...known.filter(({ column }) => !columns.has(column)),
    ...[...columns].map(([column, place]) => ({ column, place })),
  ];
}

/** The word of the status column, or where that is empty of the column `action`. */
function readStatus(cells: Cells, status: StatusWords): Action | RowFault {
  const cell = cells(status.column);
  if (cell === '') return readActionCell(cells);
  const word = cell.toLowerCase();
  if (status.delete.has(word)) return 'delete';
  return status.import.has(word) ? 'import' : rowFault('status.invalid', { value: cell });
}

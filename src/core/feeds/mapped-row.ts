/** Format 3: any CSV file with a header, by the mapping of its feed. */
import { foldText } from '../names.ts';
import { type RowFault, rowFault } from './fault.ts';
import type { FileFormat } from './layout.ts';
import { createNameCells } from './name-cells.ts';
import { readKeys, readPerson, type StatedColumn } from './person-row.ts';
import { type ActionReading, type Cells, type FeedRow, type GivenKeys, isFault } from './row.ts';

/** Columns are in lower case. */
export interface FeedMapping {
  /** The column of each identity key that the file has. */
  readonly keys: Readonly<Partial<Record<keyof GivenKeys, string>>>;
  readonly columns: readonly StatedColumn[];
  /** The column that says whether the account is active; null for none. */
  readonly active: string | null;
  /** The column with a `;` list of groups; null for none. */
  readonly groups: string | null;
  /** Names of groups with `{column}` in them, such as `dept.{department}`. One that needs an empty cell gives no group. */
  readonly groupNames: readonly string[];
  /** Rows are taken when each of these columns holds one of its words (folded), or none of them where `is` is false. */
  readonly filter: readonly ColumnTest[];
}

export interface ColumnTest {
  readonly column: string;
  readonly words: ReadonlySet<string>;
  readonly is: boolean;
}

const PLACEHOLDER = /\{([^{}]+)\}/g;

/** The columns that a template of a group's name needs. */
function columnsOfName(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, column = '']) => column.trim().toLowerCase());
}

/** The format of such files: every column that the mapping names must be there, the others are ignored. */
export function mappedFormat(mapping: FeedMapping): FileFormat {
  const columns = [
    ...Object.values(mapping.keys),
    ...mapping.columns.map(({ column }) => column),
    ...mapping.groupNames.flatMap(columnsOfName),
    ...mapping.filter.map(({ column }) => column),
    ...[mapping.active, mapping.groups].filter((column) => column !== null),
  ];
  const required = [...new Set(columns)];
  return { name: 'mapped', required, optional: ['action'], others: 'ignore', positions: null };
}

/** Makes a reader of such rows. */
export function createMappedRowReader(mapping: FeedMapping, readActionOf: ActionReading) {
  const names = createNameCells();
  const key = (cells: Cells, name: keyof GivenKeys): string => cells(mapping.keys[name] ?? '');
  return (cells: Cells): FeedRow | RowFault => {
    if (!mapping.filter.every((test) => test.words.has(foldText(cells(test.column))) === test.is)) {
      return { kind: 'left-out' };
    }
    const action = readActionOf(cells);
    if (typeof action !== 'string') return action;
    const keys = readKeys({
      userName: key(cells, 'userName'),
      email: key(cells, 'email'),
      externalId: key(cells, 'externalId'),
      targetedId: key(cells, 'targetedId'),
      eppn: key(cells, 'eppn'),
    });
    if (isFault(keys)) return keys;
    if (Object.values(keys).every((given) => given === null)) {
      return rowFault('person.invalid', {
        column: Object.values(mapping.keys).join(', '),
        why: 'must not be empty',
      });
    }
    const groups = groupsOf(mapping, cells);
    const seen: Cells = (column) => {
      if (column === 'groups') return groups;
      if (column === 'active') return mapping.active === null ? '' : cells(mapping.active);
      return column === 'roles' ? '' : cells(column);
    };
    return readPerson(seen, { action, keys, names, columns: mapping.columns });
  };
}

function groupsOf(mapping: FeedMapping, cells: Cells): string {
  const listed = mapping.groups === null ? '' : cells(mapping.groups);
  const named = mapping.groupNames.flatMap((template) => {
    const isWhole = columnsOfName(template).every((column) => cells(column) !== '');
    // A `;` would end the name in the list.
    const name = template.replaceAll(PLACEHOLDER, (_, column: string) =>
      cells(column.trim().toLowerCase()).replaceAll(';', ','),
    );
    return isWhole ? [name] : [];
  });
  return [listed, ...named].join(';');
}

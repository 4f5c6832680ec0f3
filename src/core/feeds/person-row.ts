/** Format 2, `users.csv`: a row about a person. */
import { faultOfName } from '../names.ts';
import type { Json, JsonObject } from '../scim/json.ts';
import { type RowFault, rowFault } from './fault.ts';
import { type GivenTargetedId, foldedKey, MAX_KEY, readTargetedId } from './identity-cell.ts';
import type { FileFormat } from './layout.ts';
import { createNameCells, type NameCells } from './name-cells.ts';
import { type ActionReading, type Cells, type GivenKeys, isFault, type PersonRow } from './row.ts';
import { readStatedCell, type StatedPlace } from './stated.ts';
import type { Action } from './words.ts';
import { readFlag } from './words.ts';

/** A column that states something: its name, and the place it states. */
export interface StatedColumn {
  readonly column: string;
  readonly place: StatedPlace;
}

/** Columns of users.csv that go to an attribute of the same meaning, and the attribute's path. */
export const USER_COLUMNS: Readonly<Record<string, string>> = {
  email: 'emails',
  givenname: 'name.givenName',
  familyname: 'name.familyName',
  displayname: 'displayName',
  title: 'title',
  employeenumber: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber',
  department: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department',
  manager: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager',
};

const KEYS = ['externalid', 'targetedid', 'eppn'] as const;

/** The format with a feed's further columns. */
export function usersFormat(further: Iterable<string>): FileFormat {
  return {
    name: 'users',
    required: ['username'],
    optional: [...Object.keys(USER_COLUMNS), ...KEYS, 'active', 'groups', 'roles', 'action', ...further],
    positions: null,
  };
}

export interface PersonReading {
  readonly columns: readonly StatedColumn[];
  readonly readActionOf: ActionReading;
}

/** Makes a reader of rows of users.csv. Refuses a row without userName (`person.invalid`) and values that do not fit. */
export function createPersonRowReader({ columns, readActionOf }: PersonReading) {
  const names = createNameCells();
  return (cells: Cells): PersonRow | RowFault => {
    const action = readActionOf(cells);
    if (typeof action !== 'string') return action;
    const why = faultOfName(cells('username'));
    if (why !== null) return rowFault('person.invalid', { column: 'userName', why });
    const keys = readKeys({
      userName: cells('username'),
      email: cells('email'),
      externalId: cells('externalid'),
      targetedId: cells('targetedid'),
      eppn: cells('eppn'),
    });
    if (isFault(keys)) return keys;
    return readPerson(cells, { action, keys, names, columns });
  };
}

interface PersonParts {
  readonly action: Action;
  readonly keys: GivenKeys;
  readonly names: NameCells;
  readonly columns: readonly StatedColumn[];
}

/** What a row says of a person whose keys are read. */
export function readPerson(
  cells: Cells,
  { action, keys, names, columns }: PersonParts,
): PersonRow | RowFault {
  const groups = names.groups(cells('groups'));
  if (isFault(groups)) return groups;
  const roles = names.roles(cells('roles'));
  if (isFault(roles)) return roles;
  const stated = readStated(cells, columns);
  if (isFault(stated)) return stated;
  const active = readActive(cells('active'));
  if (active !== null && typeof active !== 'boolean') return active;
  const given: Record<string, Json> = { ...stated };
  if (keys.userName !== null) given.userName = keys.userName.value;
  if (active !== null) given.active = active;
  if (roles.length > 0) given.roles = roles.map(({ name }) => name);
  const isImport = action === 'import';
  return {
    kind: 'person',
    action,
    keys,
    stated: given,
    groups: isImport ? groups : [],
    roles: isImport ? roles : [],
  };
}

/** Keys of a person as its cells write them; empty texts give none. */
export function readKeys(cells: Readonly<Record<keyof GivenKeys, string>>): GivenKeys | RowFault {
  for (const [column, cell] of Object.entries(cells)) {
    const why = faultOfKey(cell);
    if (why !== null) return rowFault('person.invalid', { column, why });
  }
  if (cells.email !== '' && !/^[^\s@]+@[^\s@]+$/.test(cells.email)) {
    return rowFault('person.invalid', { column: 'email', why: 'is no address' });
  }
  return {
    userName: cells.userName === '' ? null : foldedKey(cells.userName),
    email: cells.email === '' ? null : foldedKey(cells.email),
    externalId: cells.externalId === '' ? null : cells.externalId,
    targetedId: cells.targetedId === '' ? null : withValue(readTargetedId(cells.targetedId)),
    eppn: cells.eppn === '' ? null : foldedKey(cells.eppn),
  };
}

function withValue(id: GivenTargetedId): GivenTargetedId | null {
  return id.value === '' ? null : id;
}

function faultOfKey(cell: string): string | null {
  if (cell === '') return null;
  return cell.length > MAX_KEY ? `must not be longer than ${MAX_KEY} characters` : faultOfName(cell);
}

function readStated(cells: Cells, columns: readonly StatedColumn[]): JsonObject | RowFault {
  const stated: Record<string, Json> = {};
  for (const { column, place } of columns) {
    const cell = cells(column);
    if (cell === '') continue;
    const read = readStatedCell(place, cell);
    if ('why' in read) return rowFault('attribute.invalid', { column, why: read.why });
    stated[place.spelling] = read.value;
  }
  return stated;
}

/** Null for an empty cell: it says nothing. */
function readActive(cell: string): boolean | null | RowFault {
  if (cell === '') return null;
  return readFlag(cell) ?? rowFault('active.invalid', { value: cell });
}

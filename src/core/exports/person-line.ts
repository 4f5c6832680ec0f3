/** A user as a row of users.csv, and as a line of NDJSON with what a file cannot say. */
import type { StatedColumn } from '../feeds/person-row.ts';
import { MAX_KEY } from '../feeds/identity-cell.ts';
import { statedAt } from '../feeds/stated.ts';
import { faultOfName } from '../names.ts';
import { isArray, isObject, type Json, type JsonObject } from '../scim/json.ts';
import { isSayable, type LeftOut } from './csv-line.ts';
import { type ExportedTargetedId, targetedIdText } from './identity-text.ts';

export interface ExportedKey {
  readonly kind: string;
  readonly issuer: string;
  readonly value: string;
  readonly audience: string | null;
  /** Nobody else has an externalId of that value, whoever gave it. */
  readonly isUnique: boolean;
}

export interface ExportedPerson {
  readonly id: string;
  readonly userName: string | null;
  readonly active: boolean;
  readonly stub: boolean;
  readonly document: JsonObject;
  readonly keys: readonly ExportedKey[];
  /** userName of the user whom the document names as manager; null where it names none that is there. */
  readonly manager: string | null;
  readonly createdAt: Date;
  readonly modifiedAt: Date;
}

/** How columns that users.csv has by itself are written; it reads them in any case. */
const SPELLED: Readonly<Record<string, string>> = {
  givenname: 'givenName',
  familyname: 'familyName',
  displayname: 'displayName',
  employeenumber: 'employeeNumber',
};

const MANAGER = 'manager';

/** Makes the writer of rows of users.csv, with the columns that the feed `csv` reads. */
export function createPersonCells(columns: readonly StatedColumn[]) {
  const header = [
    ...['userName', 'active', 'externalId', 'targetedId', 'eppn', 'roles'],
    ...columns.map(({ column }) => SPELLED[column] ?? column),
    '#id',
  ];
  return {
    header,
    /** The row, or why there is none. */
    rowOf(person: ExportedPerson): string[] | LeftOut {
      const { id, userName, active, stub, document } = person;
      if (stub) return 'stub';
      if (userName === null || !isName(userName)) return 'unsayable';
      const eppn = person.keys.find(({ kind }) => kind === 'eppn')?.value ?? '';
      return [
        ...[userName, active ? 'yes' : 'no'],
        ...[externalIdOf(person) ?? '', targetedIdText(targetedIdOf(person)) ?? '', eppn].map(keyCell),
        sayable(rolesOf(document)),
        ...columns.map((column) => statedCell(person, column)),
        id,
      ];
    },
  };
}

/** The line of NDJSON: the same columns by name, and besides them the whole document and every key. */
export function personObject(
  person: ExportedPerson,
  columns: readonly StatedColumn[],
): Record<string, unknown> {
  const { id, userName, active, stub, document, keys } = person;
  return {
    ...{ id, userName, active, stub },
    externalId: externalIdOf(person),
    targetedId: targetedIdText(targetedIdOf(person)),
    eppn: keys.find(({ kind }) => kind === 'eppn')?.value ?? null,
    ...Object.fromEntries(
      columns.map(({ column, place }) => [
        SPELLED[column] ?? column,
        (column === MANAGER ? person.manager : null) ?? statedAt(document, place) ?? null,
      ]),
    ),
    created: person.createdAt,
    lastModified: person.modifiedAt,
    keys: keys.map(({ kind, issuer, value }) => ({ kind, issuer, value })),
    document,
  };
}

/** The targetedId that a file names a user by: the one it has had longest. */
function targetedIdOf({ keys }: Pick<ExportedPerson, 'keys'>): ExportedTargetedId | null {
  return keys.find(({ kind }) => kind === 'targetedId') ?? null;
}

/** One that two people have from different sources would make one person of them in a file. */
function externalIdOf({ keys }: ExportedPerson): string | null {
  return keys.find(({ kind, isUnique }) => kind === 'externalId' && isUnique)?.value ?? null;
}

function statedCell({ document, manager }: ExportedPerson, { column, place }: StatedColumn): string {
  const value = (column === MANAGER ? manager : null) ?? statedAt(document, place) ?? null;
  const text = textOf(value);
  return column === 'email' && !/^[^\s@]+@[^\s@]+$/.test(text) ? '' : sayable(text);
}

function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  return value === null || typeof value === 'object' ? '' : String(value);
}

function rolesOf({ roles }: JsonObject): string {
  if (!isArray(roles)) return '';
  const names = roles.map((role) => textOf((isObject(role) ? role.value : role) ?? null));
  return names.filter((name) => name !== '' && !name.includes(';')).join(';');
}

function isName(text: string): boolean {
  return faultOfName(text) === null && text.length <= MAX_KEY && isSayable(text);
}

function keyCell(text: string): string {
  return text === '' || isName(text) ? text : '';
}

function sayable(text: string): string {
  return isSayable(text) ? text : '';
}

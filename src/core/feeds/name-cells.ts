/** Cells that hold a name, or a `;` list of them. Few groups and lists fill most rows, so they are remembered. */
import { faultOfName, foldName } from '../names.ts';
import type { RowFault } from './fault.ts';
import { rowFault } from './fault.ts';
import type { GivenName } from './row.ts';

/** Texts of cells that are remembered. */
const REMEMBERED = 4_096;

export interface NameCells {
  /** A group's name (`group.invalid`). */
  readonly group: (cell: string) => GivenName | RowFault;
  /** A `;` list of groups, each once (`group.invalid`). */
  readonly groups: (cell: string) => readonly GivenName[] | RowFault;
  /** A `;` list of roles, each once (`role.invalid`, F-08). */
  readonly roles: (cell: string) => readonly GivenName[] | RowFault;
}

/** Makes readers of such cells. */
export function createNameCells(): NameCells {
  const refuseGroup = (_name: string, why: string): RowFault => rowFault('group.invalid', { why });
  const refuseRole = (role: string, why: string): RowFault => rowFault('role.invalid', { role, why });
  return {
    group: remembering((cell) => {
      const why = faultOfName(cell);
      return why === null ? readName(cell) : refuseGroup(cell, why);
    }),
    groups: remembering((cell) => readNames(cell, refuseGroup)),
    roles: remembering((cell) => readNames(cell, refuseRole)),
  };
}

/** A name as it is stored and as it is compared. */
export function readName(text: string): GivenName {
  return { name: text.trim().normalize('NFC'), key: foldName(text) };
}

function readNames(
  cell: string,
  refuse: (name: string, why: string) => RowFault,
): readonly GivenName[] | RowFault {
  const names = new Map<string, GivenName>();
  for (const part of cell.split(';')) {
    if (part.trim() === '') continue;
    const why = faultOfName(part);
    if (why !== null) return refuse(part.trim(), why);
    const name = readName(part);
    if (!names.has(name.key)) names.set(name.key, name);
  }
  return [...names.values()];
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

/** The words of the cells `action`, `isgroup` and `status` (F-02, F-03). */
export type Action = 'import' | 'delete';

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['', false],
]);

/** Reads `import` (also when empty) or `delete`, in any case (F-02); null for anything else. */
export function readAction(cell: string): Action | null {
  const word = cell.trim().toLowerCase();
  if (word === '' || word === 'import') return 'import';
  return word === 'delete' ? 'delete' : null;
}

/** Reads true, false, 1, 0, yes, no in any case; empty is false (F-03); null for anything else. */
export function readFlag(cell: string): boolean | null {
  return FLAGS.get(cell.trim().toLowerCase()) ?? null;
}

/** True for a cell that {@link readAction} can read. */
export function isActionWord(cell: string): boolean {
  return readAction(cell) !== null;
}

/** True for a cell that {@link readFlag} can read. */
export function isFlagWord(cell: string): boolean {
  return readFlag(cell) !== null;
}

/**
 * How the cells of a file are laid out: the delimiter under which its header fits, and which column stands
 * where. The portal's group file is also known without a header, by position (format 1).
 */
import { FileFault } from './fault.ts';
import type { CsvRecord } from './records.ts';
import { isActionWord, isFlagWord } from './words.ts';

export const DELIMITERS = [',', ';', '\t'] as const;

/** A kind of file that a feed takes, by the columns of its header. Column names are in lower case. */
export interface FileFormat {
  readonly name: string;
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Other names of columns. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** What becomes of columns that it does not know; refused where nothing is said. */
  readonly others?: 'refuse' | 'ignore';
  /** Order of the columns of a file without header; null when the format needs one. The last ones may be left out down to `required`. */
  readonly positions: readonly string[] | null;
}

export interface Layout {
  readonly format: FileFormat;
  readonly delimiter: string;
  /** The header as it stands in the file; null when the columns are known by position. */
  readonly header: string | null;
  /** The column at each place; null for one that is ignored. */
  readonly columns: readonly (string | null)[];
  /** How many cells a row may have. */
  readonly widths: { readonly least: number; readonly most: number };
}

/**
 * A header column that starts so carries a remark, such as the reason in a file of rejected rows, and is
 * ignored. This makes rejects droppable again as they are.
 */
export const REMARK = '#';

/** The delimiter that Excel's first line `sep=;` declares; null when the line is something else. */
export function delimiterOfSepLine(line: string): string | null {
  const match = /^"?sep=([^"])"?\s*$/i.exec(line);
  return match?.[1] ?? null;
}

/** The first record that is not blank, as it reads under one delimiter. */
export interface FirstRecord {
  readonly delimiter: string;
  readonly record: CsvRecord;
}

/**
 * Finds the layout from the first record, read under each delimiter that may be meant. Refuses what fits no
 * format (`header.unreadable`), and a header with duplicate, missing or unknown columns, naming them.
 */
export function findLayout(tries: readonly FirstRecord[], formats: readonly FileFormat[]): Layout {
  for (const { delimiter, record } of tries) {
    const layout = layoutByHeader(record, delimiter, formats);
    if (layout !== null) return layout;
  }
  for (const { delimiter, record } of tries) {
    const layout = layoutByPosition(record, delimiter, formats);
    if (layout !== null) return layout;
  }
  throw faultOfHeader(tries, formats);
}

function layoutByHeader(record: CsvRecord, delimiter: string, formats: readonly FileFormat[]): Layout | null {
  for (const format of formats) {
    const columns = columnsOf(record, format);
    const named = columns.filter((column) => column !== null);
    const known = new Set([...format.required, ...format.optional]);
    if (new Set(named).size !== named.length) continue;
    if (!named.every((column) => known.has(column))) continue;
    if (!format.required.every((column) => named.includes(column))) continue;
    // Rejects of a file without header: their rows may lack the last cells, as they might there.
    const isOfRejects = record.cells.some((cell) => cell.trim().startsWith(REMARK));
    const spare = isOfRejects && format.positions !== null ? trailingOptional(columns, format) : 0;
    const widths = { least: columns.length - spare, most: columns.length };
    return { format, delimiter, header: record.original, columns, widths };
  }
  return null;
}

function trailingOptional(columns: readonly (string | null)[], format: FileFormat): number {
  const last = columns.findLastIndex((column) => column === null || format.required.includes(column));
  return columns.length - 1 - last;
}

function layoutByPosition(
  record: CsvRecord,
  delimiter: string,
  formats: readonly FileFormat[],
): Layout | null {
  for (const format of formats) {
    if (format.positions === null) continue;
    const widths = { least: format.required.length, most: format.positions.length };
    if (record.cells.length < widths.least || record.cells.length > widths.most) continue;
    if (knownColumns(record, format).length >= 2) continue;
    if (!looksLikeRow(record, format.positions)) continue;
    return { format, delimiter, header: null, columns: format.positions, widths };
  }
  return null;
}

/** A row without header is told from an unknown header by its flag and action. */
function looksLikeRow(record: CsvRecord, positions: readonly string[]): boolean {
  const cell = (column: string): string => record.cells[positions.indexOf(column)] ?? '';
  return isFlagWord(cell('isgroup')) || (isActionWord(cell('action')) && cell('action').trim() !== '');
}

/** Says what is wrong with the header under the delimiter and for the format that it fits best. */
function faultOfHeader(tries: readonly FirstRecord[], formats: readonly FileFormat[]): FileFault {
  const fits = tries.flatMap(({ record }) =>
    formats.map((format) => ({ record, format, known: knownColumns(record, format).length })),
  );
  const best = fits.reduce<(typeof fits)[number] | null>(
    (found, fit) => (found === null || fit.known > found.known ? fit : found),
    null,
  );
  if (best === null || best.known < Math.min(2, best.format.required.length)) {
    return new FileFault('header.unreadable', { line: tries[0]?.record.line ?? 1 });
  }
  const named = columnsOf(best.record, best.format).filter((column) => column !== null);
  const known = new Set([...best.format.required, ...best.format.optional]);
  const duplicate = twiceIn(named);
  if (duplicate.length > 0)
    return new FileFault('header.duplicate', { columns: duplicate.map(nameOfColumn) });
  const missing = best.format.required.filter((column) => !named.includes(column));
  const unknown = named.filter((column) => !known.has(column));
  if (unknown.length > 0) {
    return new FileFault('header.unknown', { columns: unknown.map(nameOfColumn), missing });
  }
  return new FileFault('header.missing', { columns: missing });
}

/** Each that comes more than once, once. */
function twiceIn(columns: readonly string[]): string[] {
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const column of columns) (once.has(column) ? twice : once).add(column);
  return [...twice];
}

function nameOfColumn(column: string): string {
  return column === '' ? '(empty)' : column;
}

/** The columns of a header as the format calls them; null for those that are ignored. */
function columnsOf(record: CsvRecord, format: FileFormat): (string | null)[] {
  const known = new Set([...format.required, ...format.optional]);
  return record.cells.map((cell) => {
    const written = cell.trim().toLowerCase();
    if (written.startsWith(REMARK)) return null;
    const column = known.has(written) ? written : (format.aliases?.[written] ?? written);
    return format.others === 'ignore' && !known.has(column) ? null : column;
  });
}

function knownColumns(record: CsvRecord, format: FileFormat): string[] {
  const known = new Set([...format.required, ...format.optional]);
  return columnsOf(record, format).filter((column): column is string => column !== null && known.has(column));
}

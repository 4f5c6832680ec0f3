/**
 * From decoded text to rows: finds the layout at the first record, then gives each record as the cells of its
 * columns or as the fault that refuses it. The text may come in any pieces; memory does not grow with it.
 */
import type { RowFault } from './fault.ts';
import { rowFault } from './fault.ts';
import type { FileFormat, FirstRecord, Layout } from './layout.ts';
import { delimiterOfSepLine, DELIMITERS, findLayout } from './layout.ts';
import type { Cells } from './row.ts';
import type { CsvRecord, RecordCutter } from './records.ts';
import { createRecordCutter } from './records.ts';

// eslint-disable-next-line no-control-regex -- control characters are what this looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]/;
const REPLACEMENT = 0xfffd;
/** A line without content: Excel writes blank rows as a line of delimiters (F-01). */
const BLANK = /^[\s,;]*$/;

/** A row of a file: its cells by column, or why it is refused. */
export interface SourceRow {
  readonly line: number;
  readonly original: string;
  readonly cells: Cells;
  readonly fault: RowFault | null;
}

export interface RowReader {
  /** The rows that this piece of text completes. Throws a FileFault. */
  push(text: string): SourceRow[];
  /** The rows that the end of the text completes. Throws a FileFault. */
  end(): SourceRow[];
  /** Null until the first record has been read, and for a file without any. */
  layout(): Layout | null;
  /** After {@link end}: line of a last record that has neither a line end nor all its cells; null when the text ends well. */
  cutOff(): number | null;
}

/** Reads rows of one of `formats`. `delimiter` is the one that the feed declares, or null to find it. */
export function createRowReader({
  formats,
  delimiter,
}: {
  formats: readonly FileFormat[];
  delimiter: string | null;
}): RowReader {
  const head = createHead(delimiter);
  let body: { readonly layout: Layout; readonly cutter: RecordCutter } | null = null;
  let cutOff: number | null = null;

  /** Leaves the head for the body as soon as the first record is whole. */
  function openBody(ending: 'more' | 'final'): CsvRecord[] {
    const tries = head.firstRecords(ending);
    if (tries === null) return [];
    const layout = findLayout(tries, formats);
    body = { layout, cutter: createRecordCutter(layout.delimiter, head.line()) };
    const records = body.cutter.push(head.text());
    if (ending === 'final') records.push(...endBody(body));
    return layout.header === null ? records : records.slice(1);
  }

  function endBody({ layout, cutter }: { layout: Layout; cutter: RecordCutter }): CsvRecord[] {
    const records = cutter.end();
    const last = records.at(-1);
    if (last !== undefined && !isBlank(last) && last.cells.length < layout.widths.least) cutOff = last.line;
    return records;
  }

  function toRows(records: readonly CsvRecord[]): SourceRow[] {
    const layout = body?.layout;
    if (layout === undefined) return [];
    return records.filter((record) => !isBlank(record)).map((record) => toRow(record, layout));
  }

  return {
    push(text) {
      if (body !== null) return toRows(body.cutter.push(text));
      head.push(text);
      return toRows(openBody('more'));
    },
    end: () => toRows(body === null ? openBody('final') : endBody(body)),
    layout: () => body?.layout ?? null,
    cutOff: () => cutOff,
  };
}

/** Gathers text until the first record is whole under every delimiter that may be meant. */
function createHead(delimiter: string | null): {
  push(text: string): void;
  text(): string;
  line(): number;
  firstRecords(ending: 'more' | 'final'): FirstRecord[] | null;
} {
  let text = '';
  let line = 1;
  let declared = delimiter;

  /** Drops blank lines and Excel's `sep=` line. */
  function dropLeadingLines(): void {
    for (;;) {
      const end = /\r\n|\n|\r(?=[^\n])/.exec(text);
      const first = end === null ? text : text.slice(0, end.index);
      const sep = delimiterOfSepLine(first);
      if (end === null || (sep === null && !BLANK.test(first))) return;
      declared = sep ?? declared;
      text = text.slice(end.index + end[0].length);
      line += 1;
    }
  }

  return {
    push(more) {
      text += more;
    },
    text: () => text,
    line: () => line,
    firstRecords(ending) {
      dropLeadingLines();
      if (ending === 'final' && (BLANK.test(text) || delimiterOfSepLine(text) !== null)) return null;
      const tries: FirstRecord[] = [];
      for (const candidate of declared === null ? DELIMITERS : [declared]) {
        const cutter = createRecordCutter(candidate, line);
        const record = cutter.push(text)[0] ?? (ending === 'final' ? cutter.end()[0] : undefined);
        if (record === undefined) return null;
        tries.push({ delimiter: candidate, record });
      }
      return tries;
    },
  };
}

function toRow(record: CsvRecord, layout: Layout): SourceRow {
  return {
    line: record.line,
    original: record.original,
    cells: (column) => record.cells[layout.columns.indexOf(column)]?.trim() ?? '',
    fault: record.fault ?? faultOfCells(record, layout),
  };
}

function faultOfCells({ cells, original }: CsvRecord, { widths }: Layout): RowFault | null {
  const expected = widths.least === widths.most ? `${widths.least}` : `${widths.least} to ${widths.most}`;
  if (cells.length < widths.least) return rowFault('row.too_few_cells', { cells: cells.length, expected });
  if (cells.length > widths.most) return rowFault('row.too_many_cells', { cells: cells.length, expected });
  if (!CONTROL.test(original)) return null;
  for (const [index, cell] of cells.entries()) {
    const character = CONTROL.exec(cell)?.[0].codePointAt(0);
    if (character === REPLACEMENT) return rowFault('row.undecodable', { cell: index + 1 });
    if (character !== undefined) return rowFault('row.control_character', { cell: index + 1, character });
  }
  return null;
}

function isBlank(record: CsvRecord): boolean {
  return record.cells.every((cell) => cell.trim() === '');
}

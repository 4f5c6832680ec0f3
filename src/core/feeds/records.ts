/**
 * Cuts text into CSV records (RFC 4180, with what real files add: mixed line ends, blanks around quotes, a
 * missing last line end). Every record keeps its original text and the number of the line where it starts.
 * The text may come in any pieces; only the record in hand is held.
 */
import type { RowFault } from './fault.ts';
import { FileFault, rowFault } from './fault.ts';

/** A record longer than this is a quote left open or no CSV at all; it bounds the memory of a reading. */
const MAX_RECORD = 1_048_576;

export interface CsvRecord {
  /** Number of the line where the record starts, from 1, blank lines counted. */
  readonly line: number;
  /** The text of the record as it stands in the file, without its line end. */
  readonly original: string;
  readonly cells: readonly string[];
  readonly fault: RowFault | null;
}

export interface RecordCutter {
  /** The records that this piece of text completes. Refuses an endless one (`file.quote_open`, `file.record_too_long`). */
  push(text: string): CsvRecord[];
  /** The last record, when the text ends without a line end. Refuses an open quote (`file.quote_open`). */
  end(): CsvRecord[];
}

/** Cuts text whose cells are separated by `delimiter`, one character; `firstLine` is the number of its first line. */
export function createRecordCutter(delimiter: string, firstLine = 1): RecordCutter {
  let rest = '';
  let line = firstLine;

  function cut(text: string, final: 'more' | 'final'): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    let quote = text.indexOf('"');
    let feed = text.indexOf('\n');
    let carriage = text.indexOf('\r');
    while (at < text.length) {
      if (feed !== -1 && feed < at) feed = text.indexOf('\n', at);
      if (carriage !== -1 && carriage < at) carriage = text.indexOf('\r', at);
      if (quote !== -1 && quote < at) quote = text.indexOf('"', at);
      const end = nearest(feed, carriage, text.length);
      const plain = quote === -1 || quote > end;
      let record: CutRecord | 'unfinished';
      if (plain) {
        const open =
          final === 'more' && (end === text.length || (end === carriage && end + 1 === text.length));
        record = open ? 'unfinished' : { cells: text.slice(at, end).split(delimiter), end, fault: null };
      } else {
        record = cutQuoted(text, at, { delimiter, final, line });
      }
      if (record === 'unfinished') break;
      const original = text.slice(at, record.end);
      records.push({ line, original, cells: record.cells, fault: record.fault });
      if (!plain) line += countLineEnds(original);
      at = record.end;
      if (at < text.length) {
        line += 1;
        at += text.startsWith('\r\n', at) ? 2 : 1;
      }
    }
    rest = text.slice(at);
    return records;
  }

  return {
    push(text) {
      const records = cut(rest + text, 'more');
      if (rest.length > MAX_RECORD) refuseEndless(rest, { delimiter, final: 'final', line });
      return records;
    },
    end: () => cut(rest, 'final'),
  };
}

interface CutRecord {
  readonly cells: string[];
  /** Index of the line end, or of the end of the text. */
  readonly end: number;
  readonly fault: RowFault | null;
}

interface Cutting {
  readonly delimiter: string;
  readonly final: 'more' | 'final';
  readonly line: number;
}

/** Cuts one record that holds a quote. Unfinished when more text may still change what it is. */
function cutQuoted(text: string, start: number, cutting: Cutting): CutRecord | 'unfinished' {
  const cells: string[] = [];
  let fault: RowFault | null = null;
  let at = start;
  for (;;) {
    const cell = cutCell(text, at, { ...cutting, start });
    if (cell === 'unfinished') return 'unfinished';
    cells.push(cell.value);
    if (cell.trailing) fault ??= rowFault('row.quote', { cell: cells.length });
    at = cell.end;
    if (text[at] !== cutting.delimiter) break;
    at += 1;
  }
  const mayBeCrLf = text[at] === '\r' && at + 1 === text.length;
  if (cutting.final === 'more' && (at === text.length || mayBeCrLf)) return 'unfinished';
  return { cells, end: at, fault };
}

interface CutCell {
  readonly value: string;
  readonly end: number;
  /** Text stood between the closing quote and the end of the cell. */
  readonly trailing: boolean;
}

function cutCell(text: string, start: number, cutting: Cutting & { start: number }): CutCell | 'unfinished' {
  const open = skipBlanks(text, start, cutting.delimiter);
  if (text[open] !== '"') {
    const end = endOfCell(text, start, cutting.delimiter);
    return { value: text.slice(start, end), end, trailing: false };
  }
  let value = '';
  let from = open + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) {
      if (cutting.final === 'more') return 'unfinished';
      throw new FileFault('file.quote_open', {
        line: cutting.line + countLineEnds(text.slice(cutting.start, open)),
      });
    }
    value += text.slice(from, quote);
    if (text[quote + 1] === '"') {
      value += '"';
      from = quote + 2;
      continue;
    }
    const after = skipBlanks(text, quote + 1, cutting.delimiter);
    const end = endOfCell(text, after, cutting.delimiter);
    return { value: value + text.slice(after, end), end, trailing: end > after };
  }
}

function skipBlanks(text: string, start: number, delimiter: string): number {
  let at = start;
  while (text[at] !== delimiter && (text[at] === ' ' || text[at] === '\t' || text[at] === '\u00a0')) at += 1;
  return at;
}

function endOfCell(text: string, start: number, delimiter: string): number {
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === delimiter || character === '\n' || character === '\r') return at;
  }
  return text.length;
}

function nearest(feed: number, carriage: number, end: number): number {
  const first = feed === -1 ? end : feed;
  return carriage === -1 ? first : Math.min(first, carriage);
}

function countLineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}

/** Says why a record does not end: the quote that stays open, or only its length. */
function refuseEndless(text: string, cutting: Cutting): never {
  cutQuoted(text, 0, cutting);
  throw new FileFault('file.record_too_long', { line: cutting.line, limit: MAX_RECORD });
}

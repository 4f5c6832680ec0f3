/** What a command gets of its process. */
export interface CommandIo {
  readonly environment: NodeJS.ProcessEnv;
  /** Relative paths, and the settings file, are taken from here. */
  readonly folder: string;
  /** For data, and nothing else. */
  readonly out: Output;
  /** For everything that is said about it. */
  readonly err: Output;
}

/** A stream, or in a test its stand-in. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  once?(event: 'drain', listener: () => void): unknown;
  /** On a terminal: empties the line in hand, for what may stand there instead. */
  clearLine?(instead?: string): unknown;
}

/** A stream of the process. On a terminal no text steers it: names, files and what servers answer are of strangers. */
export function outputOf(stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'once'>): Output {
  if (!stream.isTTY) return stream;
  return {
    isTTY: true,
    write: (text) => stream.write(text.replaceAll(STEERING, '�')),
    once: (event, listener) => stream.once(event, listener),
    clearLine: (instead = '') => stream.write(`\r\u001b[K${instead.replaceAll(STEERING, '�')}`),
  };
}

// eslint-disable-next-line no-control-regex -- all but tab and the end of a line, and what turns the direction of text
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Writes a piece of something long, and waits while the reader is slower. */
export async function writePiece(out: Output, text: string): Promise<void> {
  if (out.write(text) === false) await new Promise<void>((resolve) => out.once?.('drain', resolve));
}

/** Writes one JSON document. */
export function writeJson(out: Output, value: unknown): void {
  out.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes rows under headings, each column as wide as it must be; an empty table is one sentence on `err`. */
export function writeTable(
  io: CommandIo,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): void {
  if (rows.length === 0) {
    io.err.write('None.\n');
    return;
  }
  const cells = [columns, ...rows.map((row) => row.map(cellText))];
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => width(row[at] ?? ''))));
  for (const row of cells) {
    const line = row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - width(cell))).join('  ');
    io.out.write(`${line.trimEnd()}\n`);
  }
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (value instanceof Date) return value.toISOString();
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replaceAll(/[\t\n]/g, '�').replaceAll(STEERING, '�');
}

const graphemes = new Intl.Segmenter('en');

/** Characters as people count them. */
function width(text: string): number {
  return Array.from(graphemes.segment(text)).length;
}

/** Reads a file twice: once over its bytes (hash, encoding), once as rows. Neither holds more than a piece of it. */
import { createHash } from 'node:crypto';
import { chooseEncoding, createInspection, createTextDecoder } from '../../core/feeds/encoding.ts';
import { FileFault, isFileFault } from '../../core/feeds/fault.ts';
import { formatsOf } from '../../core/feeds/formats.ts';
import type { Layout } from '../../core/feeds/layout.ts';
import { createRowReader, type SourceRow } from '../../core/feeds/reader.ts';
import type { RowReading as ReadRow } from '../../core/feeds/row.ts';
import type { Sequence } from '../../core/feeds/sequence.ts';
import type { FeedSettings } from '../../core/feeds/settings.ts';
import type { StagedRow } from '../../store/feeds/copy-text.ts';
import { errorCode } from '../../core/error-code.ts';
import { isWholeZip, type Part, partsOf } from './parts.ts';

export interface FileFacts {
  /** Hexadecimal; of a set in a folder that of the names and hashes of its files. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of a set that of its first file. */
  readonly encoding: string;
  /** Of a set whose manifest says so; null otherwise. */
  readonly sequence: Sequence | null;
  /** The files of a set in the order in which they are read; null for a single file. */
  readonly set: readonly SetFile[] | null;
}

interface SetFile {
  readonly name: string;
  readonly sha256: string;
  readonly encoding: string;
}

/**
 * Hash and encoding of a file, or of the files of a set. Throws a {@link FileFault} for a spreadsheet, for bytes
 * that are in no allowed encoding, for what may not be read, and for a set that is not what its manifest says.
 */
export async function inspectFile(
  path: string,
  settings: Pick<FeedSettings, 'encoding'>,
): Promise<FileFacts> {
  const { parts, sequence } = await partsOf(path);
  const inspected: (SetFile & { readonly bytes: number })[] = [];
  for (const part of parts) {
    const facts = await inspectPart(part, settings);
    const name = part.name ?? '';
    if (part.sha256 !== null && part.sha256 !== facts.sha256) {
      throw new FileFault('set.incomplete', { file: name, why: 'has another hash than the manifest says.' });
    }
    inspected.push({ name, ...facts });
  }
  const [first] = inspected;
  if (first === undefined) throw new FileFault('set.manifest', { why: 'it names no file.' });
  const { encoding } = first;
  const bytes = inspected.reduce((sum, part) => sum + part.bytes, 0);
  if (parts[0]?.name === null) return { sha256: first.sha256, bytes, encoding, sequence, set: null };
  const sums = inspected.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('');
  const sha256 = createHash('sha256').update(sums).digest('hex');
  return { sha256, bytes, encoding, sequence, set: inspected };
}

async function inspectPart(
  { pieces }: Part,
  settings: Pick<FeedSettings, 'encoding'>,
): Promise<Omit<SetFile, 'name'> & { readonly bytes: number }> {
  const hash = createHash('sha256');
  const inspection = createInspection();
  for await (const piece of pieces()) {
    hash.update(piece);
    inspection.take(piece);
  }
  const facts = inspection.finish();
  const encoding = chooseEncoding(facts, settings.encoding);
  return { sha256: hash.digest('hex'), bytes: facts.bytes, encoding };
}

/** Where the rows of a file of a set are: its first row has the number after `before`. */
export interface ReadPart {
  readonly file: string;
  readonly before: number;
  readonly layout: Layout;
}

export interface RowReading {
  readonly path: string;
  readonly facts: FileFacts;
  readonly settings: FeedSettings;
  /** What to do with a last record that is cut off: refuse the file, or only its row. */
  readonly cutOff: 'refuse-file' | 'refuse-row';
  readonly onPart: (part: ReadPart) => void;
}

/**
 * The rows of a file, in batches as they are read; the lines of the files of a set are counted on from one to the
 * next. Throws a {@link FileFault}, and fails when the file is no longer what it was.
 */
export async function* readRows(reading: RowReading): AsyncGenerator<readonly StagedRow[]> {
  const { path, facts, settings } = reading;
  const { parts } = await partsOf(path);
  let before = 0;
  let rowsRead = 0;
  for (const [at, part] of parts.entries()) {
    const inspected = facts.set === null ? facts : facts.set[at];
    if (inspected === undefined) throw new Error('The set was changed while it was read.');
    let last = before;
    for await (const rows of readPart(part, inspected, { ...reading, before })) {
      rowsRead += rows.length;
      last = rows.at(-1)?.line ?? last;
      yield rows;
    }
    before = last;
  }
  if (rowsRead === 0 && settings.mode === 'snapshot')
    throw new FileFault('file.empty', { mode: settings.mode });
}

/** Characters that become rows at once: few enough for the rows to be gone before memory is tidied up. */
const AT_ONCE = 16_384;

async function* readPart(
  { name, pieces }: Part,
  { encoding, sha256 }: Pick<SetFile, 'encoding' | 'sha256'>,
  { settings, cutOff, onPart, before }: RowReading & { readonly before: number },
): AsyncGenerator<readonly StagedRow[]> {
  const formats = formatsOf(settings);
  const reader = createRowReader({
    formats: formats.map(({ format }) => format),
    delimiter: settings.delimiter,
  });
  const decoder = createTextDecoder(encoding);
  let read: ReadRow | null = null;
  const staged = (rows: readonly SourceRow[]): StagedRow[] => {
    const layout = read === null ? reader.layout() : null;
    if (layout !== null) {
      read = formats.find(({ format }) => format === layout.format)?.read ?? null;
      onPart({ file: name ?? '', before, layout });
    }
    const reading = read;
    return reading === null ? [] : rows.map((row) => stageRow(row, before, reading));
  };
  const hash = createHash('sha256');
  for await (const piece of pieces()) {
    hash.update(piece);
    const text = decode(encoding, () => decoder.write(piece));
    for (let at = 0; at < text.length; at += AT_ONCE) yield staged(reader.push(text.slice(at, at + AT_ONCE)));
  }
  const last = decode(encoding, () => decoder.end());
  yield staged([...reader.push(last), ...reader.end()]);
  if (hash.digest('hex') !== sha256) throw new Error('The file was written to while it was read.');
  const line = reader.cutOff();
  if (line !== null && cutOff === 'refuse-file') throw new FileFault('file.truncated', { line });
}

/**
 * True when the text of a file ends with a line end or the last cell of a record, so that it may be complete; of a
 * zip file, when it has its table of contents.
 */
export async function endsWell(path: string, settings: FeedSettings): Promise<boolean> {
  try {
    const isWhole = await isWholeZip(path);
    if (isWhole !== null) return isWhole;
    const facts = await inspectFile(path, settings);
    const rows = readRows({ path, facts, settings, cutOff: 'refuse-file', onPart: () => undefined });
    let more = await rows.next();
    while (more.done !== true) more = await rows.next();
    return true;
  } catch (error) {
    return !(isFileFault(error) && UNFINISHED.has(error.code));
  }
}

/** What a file that is still being written may look like. */
const UNFINISHED: ReadonlySet<string> = new Set([
  'file.truncated',
  'file.quote_open',
  'file.encoding',
  'file.encoding_broken',
  'header.missing',
  'header.unknown',
  'header.unreadable',
]);

function stageRow({ line, original, cells, fault }: SourceRow, before: number, read: ReadRow): StagedRow {
  return { line: line + before, original, row: fault ?? read(cells) };
}

function decode(encoding: string, text: () => string): string {
  try {
    return text();
  } catch (error) {
    const isBroken = errorCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    throw isBroken ? new FileFault('file.encoding_broken', { encoding: encoding.toUpperCase() }) : error;
  }
}

/** Reads a file twice: once over its bytes (hash, encoding), once as rows. Neither holds more than a piece of it. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { chooseEncoding, createInspection, createTextDecoder } from '../../core/feeds/encoding.ts';
import { FileFault, isFileFault } from '../../core/feeds/fault.ts';
import { formatsOf } from '../../core/feeds/formats.ts';
import type { Layout } from '../../core/feeds/layout.ts';
import { createRowReader, type SourceRow } from '../../core/feeds/reader.ts';
import type { RowReading as ReadRow } from '../../core/feeds/row.ts';
import type { Sequence } from '../../core/feeds/sequence.ts';
import type { FeedSettings } from '../../core/feeds/settings.ts';
import type { StagedRow } from '../../store/feeds/staging.ts';
import { errorCode } from '../../core/error-code.ts';

const PIECE = 262_144;

export interface FileFacts {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly encoding: string;
  /** Of a set whose manifest says so; null otherwise. */
  readonly sequence: Sequence | null;
}

/**
 * Hash and encoding of a file. Throws a {@link FileFault} for a spreadsheet, for bytes that are in no allowed
 * encoding, and for a file that may not be read.
 */
export async function inspectFile(
  path: string,
  settings: Pick<FeedSettings, 'encoding'>,
): Promise<FileFacts> {
  const hash = createHash('sha256');
  const inspection = createInspection();
  for await (const piece of readPieces(path)) {
    hash.update(piece);
    inspection.take(piece);
  }
  const facts = inspection.finish();
  return {
    sha256: hash.digest('hex'),
    bytes: facts.bytes,
    encoding: chooseEncoding(facts, settings.encoding),
    sequence: null,
  };
}

export interface RowReading {
  readonly path: string;
  readonly facts: FileFacts;
  readonly settings: FeedSettings;
  /** What to do with a last record that is cut off: refuse the file, or only its row. */
  readonly cutOff: 'refuse-file' | 'refuse-row';
  readonly onLayout: (layout: Layout) => void;
}

/** The rows of a file, in batches as they are read. Throws a {@link FileFault}, and fails when the file is no longer what it was. */
export async function* readRows(reading: RowReading): AsyncGenerator<readonly StagedRow[]> {
  const { path, facts, settings, cutOff, onLayout } = reading;
  const { encoding } = facts;
  const formats = formatsOf(settings);
  const reader = createRowReader({
    formats: formats.map(({ format }) => format),
    delimiter: settings.delimiter,
  });
  const decoder = createTextDecoder(encoding);
  let read: ReadRow | null = null;
  let rowsRead = 0;
  const staged = (rows: readonly SourceRow[]): StagedRow[] => {
    const layout = read === null ? reader.layout() : null;
    if (layout !== null) {
      read = formats.find(({ format }) => format === layout.format)?.read ?? null;
      onLayout(layout);
    }
    rowsRead += rows.length;
    const reading = read;
    return reading === null ? [] : rows.map((row) => stageRow(row, reading));
  };
  const hash = createHash('sha256');
  for await (const piece of readPieces(path)) {
    hash.update(piece);
    yield staged(reader.push(decode(encoding, () => decoder.write(piece))));
  }
  const last = decode(encoding, () => decoder.end());
  yield staged([...reader.push(last), ...reader.end()]);
  if (hash.digest('hex') !== facts.sha256) throw new Error('The file was written to while it was read.');
  const line = reader.cutOff();
  if (line !== null && cutOff === 'refuse-file') throw new FileFault('file.truncated', { line });
  if (rowsRead === 0 && settings.mode === 'snapshot')
    throw new FileFault('file.empty', { mode: settings.mode });
}

/** True when the text of a file ends with a line end or the last cell of a record, so that it may be complete. */
export async function endsWell(path: string, settings: FeedSettings): Promise<boolean> {
  try {
    const facts = await inspectFile(path, settings);
    const rows = readRows({ path, facts, settings, cutOff: 'refuse-file', onLayout: () => undefined });
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

function stageRow({ line, original, cells, fault }: SourceRow, read: ReadRow): StagedRow {
  return { line, original, row: fault ?? read(cells) };
}

async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const file = await openWithoutLinks(path);
  try {
    for await (const piece of file.createReadStream({ highWaterMark: PIECE, autoClose: false })) {
      yield piece as Buffer;
    }
  } finally {
    await file.close();
  }
}

/** Never through a symbolic link, whatever was put in the file's place in the meantime. */
async function openWithoutLinks(path: string): ReturnType<typeof open> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EPERM') {
      throw new FileFault('file.unreadable', { why: 'Muster is not allowed to open it' });
    }
    if (code === 'ELOOP') throw new FileFault('file.unreadable', { why: 'it is a link to somewhere else' });
    throw error;
  }
}

function decode(encoding: string, text: () => string): string {
  try {
    return text();
  } catch (error) {
    const isBroken = errorCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA';
    throw isBroken ? new FileFault('file.encoding_broken', { encoding: encoding.toUpperCase() }) : error;
  }
}

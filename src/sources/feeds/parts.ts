/**
 * What a drop consists of: one file, or the files of a set, which is a folder or a zip file with a manifest.
 * Everything is read as a stream from where it lies; nothing is unpacked.
 */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fromFd, type Entry, type ZipFile } from 'yauzl';
import { errorCode } from '../../core/error-code.ts';
import { FileFault } from '../../core/feeds/fault.ts';
import { MANIFEST, readManifest } from '../../core/feeds/manifest.ts';
import type { Sequence } from '../../core/feeds/sequence.ts';

const PIECE = 262_144;
/** A manifest is small, and what a zip file says of its size is not believed. */
const MAX_MANIFEST = 1_048_576;
/** Bytes that one file of a zip may unpack to. */
const MAX_ENTRY = 4_294_967_296;
/** How many times its packed size a file may unpack to, once it is larger than what is unpacked of any: tables come to ten or twenty. */
const MAX_RATIO = 200;
const ANY_SIZE = 67_108_864;
const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

export interface Part {
  /** Its name in the set; null for a single file. */
  readonly name: string | null;
  /** The hash that the manifest says it has; null where it says none. */
  readonly sha256: string | null;
  readonly pieces: () => AsyncIterable<Buffer>;
}

export interface Parts {
  readonly parts: readonly Part[];
  readonly sequence: Sequence | null;
}

/** The parts of what lies at a path. Throws the FileFaults `set.manifest`, `set.incomplete` and `file.unreadable`. */
export async function partsOf(path: string): Promise<Parts> {
  const stats = await lstat(path);
  if (stats.isDirectory()) return partsOfFolder(path);
  return (await partsOfZip(path)) ?? single(path);
}

function single(path: string): Parts {
  return { parts: [{ name: null, sha256: null, pieces: () => readPieces(path) }], sequence: null };
}

async function partsOfFolder(folder: string): Promise<Parts> {
  const text = await textOf(readPieces(join(folder, MANIFEST)), MAX_MANIFEST).catch((error: unknown) => {
    throw errorCode(error) === 'ENOENT' ? new FileFault('set.manifest', { why: 'there is none.' }) : error;
  });
  const { files, sequence } = readManifest(text);
  for (const { name } of files) {
    const stats = await lstat(join(folder, name)).catch(() => null);
    if (stats?.isFile() !== true) throw new FileFault('set.incomplete', { file: name, why: 'is not in it.' });
  }
  const parts = files.map(({ name, sha256 }) => ({
    ...{ name, sha256 },
    pieces: () => readPieces(join(folder, name)),
  }));
  return { parts, sequence };
}

/** Null for what is no zip file, or one without a manifest, such as a spreadsheet. */
async function partsOfZip(path: string): Promise<Parts | null> {
  if (!(await startsAsZip(path))) return null;
  const entries = await listEntries(path).catch(() => null);
  if (
    entries !== null &&
    [...entries].some((name) => name.endsWith(`/${MANIFEST}`)) &&
    !entries.has(MANIFEST)
  ) {
    throw new FileFault('set.manifest', {
      why: 'it stands in a folder. Zip the files themselves, not their folder.',
    });
  }
  if (entries?.has(MANIFEST) !== true) return null;
  const { files, sequence } = readManifest(await textOf(readEntry(path, MANIFEST), MAX_MANIFEST));
  for (const { name } of files) {
    if (!entries.has(name)) throw new FileFault('set.incomplete', { file: name, why: 'is not in it.' });
  }
  const parts = files.map(({ name, sha256 }) => ({
    ...{ name, sha256 },
    pieces: () => readEntry(path, name),
  }));
  return { parts, sequence };
}

/** Whether a zip file has its table of contents, which stands at its end; null for what is no zip file. */
export async function isWholeZip(path: string): Promise<boolean | null> {
  if (!(await lstat(path)).isFile() || !(await startsAsZip(path))) return null;
  return listEntries(path).then(
    () => true,
    () => false,
  );
}

async function startsAsZip(path: string): Promise<boolean> {
  const file = await openPlain(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.equals(ZIP);
  } finally {
    await file.close();
  }
}

async function listEntries(path: string): Promise<ReadonlySet<string>> {
  return withZip(path, async (entries) => Promise.resolve(new Set(entries.keys())));
}

async function* readEntry(path: string, name: string): AsyncGenerator<Buffer> {
  const file = await openPlain(path);
  const zip = await openZip(file.fd);
  try {
    const entry = (await entriesOf(zip)).get(name);
    if (entry === undefined) throw new FileFault('set.incomplete', { file: name, why: 'is not in it.' });
    const openStream = promisify(zip.openReadStream.bind(zip)) as (
      entry: Entry,
    ) => Promise<NodeJS.ReadableStream>;
    const limit = Math.min(MAX_ENTRY, Math.max(ANY_SIZE, entry.compressedSize * MAX_RATIO));
    let bytes = 0;
    for await (const piece of await openStream(entry)) {
      const buffer = piece as Buffer;
      bytes += buffer.length;
      if (bytes > limit) throw new FileFault('file.too_large', { limit });
      yield buffer;
    }
  } catch (error) {
    if (error instanceof FileFault || !(error instanceof Error)) throw error;
    throw new FileFault('set.incomplete', { file: name, why: `cannot be unpacked: ${error.message}.` });
  } finally {
    await file.close();
  }
}

async function withZip<T>(
  path: string,
  use: (entries: ReadonlyMap<string, Entry>) => Promise<T>,
): Promise<T> {
  const file = await openPlain(path);
  try {
    return await use(await entriesOf(await openZip(file.fd)));
  } finally {
    await file.close();
  }
}

/** The descriptor stays the caller's to close. */
async function openZip(fd: number): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromFd(fd, { autoClose: false, lazyEntries: true }, (error, zip) => {
      if (error === null) resolve(zip);
      else reject(error);
    });
  });
}

async function entriesOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.once('end', () => resolve(entries));
    zip.once('error', reject);
    zip.readEntry();
  });
}

async function textOf(pieces: AsyncIterable<Buffer>, most: number): Promise<string> {
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > most) throw new FileFault('set.manifest', { why: 'it is too long.' });
    read.push(piece);
  }
  return Buffer.concat(read)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/** The bytes of a file, never through a symbolic link. */
async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const file = await openPlain(path);
  try {
    for await (const piece of file.createReadStream({ highWaterMark: PIECE, autoClose: false })) {
      yield piece as Buffer;
    }
  } finally {
    await file.close();
  }
}

/**
 * Opens a plain file, never through a symbolic link, whatever was put in its place in the meantime; it never waits for
 * the other end of a pipe. Throws `file.unreadable`.
 */
export async function openPlain(path: string): ReturnType<typeof open> {
  const file = await openAsItIs(path);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new FileFault('file.unreadable', { why: 'it is no plain file' });
}

async function openAsItIs(path: string): ReturnType<typeof open> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EACCES' || code === 'EPERM') {
      throw new FileFault('file.unreadable', { why: 'Muster is not allowed to open it' });
    }
    if (code === 'ELOOP') throw new FileFault('file.unreadable', { why: 'it is a link to somewhere else' });
    throw error;
  }
}

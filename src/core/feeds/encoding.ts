/**
 * Which encoding a file is in: byte order mark, then strict UTF-8, then UTF-16 by its pattern of zero bytes,
 * then the encoding the feed declares. Never a silent guess: what fits none of them is refused.
 */
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { FileFault } from './fault.ts';

/** Bytes looked at for marks and for the pattern of UTF-16. */
const HEAD_BYTES = 4_096;

/** What one pass over the bytes of a file found out. */
export interface ByteFacts {
  readonly bytes: number;
  readonly head: Buffer;
  /** The first byte that cannot be UTF-8, with its line; null when all of it is UTF-8. */
  readonly notUtf8: { readonly line: number; readonly byte: number } | null;
  /** The file ends with a line feed or a carriage return (a zero byte beside it, as in UTF-16, included). */
  readonly endsWithLineEnd: boolean;
}

/** Collects {@link ByteFacts} over the chunks of a file, in constant memory. */
export function createInspection(): { take(chunk: Buffer): void; finish(): ByteFacts } {
  let bytes = 0;
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  let carry: Buffer = Buffer.alloc(0);
  let line = 1;
  let notUtf8: ByteFacts['notUtf8'] = null;

  function takeText(text: Buffer): void {
    if (isUtf8(text)) {
      line += countLineFeeds(text);
      return;
    }
    const at = firstBadByte(text);
    notUtf8 = { line: line + countLineFeeds(text.subarray(0, at)), byte: text[at] ?? 0 };
  }

  return {
    take(chunk) {
      bytes += chunk.length;
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
      tail = Buffer.concat([tail, chunk.subarray(-2)]).subarray(-2);
      if (notUtf8 !== null) return;
      const text = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const whole = text.length - unfinishedBytes(text);
      takeText(text.subarray(0, whole));
      carry = Buffer.from(text.subarray(whole));
    },
    finish() {
      if (notUtf8 === null && carry.length > 0) takeText(carry);
      const last = tail.at(-1) === 0 ? tail.at(-2) : tail.at(-1);
      return { bytes, head, notUtf8, endsWithLineEnd: last === 0x0a || last === 0x0d };
    },
  };
}

/**
 * The encoding of a file, `declared` being the one its feed declares as fallback (null when it declares none).
 * Refuses a spreadsheet (`file.spreadsheet`), bytes that fit no allowed encoding (`file.encoding`), UTF-32 and
 * unknown names (`file.encoding_unsupported`).
 */
export function chooseEncoding(facts: ByteFacts, declared: string | null): string {
  const { head } = facts;
  refuseSpreadsheet(head);
  if (startsWith(head, [0xff, 0xfe, 0, 0]) || startsWith(head, [0, 0, 0xfe, 0xff])) {
    throw new FileFault('file.encoding_unsupported', { encoding: 'UTF-32' });
  }
  if (startsWith(head, [0xff, 0xfe])) return 'utf-16le';
  if (startsWith(head, [0xfe, 0xff])) return 'utf-16be';
  const marked = startsWith(head, [0xef, 0xbb, 0xbf]);
  if (!marked) {
    const wide = patternOfUtf16(head);
    if (wide !== null) return wide;
  }
  if (facts.notUtf8 === null) return 'utf-8';
  if (marked || declared === null || isUnicode(declared)) {
    throw new FileFault('file.encoding', { ...facts.notUtf8, encoding: 'UTF-8' });
  }
  if (!iconv.encodingExists(declared))
    throw new FileFault('file.encoding_unsupported', { encoding: declared });
  return declared.toLowerCase();
}

/**
 * Decodes the chunks of a file to text, without its byte order mark. A byte that means nothing in a declared
 * encoding becomes U+FFFD, which refuses its row; in UTF-8 and UTF-16 it throws a TypeError.
 */
export function createTextDecoder(encoding: string): { write(chunk: Buffer): string; end(): string } {
  if (isUnicode(encoding)) {
    const decoder = new TextDecoder(encoding, { fatal: true });
    return { write: (chunk) => decoder.decode(chunk, { stream: true }), end: () => decoder.decode() };
  }
  const decoder = iconv.getDecoder(encoding);
  return { write: (chunk) => decoder.write(chunk), end: () => decoder.end() ?? '' };
}

function isUnicode(encoding: string): boolean {
  return ['utf-8', 'utf8', 'utf-16le', 'utf-16be'].includes(encoding.toLowerCase());
}

function refuseSpreadsheet(head: Buffer): void {
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04])) {
    throw new FileFault('file.spreadsheet', { kind: 'a spreadsheet or another zip file' });
  }
  if (startsWith(head, [0xd0, 0xcf, 0x11, 0xe0])) {
    throw new FileFault('file.spreadsheet', { kind: 'an old Excel file' });
  }
  if (startsWith(head, [0x25, 0x50, 0x44, 0x46]))
    throw new FileFault('file.spreadsheet', { kind: 'a PDF file' });
}

function startsWith(head: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, index) => head[index] === byte);
}

/** Latin text in UTF-16 has a zero in nearly every second byte, and none in the others. */
function patternOfUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  const pairs = Math.floor(head.length / 2);
  if (pairs < 2) return null;
  let even = 0;
  let odd = 0;
  for (let index = 0; index < pairs * 2; index += 2) {
    if (head[index] === 0) even += 1;
    if (head[index + 1] === 0) odd += 1;
  }
  if (even === 0 && odd > pairs * 0.6) return 'utf-16le';
  if (odd === 0 && even > pairs * 0.6) return 'utf-16be';
  return null;
}

/** How many bytes at the end start a UTF-8 sequence that the next chunk may finish. */
function unfinishedBytes(text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back += 1) {
    const byte = text[text.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOfSequence(byte) > back ? back : 0;
  }
  return 0;
}

function lengthOfSequence(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/** Index of the first byte of the first sequence that is not UTF-8. */
function firstBadByte(text: Buffer): number {
  let low = 0;
  let high = text.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const prefix = text.subarray(0, middle);
    if (isUtf8(prefix.subarray(0, middle - unfinishedBytes(prefix)))) low = middle;
    else high = middle;
  }
  const prefix = text.subarray(0, low);
  return low - unfinishedBytes(prefix);
}

function countLineFeeds(text: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(0x0a); at !== -1; at = text.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

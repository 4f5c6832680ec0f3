import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { chooseEncoding, createInspection, createTextDecoder } from '../../src/core/feeds/encoding.ts';
import { codeThrownBy } from './support.ts';

function inspect(
  bytes: Buffer,
  pieceLength = bytes.length || 1,
): ReturnType<ReturnType<typeof createInspection>['finish']> {
  const inspection = createInspection();
  for (let at = 0; at < bytes.length; at += pieceLength)
    inspection.take(bytes.subarray(at, at + pieceLength));
  return inspection.finish();
}

function decode(bytes: Buffer, declared: string | null = null): string {
  const decoder = createTextDecoder(chooseEncoding(inspect(bytes), declared));
  return decoder.write(bytes) + decoder.end();
}

const TEXT = 'group,role,username,isgroup\nÉquipe,,andré,false\n';

describe('the encoding of a file', () => {
  it.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16LE with a mark', iconv.encode(TEXT, 'utf-16le', { addBOM: true })],
    ['UTF-16BE with a mark', iconv.encode(TEXT, 'utf-16be', { addBOM: true })],
    ['UTF-16LE by its pattern', iconv.encode(TEXT, 'utf-16le')],
    ['UTF-16BE by its pattern', iconv.encode(TEXT, 'utf-16be')],
  ])('%s reads the same', (_, bytes) => {
    expect(decode(bytes)).toBe(TEXT);
  });

  it.each(['windows-1252', 'iso-8859-15', 'cp850'])('%s is read where the feed declares it', (declared) => {
    expect(decode(iconv.encode(TEXT, declared), declared)).toBe(TEXT);
  });

  it('is never guessed: bytes that are no UTF-8 are refused with line and byte', () => {
    const call = (): unknown => decode(iconv.encode(TEXT, 'windows-1252'));
    expect(codeThrownBy(call)).toBe('file.encoding');
    expect(call).toThrow(/Line 2 .* 0xC9/);
  });

  it('is UTF-8 before the declared fallback', () => {
    expect(decode(Buffer.from(TEXT), 'windows-1252')).toBe(TEXT);
  });

  it.each([
    ['file.spreadsheet', Buffer.from('PK\u0003\u0004rest')],
    ['file.spreadsheet', Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1])],
    ['file.encoding_unsupported', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])],
    ['file.encoding', Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff])],
  ])('refuses with %s', (code, bytes) => {
    expect(codeThrownBy(() => decode(bytes, 'windows-1252'))).toBe(code);
  });

  it('turns a byte without meaning in a declared encoding into U+FFFD, never into a letter', () => {
    expect(decode(Buffer.from([0x61, 0x81, 0xe9]), 'windows-1252')).toContain('\ufffd');
  });

  it('finds the first bad byte whatever pieces the file comes in', () => {
    const good = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '€', '😀'), maxLength: 30 });
    const bad = fc.constantFrom(0x80, 0xc0, 0xff, 0xe9);
    fc.assert(
      fc.property(good, bad, good, fc.integer({ min: 1, max: 7 }), (before, byte, after, pieceLength) => {
        const text = Buffer.concat([Buffer.from(before), Buffer.from([byte]), Buffer.from(`\n${after}`)]);
        const line = before.split('\n').length;
        expect(inspect(text, pieceLength).notUtf8).toEqual({ line, byte });
        expect(inspect(Buffer.from(before + after), pieceLength).notUtf8).toBeNull();
      }),
    );
  });

  it('knows whether the last byte ends a line', () => {
    expect(inspect(Buffer.from('a\n')).endsWithLineEnd).toBe(true);
    expect(inspect(iconv.encode('a\r\n', 'utf-16le')).endsWithLineEnd).toBe(true);
    expect(inspect(Buffer.from('a')).endsWithLineEnd).toBe(false);
  });
});

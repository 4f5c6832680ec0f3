import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { createRecordCutter } from '../../src/core/feeds/records.ts';
import { codeThrownBy } from './support.ts';

function cut(text: string, pieces: readonly string[] = [text], delimiter = ','): ReturnType<typeof collect> {
  return collect(pieces, delimiter);
}

function collect(pieces: readonly string[], delimiter: string) {
  const cutter = createRecordCutter(delimiter);
  const records = pieces.flatMap((piece) => cutter.push(piece));
  return [...records, ...cutter.end()];
}

const cell = fc.string({
  unit: fc.constantFrom('a', 'é', ' ', ',', ';', '"', '\n', '\r\n', '|', '😀'),
  maxLength: 6,
});
const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
const file = fc.record({
  rows: fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  end: fc.constantFrom('\n', '\r\n'),
  last: fc.boolean(),
});

describe('cutting text into records', () => {
  it('reads back every cell that was quoted as RFC 4180 says, and csv-parse agrees', () => {
    fc.assert(
      fc.property(file, ({ rows, end, last }) => {
        const text = rows.map((row) => row.map(quoted).join(',')).join(end) + (last ? end : '');
        expect(cut(text).map(({ cells }) => cells)).toEqual(rows);
        expect(parse(text, { relax_column_count: true, record_delimiter: end })).toEqual(rows);
      }),
    );
  });

  it('gives the same records whatever pieces the text comes in', () => {
    const anyText = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'b'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(40), { maxLength: 6 }), (text, cuts) => {
        const places = [0, ...cuts.filter((at) => at < text.length).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((to, index) => text.slice(places[index], to));
        const whole = (given: readonly string[]): unknown => {
          try {
            return cut(text, given);
          } catch (error) {
            return String(error);
          }
        };
        expect(whole(pieces)).toEqual(whole([text]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('joins the originals back to the text', () => {
    const text = 'a,b\r\n"c\nd",e\n\nf;g\rh';
    const records = cut(text);
    expect(records.map(({ original }) => original)).toEqual(['a,b', '"c\nd",e', '', 'f;g', 'h']);
    expect(records.map(({ line }) => line)).toEqual([1, 2, 4, 5, 6]);
  });

  it('allows blanks around quotes and keeps a quote inside an unquoted cell', () => {
    expect(cut('a, "b, c" ,5" disk')[0]?.cells).toEqual(['a', 'b, c', '5" disk']);
  });

  it('refuses a row with text after a closing quote', () => {
    expect(cut('a,"b"c,d')[0]?.fault?.code).toBe('row.quote');
  });

  it('names the line where an open quote opened', () => {
    const call = (): unknown => cut('a,b\nc,"d\ne,f\n');
    expect(codeThrownBy(call)).toBe('file.quote_open');
    expect(call).toThrow('line 2');
  });

  it('does not gather an endless record', () => {
    const endless = ['a,b\n', ...Array.from({ length: 40 }, () => 'x'.repeat(65_536))];
    expect(codeThrownBy(() => cut('', endless))).toBe('file.record_too_long');
    expect(codeThrownBy(() => cut('', ['a\n"', ...endless]))).toBe('file.quote_open');
  });
});

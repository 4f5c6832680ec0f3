import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covers, isSeen, parsePosition, type Position } from '../../src/core/position.ts';

const anyPosition: fc.Arbitrary<Position> = fc
  .record({
    xmax: fc.integer({ min: 1, max: 12 }),
    running: fc.uniqueArray(fc.integer({ min: 0, max: 11 })),
  })
  .map(({ xmax, running }) => {
    const below = running.filter((xid) => xid < xmax).sort((a, b) => a - b);
    return parsePosition(`${below[0] ?? xmax}:${xmax}:${below.join(',')}`);
  });

const xids = Array.from({ length: 14 }, (_, xid) => BigInt(xid));

describe('a position', () => {
  it('covers another exactly when it sees all that the other sees', () => {
    fc.assert(
      fc.property(anyPosition, anyPosition, (a, b) => {
        expect(covers(a, b)).toBe(xids.every((xid) => !isSeen(b, xid) || isSeen(a, xid)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('sees what ended before it was taken, and reads the text that PostgreSQL writes', () => {
    const position = parsePosition('10:20:10,14');
    expect([9n, 10n, 11n, 14n, 19n, 20n].map((xid) => isSeen(position, xid))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(isSeen(parsePosition('10:10:'), 10n)).toBe(false);
    expect(() => parsePosition('10:20')).toThrow('pg_snapshot');
  });
});

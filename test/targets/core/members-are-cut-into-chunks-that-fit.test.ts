import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutIntoChunks, halve } from '../../../src/core/targets/chunk.ts';

const members = fc.array(fc.string({ maxLength: 40 }), { maxLength: 300 });
const limits = fc.record({
  count: fc.integer({ min: 1, max: 120 }),
  bytes: fc.integer({ min: 1, max: 400 }),
});

describe('O-04: chunks of members', () => {
  it('hold every member once, in order, and keep both limits', () => {
    fc.assert(
      fc.property(members, limits, (items, limit) => {
        const chunks = cutIntoChunks(items, limit, (item) => item.length);
        expect(chunks.flat()).toEqual(items);
        for (const chunk of chunks) {
          expect(chunk.length).toBeGreaterThan(0);
          expect(chunk.length).toBeLessThanOrEqual(limit.count);
          const bytes = chunk.reduce((sum, item) => sum + item.length, 0);
          expect(chunk.length === 1 || bytes <= limit.bytes).toBe(true);
        }
      }),
    );
  });

  it('halve until one member is left', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (items) => {
        const [first, second] = halve(items);
        expect([...first, ...second]).toEqual(items);
        expect(first.length - second.length).toBeLessThanOrEqual(1);
        expect(first.length).toBeGreaterThanOrEqual(second.length);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutIntoChunks, halve } from '../../../src/core/targets/chunk.ts';
import { judgeChunk, type Trial } from '../../../src/core/targets/member-chunks.ts';

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

describe('O-04: members of a list that a target refuses', () => {
  const CHUNK = 100;
  /** Sends members as the engine does; answers how many requests it took, whom it left out, and what was learned. */
  const send = (answers: readonly boolean[], code: number) => {
    let trial: Trial | null = null;
    let at = 0;
    let requests = 0;
    const out: number[] = [];
    const learned: number[] = [];
    while (at < answers.length) {
      const size = Math.min(CHUNK, trial?.size ?? CHUNK, answers.length - at);
      const isTaken = answers.slice(at, at + size).every(Boolean);
      requests += 1;
      const verdict = judgeChunk(
        trial,
        isTaken ? { kind: 'applied' } : { kind: 'rejected', code, why: '' },
        size,
      );
      trial = verdict.trial;
      if (verdict.learned !== null) learned.push(verdict.learned.accepted);
      if (verdict.refuses !== null) for (let i = 0; i < size; i += 1) out.push(at + i);
      if (isTaken || verdict.refuses !== null) at += size;
    }
    return { requests, out, learned };
  };

  it('are exactly the refused ones, and nothing is learned from them of numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 250 }), (answers) => {
        const { out, learned } = send(answers, 403);
        expect(out).toEqual(answers.flatMap((isTaken, at) => (isTaken ? [] : [at])));
        expect(learned).toEqual([]);
      }),
    );
  });

  it('cost hardly more than one request each where all are refused, and few where one is', () => {
    expect(
      send(
        Array.from({ length: 250 }, () => false),
        400,
      ).requests,
    ).toBeLessThanOrEqual(260);
    const one = Array.from({ length: 250 }, (_, at) => at !== 120);
    expect(send(one, 400).requests).toBeLessThanOrEqual(25);
  });

  it.each([405, 415, 501, 308])('are all of them at once where the request itself is refused: %i', (code) => {
    const none = Array.from({ length: 90 }, () => false);
    expect(send(none, code)).toMatchObject({ requests: 1, out: none.map((_, at) => at) });
  });
});

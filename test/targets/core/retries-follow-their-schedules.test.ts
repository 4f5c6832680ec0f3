import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterOutcome, CLOSED, maySend } from '../../../src/core/targets/circuit.ts';
import type { Circuit } from '../../../src/core/targets/circuit.ts';
import {
  backoffMs,
  CANARY_EVERY_MS,
  QUARANTINE_AFTER_MS,
  webhookWaitMs,
} from '../../../src/core/targets/retry.ts';

const DOWN = { kind: 'down', why: 'no route' } as const;
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function failTimes(times: number, now = 0): Circuit {
  let circuit = CLOSED;
  for (let i = 0; i < times; i += 1) circuit = afterOutcome(circuit, DOWN, { now, random: 0.5 });
  return circuit;
}

describe('O-06: when a target is tried again', () => {
  it('backs off with jitter, at least half a second and at most 15 minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), random, (failures, drawn) => {
        const wait = backoffMs(failures, drawn);
        expect(wait).toBeGreaterThanOrEqual(500);
        expect(wait).toBeLessThanOrEqual(900_000);
      }),
    );
    expect(backoffMs(1, 0.999_999)).toBeLessThanOrEqual(1_000);
    expect(backoffMs(5, 0.999_999)).toBeGreaterThan(15_000);
  });

  it('follows the webhook schedule, and then gives the message up as a gap', () => {
    const waits = Array.from({ length: 10 }, (_, index) => webhookWaitMs(index + 1, 0));
    expect(waits).toEqual([
      5_000,
      300_000,
      1_800_000,
      7_200_000,
      18_000_000,
      36_000_000,
      50_400_000,
      72_000_000,
      86_400_000,
      null,
    ]);
    expect(webhookWaitMs(1, 0.999)).toBeGreaterThan(5_000);
  });
});

describe('O-06: the circuit of a target', () => {
  it('stays closed for two failures and opens with the third', () => {
    expect(maySend(failTimes(2), 0)).toBe('all');
    expect(maySend(failTimes(3), 0)).toBe('nothing');
  });

  it('opens at once when the credentials are not accepted', () => {
    const circuit = afterOutcome(CLOSED, { kind: 'unauthorised', why: '401' }, { now: 0, random: 0.5 });
    expect(maySend(circuit, 0)).toBe('nothing');
    expect(maySend(circuit, circuit.until ?? -1)).toBe('probe');
  });

  it('stops everything until the moment the target named', () => {
    const circuit = afterOutcome(
      CLOSED,
      { kind: 'throttled', until: 5_000, why: '429' },
      { now: 0, random: 0.5 },
    );
    expect(maySend(circuit, 4_999)).toBe('nothing');
    expect(maySend(circuit, 5_000)).toBe('all');
  });

  it('keeps a pause that the target asked for, although what was under way went well', () => {
    const paused = afterOutcome(
      CLOSED,
      { kind: 'throttled', until: 5_000, why: '429' },
      { now: 0, random: 0.5 },
    );
    expect(afterOutcome(paused, { kind: 'applied' }, { now: 1, random: 0.5 })).toEqual(paused);
    expect(afterOutcome(paused, { kind: 'applied' }, { now: 5_000, random: 0.5 })).toEqual(CLOSED);
  });

  it('pauses at least as long as after a first failure, and longer each time where the target was down', () => {
    const throttled = { kind: 'throttled', until: 0, why: '429' } as const;
    expect(afterOutcome(CLOSED, throttled, { now: 0, random: 0.5 }).until).toBe(500);
    let circuit = failTimes(3);
    const waits = Array.from({ length: 4 }, () => {
      const now = circuit.until ?? 0;
      circuit = afterOutcome(circuit, throttled, { now, random: 0.999 });
      return (circuit.until ?? 0) - now;
    });
    expect(waits).toEqual([...waits].sort((one, other) => one - other));
    expect(waits[3]).toBeGreaterThan((7 * (waits[0] ?? Infinity)) / 2);
  });

  it('waits longer each time its credentials are refused, though a probe and looks go well, until something is applied', () => {
    const refused = { kind: 'unauthorised', why: '401' } as const;
    let circuit = CLOSED;
    const waits = Array.from({ length: 12 }, () => {
      const now = circuit.until ?? 0;
      circuit = afterOutcome(circuit, { kind: 'noop' }, { now, random: 0.5 });
      circuit = afterOutcome(circuit, refused, { now, random: 0.5 });
      return (circuit.until ?? 0) - now;
    });
    expect(waits.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(waits.at(-1)).toBe(8_000);
    const now = circuit.until ?? 0;
    const back = afterOutcome(circuit, { kind: 'applied' }, { now, random: 0.5 });
    expect(back).toEqual(CLOSED);
    expect(afterOutcome(back, refused, { now, random: 0.5 }).until).toBe(now + 500);
  });

  it('waits longer each time it stops taking anything, though it answers looks, up to 16 s', () => {
    let circuit = CLOSED;
    const waits = Array.from({ length: 12 }, () => {
      const now = circuit.until ?? 0;
      circuit = afterOutcome(circuit, { kind: 'noop' }, { now, random: 0.5 });
      for (let write = 0; write < 3; write += 1) circuit = afterOutcome(circuit, DOWN, { now, random: 0.5 });
      return (circuit.until ?? 0) - now;
    });
    expect(waits.slice(0, 4)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(waits.at(-1)).toBe(8_000);
  });

  it('pauses longer each time it is not said how long, up to 16 s, and never shorter than was asked for', () => {
    const throttled = { kind: 'throttled', until: null, why: '429' } as const;
    let circuit = CLOSED;
    const waits = Array.from({ length: 12 }, () => {
      const now = circuit.until ?? 0;
      circuit = afterOutcome(circuit, { kind: 'noop' }, { now, random: 0.5 });
      circuit = afterOutcome(circuit, throttled, { now, random: 0.5 });
      // Others that were under way hear the same, or went well.
      circuit = afterOutcome(circuit, throttled, { now: now + 1, random: 0 });
      circuit = afterOutcome(circuit, { kind: 'noop' }, { now: now + 2, random: 0.5 });
      return (circuit.until ?? 0) - now;
    });
    expect(waits.slice(0, 4)).toEqual([501, 1_000, 2_000, 4_000]);
    expect(waits.at(-1)).toBe(8_000);
    const asked = afterOutcome(
      CLOSED,
      { kind: 'throttled', until: 60_000, why: '' },
      { now: 0, random: 0.5 },
    );
    expect(afterOutcome(asked, throttled, { now: 1, random: 0.5 }).until).toBe(60_000);
  });

  it('quarantines after 24 hours without success, with one probe an hour, and comes back with the first answer', () => {
    const circuit = afterOutcome(failTimes(3), DOWN, { now: QUARANTINE_AFTER_MS, random: 0.5 });
    expect(circuit.state).toBe('quarantined');
    expect(maySend(circuit, QUARANTINE_AFTER_MS + CANARY_EVERY_MS - 1)).toBe('nothing');
    expect(maySend(circuit, QUARANTINE_AFTER_MS + CANARY_EVERY_MS)).toBe('probe');
    expect(afterOutcome(circuit, { kind: 'noop' }, { now: QUARANTINE_AFTER_MS * 2, random: 0.5 })).toEqual(
      CLOSED,
    );
  });

  it('takes an answer about one object as a sign of life', () => {
    const circuit = afterOutcome(
      failTimes(2),
      { kind: 'rejected', code: 400, why: '' },
      { now: 0, random: 0.5 },
    );
    expect(circuit).toEqual(CLOSED);
  });
});

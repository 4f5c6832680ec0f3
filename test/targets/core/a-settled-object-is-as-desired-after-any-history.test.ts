import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isUnderWay,
  nextState,
  OBJECT_EVENTS,
  OBJECT_STATES,
} from '../../../src/core/targets/object-state.ts';
import type { ObjectEvent, ObjectState } from '../../../src/core/targets/object-state.ts';

/** A target beside the machine: what is desired, what it really holds, what an attempt under way carries. */
interface World {
  state: ObjectState;
  desired: number;
  held: number;
  carried: number | null;
  /** Requests sent without asking first after an unknown end. */
  blindRepeats: number;
  unknown: boolean;
}

/** What happens next; whether an unknown end was carried out is drawn too. */
type Step = { event: ObjectEvent; carriedOut: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ event: fc.constantFrom(...OBJECT_EVENTS), carriedOut: fc.boolean() }),
  { maxLength: 60 },
);

const ENDS: readonly ObjectEvent[] = [
  'applied',
  'noop',
  'missing',
  'conflict',
  'throttled',
  'rejected',
  'unauthorised',
  'ambiguous',
  'down',
  'lost',
];

/** Lets an event happen only where the world allows it: ends need an attempt, a take needs a due object. */
function live(world: World, { event, carriedOut }: Step): void {
  const isEnd = ENDS.includes(event);
  if (isEnd && !isUnderWay(world.state)) return;
  if (event === 'taken' && world.state !== 'due') return;
  if (event === 'deleted' || (event === 'observed' && world.state !== 'observing')) return;
  if (event === 'noop' && world.carried !== world.held) return;
  if (event === 'marked') world.desired += 1;
  if (event === 'taken') {
    if (world.unknown) world.blindRepeats += 1;
    world.carried = world.desired;
  }
  if (event === 'observed') world.unknown = false;
  if (isEnd) {
    const unknownEnd = event === 'ambiguous' || event === 'lost';
    if (event === 'applied' || (unknownEnd && carriedOut)) world.held = world.carried ?? world.held;
    if (unknownEnd) world.unknown = true;
    world.carried = null;
  }
  world.state = nextState(world.state, event);
  // A person's release stands for having looked.
  if (event === 'released') world.unknown = false;
}

function begin(): World {
  return { state: 'due', desired: 1, held: 0, carried: null, blindRepeats: 0, unknown: false };
}

describe('the state of an object at a target', () => {
  it('is settled only when the target holds what is desired, after any history', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const world = begin();
        for (const step of history) {
          live(world, step);
          if (world.state === 'settled') expect(world.held).toBe(world.desired);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('is never sent again after an unknown end before it was observed (O-06)', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const world = begin();
        for (const step of history) live(world, step);
        expect(world.blindRepeats).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('reaches settled from anywhere once the target is well and a person lets it go on', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const world = begin();
        for (const step of history) live(world, step);
        for (const event of ['lost', 'observed', 'released', 'taken', 'applied'] as const) {
          live(world, { event, carriedOut: false });
        }
        expect(world.state).toBe('settled');
      }),
    );
  });

  it('stays blocked until the desired state or a person changes it (O-06)', () => {
    for (const event of OBJECT_EVENTS) {
      expect(nextState('blocked', event)).toBe(
        event === 'marked' || event === 'released' ? 'due' : 'blocked',
      );
    }
  });

  it('loses no change that comes while an attempt is under way', () => {
    for (const end of ['applied', 'noop', 'rejected', 'conflict', 'deleted'] as const) {
      expect(nextState(nextState('sending', 'marked'), end)).toBe('due');
    }
  });

  it('has a place for every event in every state', () => {
    for (const state of OBJECT_STATES) {
      for (const event of OBJECT_EVENTS) expect(OBJECT_STATES).toContain(nextState(state, event));
    }
  });
});

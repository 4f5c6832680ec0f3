/**
 * The life of one object (a user or a group) at one target, as data.
 *
 * - `settled`: the target holds what is desired, as far as we know.
 * - `due`: it may differ; a worker re-reads the desired state and sends what is needed.
 * - `sending`: an attempt is committed and under way. `resending`: the same, and the desired state changed
 *   meanwhile, so that this attempt's success is not the end.
 * - `observing`: an attempt's end is unknown (time-out after sending, a holder killed). Closes the race of a
 *   repeated request: nothing is sent before the target was asked what it holds.
 * - `backing-off`: failed in a way that may pass; due again at a time.
 * - `blocked`: refused as it is; only a change of the desired state or a person lets it go on.
 * - `conflict`: the target holds something else in its place; a person decides, or the desired state changes.
 * - `gone`: neither desired nor held.
 *
 * The table is total: every event has a place in every state, an event that cannot happen there changes
 * nothing. The store builds its updates from this same table, so there is one truth.
 */
import type { OutcomeKind } from './outcome.ts';

export const OBJECT_STATES = [
  'settled',
  'due',
  'sending',
  'resending',
  'observing',
  'backing-off',
  'blocked',
  'conflict',
  'gone',
] as const;
export type ObjectState = (typeof OBJECT_STATES)[number];

export const OBJECT_EVENTS = [
  /** The desired state changed, or may have. */
  'marked',
  /** The wait of a `backing-off` object is over. */
  'woken',
  /** A worker committed an attempt. */
  'taken',
  /** The holder of an attempt died without an outcome. */
  'lost',
  /** The target was asked what it holds, after an unknown end. */
  'observed',
  /** A person lets it go on. */
  'released',
  /** The target confirmed that the object is deleted, or it was never there and is not desired. */
  'deleted',
  'applied',
  'noop',
  'missing',
  'conflict',
  'throttled',
  'rejected',
  'unauthorised',
  'ambiguous',
  'down',
] as const satisfies readonly (
  OutcomeKind | 'marked' | 'woken' | 'taken' | 'lost' | 'observed' | 'released' | 'deleted'
)[];
export type ObjectEvent = (typeof OBJECT_EVENTS)[number];

type Row = Readonly<Partial<Record<ObjectEvent, ObjectState>>>;

/** What an attempt's outcome leads to; the same in `sending` and, where the end is open, in `resending`. */
const OPEN_ENDS: Row = {
  missing: 'due',
  // A pause asked for by the target is kept by the target's own clock; the object itself stays due.
  throttled: 'due',
  unauthorised: 'due',
  ambiguous: 'observing',
  lost: 'observing',
  down: 'backing-off',
};

const TABLE: Readonly<Record<ObjectState, Row>> = {
  settled: { marked: 'due', released: 'due', deleted: 'gone' },
  due: {
    taken: 'sending',
    noop: 'settled',
    deleted: 'gone',
    conflict: 'conflict',
    down: 'backing-off',
    rejected: 'blocked',
  },
  sending: {
    ...OPEN_ENDS,
    marked: 'resending',
    applied: 'settled',
    noop: 'settled',
    deleted: 'gone',
    rejected: 'blocked',
    conflict: 'conflict',
  },
  resending: {
    ...OPEN_ENDS,
    applied: 'due',
    noop: 'due',
    deleted: 'due',
    rejected: 'due',
    conflict: 'due',
  },
  observing: { observed: 'due', released: 'due' },
  'backing-off': { woken: 'due', released: 'due' },
  blocked: { marked: 'due', released: 'due' },
  conflict: { marked: 'due', released: 'due' },
  gone: { marked: 'due', released: 'due' },
};

/** The state after an event; an event without a place in this state changes nothing. */
export function nextState(state: ObjectState, event: ObjectEvent): ObjectState {
  return TABLE[state][event] ?? state;
}

/** True while an attempt without an outcome may be under way. */
export function isUnderWay(state: ObjectState): boolean {
  return state === 'sending' || state === 'resending';
}

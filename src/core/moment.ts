/** Moments of the past that can be asked about (D-23). */
import { Refusal } from './refusal.ts';

/** A moment as the database reads it: RFC 3339, with all the digits that were given. */
export type Moment = string & { readonly moment: unique symbol };

/** From when to when history answers. */
export interface KeptHistory {
  readonly since: Date;
  readonly until: Date;
}

const FORM = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads a moment, such as `2026-03-01T12:00:00Z`. Refuses (`history.unknown`) what is none, what is yet to come, and
 * what is longer ago than history is kept.
 */
export function readMoment(text: string, { since, until }: KeptHistory): Moment {
  const written = text.trim();
  const at = FORM.test(written) ? Date.parse(written) : NaN;
  if (Number.isNaN(at)) {
    throw new Refusal('history.unknown', { at: text, why: 'it is no time such as 2026-03-01T12:00:00Z.' });
  }
  if (at > until.getTime()) throw new Refusal('history.unknown', { at: text, why: 'it is yet to come.' });
  if (at < since.getTime()) {
    const why = `history goes back to ${since.toISOString()}.`;
    throw new Refusal('history.unknown', { at: text, why });
  }
  return written as Moment;
}

/** Refuses (`history.unknown`) the later moment of two where it lies before the earlier. */
export function requireInOrder(at: Moment, until: Moment): void {
  if (Date.parse(until) >= Date.parse(at)) return;
  throw new Refusal('history.unknown', { at: until, why: `it lies before the other moment, ${at}.` });
}

/** A moment that all of a time lies behind, whose fractions of a millisecond are not known. */
export function momentBehind(time: Date): Moment {
  return new Date(time.getTime() + 1).toISOString() as Moment;
}

/** What an HTTP answer means for the object it was about (O-06), the same for every connector over HTTP. */
import type { Outcome } from './outcome.ts';

export interface HttpAnswer {
  readonly status: number;
  /** The header `Retry-After` as it came; null when absent. */
  readonly retryAfter: string | null;
  /** What the answer says of itself, short. */
  readonly detail: string;
}

/** A pause longer than this is taken as this: a mistyped date must not silence a target for a year. */
const LONGEST_PAUSE_MS = 24 * 60 * 60 * 1000;

/**
 * Reads `Retry-After` (RFC 9110 §10.2.3): seconds or an HTTP date, to epoch milliseconds. Null when it cannot
 * be read; never more than 24 hours ahead, never in the past.
 */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const at = /^\d+(\.\d+)?$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at)) return null;
  return Math.min(Math.max(at, now), now + LONGEST_PAUSE_MS);
}

/**
 * The outcome of an answer (O-06). A redirect is refused: it would carry our credentials elsewhere. 412 means
 * that the object changed under us, 408 and 504 that a gateway gave up waiting: it is observed first.
 */
export function outcomeOfAnswer({ status, retryAfter, detail }: HttpAnswer, now: number): Outcome {
  const why = detail === '' ? `status ${status}` : `${status} ${detail}`;
  if (status >= 200 && status < 300) return { kind: 'applied' };
  if (status === 304) return { kind: 'noop' };
  if (status >= 300 && status < 400) {
    return { kind: 'rejected', code: status, why: `${why}: redirects are not followed` };
  }
  if (status === 401) return { kind: 'unauthorised', why };
  if (status === 404) return { kind: 'missing', why };
  if (status === 409) return { kind: 'conflict', why };
  if (status === 408 || status === 412 || status === 504) return { kind: 'ambiguous', why };
  if (status === 429 || (status === 503 && retryAfter !== null)) {
    return { kind: 'throttled', until: readRetryAfter(retryAfter, now), why };
  }
  // 501 says that the server cannot do this at all; every other 5xx may pass.
  if (status >= 500 && status !== 501) return { kind: 'down', why };
  return { kind: 'rejected', code: status, why };
}

/** True when a refusal of many members at once may be about their number (O-04): 413, or a like 400. */
export function mayBeTooMany(outcome: Outcome): boolean {
  return (
    outcome.kind === 'rejected' && (outcome.code === 413 || outcome.code === 400 || outcome.code === 422)
  );
}

/**
 * True when a refusal is of the request itself, whomever it is about: a method or a form that the target does not
 * take, or a redirect. Fewer members, or others, would be refused alike.
 */
export function isOfRequest(outcome: Outcome): boolean {
  if (outcome.kind !== 'rejected') return false;
  const { code } = outcome;
  return (code >= 300 && code < 400) || code === 405 || code === 406 || code === 415 || code === 501;
}

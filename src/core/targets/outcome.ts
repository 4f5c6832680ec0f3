/**
 * How one request to a target ended. Connectors answer with these values and never throw for them; what
 * follows from each (O-06) is decided by the engine alone.
 */
import { storableText } from './foreign-text.ts';

export type Outcome =
  /** The target confirmed the change. `remoteId` is its id of the object, where it told one. */
  | { readonly kind: 'applied'; readonly remoteId?: string }
  /** The target already was as desired. */
  | { readonly kind: 'noop'; readonly remoteId?: string }
  /** The object the request was about is not there (404): it has to be resolved again. */
  | { readonly kind: 'missing'; readonly why: string }
  /** The target holds something else under that name (409), or two objects fit (O-03). */
  | { readonly kind: 'conflict'; readonly why: string; readonly hits?: readonly string[] }
  /** The target asks for a pause (429, 503 with Retry-After); null when it did not say until when. */
  | { readonly kind: 'throttled'; readonly until: number | null; readonly why: string }
  /** The target refused this object and will refuse it again as it is; `code` is the answer's status. */
  | { readonly kind: 'rejected'; readonly code: number; readonly why: string }
  /** The target does not accept our credentials (401). */
  | { readonly kind: 'unauthorised'; readonly why: string }
  /** The request may or may not have been carried out; it is observed before anything is repeated. */
  | { readonly kind: 'ambiguous'; readonly why: string }
  /** The target was not reached, or failed in itself (5xx): nothing was carried out. */
  | { readonly kind: 'down'; readonly why: string };

export type OutcomeKind = Outcome['kind'];

/** True when after this outcome the target is known to be as desired. */
export function isSettled(outcome: Outcome): outcome is Extract<Outcome, { kind: 'applied' | 'noop' }> {
  return outcome.kind === 'applied' || outcome.kind === 'noop';
}

/** One line for traces, logs, the ledger and the console. */
export function describeOutcome(outcome: Outcome): string {
  return storableText(sentenceOf(outcome));
}

function sentenceOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'applied':
    case 'noop':
      return outcome.kind;
    case 'throttled':
      return `throttled${outcome.until === null ? '' : ` until ${new Date(outcome.until).toISOString()}`}: ${outcome.why}`;
    case 'rejected':
      return `rejected (${outcome.code}): ${outcome.why}`;
    case 'missing':
    case 'conflict':
    case 'unauthorised':
    case 'ambiguous':
    case 'down':
      return `${outcome.kind}: ${outcome.why}`;
  }
}

/**
 * Where a webhook stands, as data: the place in the log behind the last entry that was delivered or given up, how
 * often its head was tried, the gap that the receiver was not told of yet, and what people are told of all that.
 */
import type { Outcome } from './outcome.ts';
import { webhookWaitMs } from './retry.ts';

/** A message as people are told of it: nothing of what it says. */
export interface MessageName {
  /** Its `webhook-id`. */
  readonly id: string;
  readonly type: string;
  /** Id of the group that it is about. */
  readonly group: string | null;
  /** When it happened, RFC 3339; null for a notice of a gap. */
  readonly happenedAt: string | null;
}

export interface Delivered extends MessageName {
  /** When it was accepted, epoch ms. */
  readonly at: number;
  /** With the one that was accepted. */
  readonly tries: number;
}

export interface WebhookPlace<Place> {
  /** Null for a webhook that never ran: it begins with what comes. */
  readonly place: Place | null;
  /** Failed tries of the head that count: after ten it is given up. */
  readonly failures: number;
  /** When the head is tried again, epoch ms; null is at once. */
  readonly dueAt: number | null;
  readonly why: string | null;
  /** Entries given up, from behind `since` on. */
  readonly gap: { readonly since: string | null; readonly count: number } | null;
  /** Nothing has been accepted since then, though something was sent, epoch ms; null while all is well. */
  readonly failingSince: number | null;
  /** The message that waits for its next try, and how its last one went. */
  readonly head:
    (MessageName & { readonly tries: number; readonly triedAt: number; readonly exchange: unknown }) | null;
  /** Messages accepted, and entries given up, since the webhook was made. */
  readonly delivered: number;
  readonly givenUp: number;
  /** Those accepted last, the newest first. */
  readonly latest: readonly Delivered[];
}

/** So many of those accepted last are kept to be shown. */
const KEPT = 10;

export function firstWebhookPlace<Place>(): WebhookPlace<Place> {
  return {
    ...{ place: null, failures: 0, dueAt: null, why: null, gap: null, failingSince: null, head: null },
    ...{ delivered: 0, givenUp: 0, latest: [] },
  };
}

/** What a try of the head leads to. */
export type WebhookStep<Place> =
  | { readonly kind: 'on'; readonly next: WebhookPlace<Place> }
  | { readonly kind: 'wait'; readonly next: WebhookPlace<Place> }
  /** The receiver wants no more (410). */
  | { readonly kind: 'stop'; readonly why: string };

export interface Head<Place> {
  /** The place behind the head; null when the head is a gap notice. */
  readonly behind: Place | null;
  /** Cursor before the head, for a gap that begins with it. */
  readonly since: string | null;
  readonly message: MessageName;
}

/** How a try went; `exchange` is what went over the wire, redacted. */
export interface Try {
  readonly outcome: Outcome;
  readonly exchange: unknown;
}

/**
 * Judges a try of the head: on after success or when the schedule is used up, else again at its time. One made before
 * its time, because a person asked for it, costs nothing of the schedule: asking often never gives a message up.
 */
export function afterTry<Place>(
  at: WebhookPlace<Place>,
  { head, outcome, exchange }: Try & { readonly head: Head<Place> },
  { now, random }: { readonly now: number; readonly random: number },
): WebhookStep<Place> {
  const { behind, message } = head;
  // A notice of a gap has a new id at every try.
  const isSame = at.head !== null && (behind === null || at.head.id === message.id);
  const tries = (isSame ? at.head.tries : 0) + 1;
  if (outcome.kind === 'applied' || outcome.kind === 'noop') {
    const next = {
      ...{ place: behind ?? at.place, failures: 0, dueAt: null, why: null, failingSince: null, head: null },
      gap: behind === null ? null : at.gap,
      delivered: at.delivered + 1,
      givenUp: at.givenUp,
      latest: [{ ...message, at: now, tries }, ...at.latest].slice(0, KEPT),
    };
    return { kind: 'on', next };
  }
  const { why } = outcome;
  if (outcome.kind === 'rejected' && outcome.code === 410) return { kind: 'stop', why };
  const failingSince = at.failingSince ?? now;
  const isEarly = at.dueAt !== null && now < at.dueAt;
  const failures = isEarly ? at.failures : at.failures + 1;
  const wait = webhookWaitMs(failures, random);
  if (wait === null && behind !== null) {
    const gap = { since: at.gap?.since ?? head.since, count: (at.gap?.count ?? 0) + 1 };
    const past = { place: behind, failures: 0, dueAt: null, why, gap, failingSince, head: null };
    return { kind: 'on', next: { ...at, ...past, givenUp: at.givenUp + 1 } };
  }
  // A notice is never given up: it is all that tells the receiver what it lacks.
  const due = isEarly ? at.dueAt : now + (wait ?? webhookWaitMs(9, random) ?? 0);
  const asked = outcome.kind === 'throttled' && outcome.until !== null ? outcome.until : 0;
  const waiting = { ...message, tries, triedAt: now, exchange };
  const next = { ...at, failures, why, failingSince, head: waiting, dueAt: Math.max(due, asked) };
  return { kind: 'wait', next };
}

/**
 * Where a webhook stands, as data: the place in the log behind the last entry that was delivered or given up, how
 * often its head was tried, and the gap that the receiver was not told of yet.
 */
import type { Outcome } from './outcome.ts';
import { webhookWaitMs } from './retry.ts';

export interface WebhookPlace<Place> {
  /** Null for a webhook that never ran: it begins with what comes. */
  readonly place: Place | null;
  /** Failed tries of the head. */
  readonly failures: number;
  /** When the head is tried again, epoch ms; null is at once. */
  readonly dueAt: number | null;
  readonly why: string | null;
  /** Entries given up, from behind `since` on. */
  readonly gap: { readonly since: string | null; readonly count: number } | null;
}

export function firstWebhookPlace<Place>(): WebhookPlace<Place> {
  return { place: null, failures: 0, dueAt: null, why: null, gap: null };
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
}

/** Judges a try of the head: on after success or when the schedule is used up, else again at its time. */
export function afterTry<Place>(
  at: WebhookPlace<Place>,
  { head, outcome }: { readonly head: Head<Place>; readonly outcome: Outcome },
  { now, random }: { readonly now: number; readonly random: number },
): WebhookStep<Place> {
  const isNotice = head.behind === null;
  if (outcome.kind === 'applied' || outcome.kind === 'noop') {
    const gap = isNotice ? null : at.gap;
    return { kind: 'on', next: { place: head.behind ?? at.place, failures: 0, dueAt: null, why: null, gap } };
  }
  const { why } = outcome;
  if (outcome.kind === 'rejected' && outcome.code === 410) return { kind: 'stop', why };
  const failures = at.failures + 1;
  const wait = webhookWaitMs(failures, random);
  if (wait === null && !isNotice) {
    const gap = { since: at.gap?.since ?? head.since, count: (at.gap?.count ?? 0) + 1 };
    return { kind: 'on', next: { place: head.behind, failures: 0, dueAt: null, why, gap } };
  }
  // A notice is never given up: it is all that tells the receiver what it lacks.
  const longest = wait ?? webhookWaitMs(9, random) ?? 0;
  const asked = outcome.kind === 'throttled' && outcome.until !== null ? outcome.until : 0;
  return { kind: 'wait', next: { ...at, failures, why, dueAt: Math.max(now + longest, asked) } };
}

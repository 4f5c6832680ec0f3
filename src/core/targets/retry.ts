/** When a failed request is tried again. `random` is a number in [0, 1), given so that a schedule can be tested. */

const FIRST_MS = 1_000;
const LONGEST_MS = 15 * 60_000;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After this long without one success a target is quarantined (O-06). */
export const QUARANTINE_AFTER_MS = 24 * HOUR;
/** How often a quarantined target is asked whether it is back (O-06). */
export const CANARY_EVERY_MS = HOUR;

/**
 * Wait before try number `failures + 1`, in ms: exponential from 1 s to 15 min with full jitter (O-06), so that
 * many objects that failed together do not come back together.
 */
export function backoffMs(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.max(FIRST_MS / 2, Math.floor(random * ceiling));
}

/** Retries of a webhook delivery as Standard Webhooks 1.0 suggests them: after 5 s up to 24 h. */
const WEBHOOK_WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/**
 * Wait after the failed try number `failures` of one webhook message, in ms, up to a tenth longer than the
 * schedule; null when the schedule is used up and the message becomes a gap.
 */
export function webhookWaitMs(failures: number, random: number): number | null {
  const wait = WEBHOOK_WAITS_MS[Math.max(failures, 1) - 1];
  return wait === undefined ? null : Math.floor(wait * (1 + random / 10));
}

/**
 * Limits of clients: so many requests a second, saved up for one second. Each client has its own, so that one
 * that is too eager holds up nobody else; each instance counts for itself.
 */
import type { ClientIdentity, DoorContext, DoorMiddleware } from './context.ts';
import { HttpProblem } from './problem.ts';

interface Bucket {
  /** Requests that may come at once. */
  left: number;
  /** When that was so, in milliseconds. */
  at: number;
}

/**
 * Lets the doors behind it count the requests of clients that have a limit. Every answer to such a client says how
 * much is left; one too many is refused with 429 and says when to come again. `now` gives milliseconds of a clock
 * that never goes back.
 */
export function limitRates(now: () => number): DoorMiddleware {
  const buckets = new Map<string, Bucket>();
  return async (context, next) => {
    context.state.admit = (client) => {
      if (client.ratePerSecond !== null)
        admit(context, bucketOf(buckets, client, now()), client.ratePerSecond);
    };
    await next();
  };
}

function bucketOf(buckets: Map<string, Bucket>, { id, ratePerSecond }: ClientIdentity, now: number): Bucket {
  const limit = ratePerSecond ?? 0;
  const bucket = buckets.get(id) ?? { left: limit, at: now };
  bucket.left = Math.min(limit, bucket.left + ((now - bucket.at) / 1_000) * limit);
  bucket.at = now;
  buckets.set(id, bucket);
  return bucket;
}

function admit(context: DoorContext, bucket: Bucket, limit: number): void {
  const isAdmitted = bucket.left >= 1;
  if (isAdmitted) bucket.left -= 1;
  context.set({
    'x-rate-limit-limit': String(limit),
    'x-rate-limit-remaining': String(Math.floor(bucket.left)),
    'x-rate-limit-reset': String(Math.ceil((limit - bucket.left) / limit)),
  });
  if (isAdmitted) return;
  const seconds = String(Math.max(1, Math.ceil((1 - bucket.left) / limit)));
  throw new HttpProblem('rate.limited', `More than ${limit} requests a second; come again in ${seconds} s.`, {
    'Retry-After': seconds,
    'x-rate-limit-retry-after-seconds': seconds,
  });
}

import { InvalidArgumentError } from 'commander';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 365;

/** When something ends; never at null. An object, for commander takes a null for a missing value. */
export interface End {
  readonly at: Date | null;
}

/** Reads when a token ends, as {@link readEnd}. 365 days when nothing is said. */
export function readExpiry(text: string | undefined, now: Date): End {
  return readEnd(text ?? `${DEFAULT_DAYS}d`, now);
}

/** Reads when something ends: `90d`, a date to come, or `never`. */
export function readEnd(text: string, now: Date): End {
  if (text === 'never') return { at: null };
  const days = Number(/^(\d{1,5})d$/.exec(text)?.[1]);
  if (!Number.isNaN(days)) return { at: new Date(now.getTime() + days * DAY_MS) };
  const date = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && date > now) return { at: date };
  throw new InvalidArgumentError('say 90d, a date to come such as 2027-06-30, or never');
}

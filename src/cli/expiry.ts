import { InvalidArgumentError } from 'commander';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 365;

/** Reads when a token ends: `90d`, a date, or `never` (null). 365 days when nothing is said. */
export function readExpiry(text: string | undefined, now: Date): Date | null {
  if (text === 'never') return null;
  const days = text === undefined ? DEFAULT_DAYS : Number(/^(\d{1,5})d$/.exec(text)?.[1]);
  if (!Number.isNaN(days)) return new Date(now.getTime() + days * DAY_MS);
  const date = new Date(text ?? '');
  if (/^\d{4}-\d\d-\d\d/.test(text ?? '') && date > now) return date;
  throw new InvalidArgumentError('say 90d, a date to come such as 2027-06-30, or never');
}

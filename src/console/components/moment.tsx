import { useHere } from '../frame/here.ts';
import type { Texts } from '../texts/en.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;
/** A moment that a database's clock told may seem to be still to come. */
const SKEW_MS = 2_000;

/** A moment: near ones by their distance, others by their date, all with the whole time in UTC at hand. */
export function Moment({ at }: { readonly at: Date }) {
  const { t, now } = useHere();
  return (
    <time dateTime={at.toISOString()} title={wholeTime(at)} class="whole">
      {distanceOf(t, at.getTime() - now.getTime()) ?? dayOf(at)}
    </time>
  );
}

/** A moment as one who compares needs it: to the second, in UTC. */
export function ExactMoment({ at }: { readonly at: Date }) {
  return <time dateTime={at.toISOString()}>{wholeTime(at)}</time>;
}

/** Such as `22 Nov 2026, 03:10:05 UTC`. */
export function wholeTime(at: Date): string {
  return `${dayOf(at)}, ${at.toISOString().slice(11, 19)} UTC`;
}

function dayOf(at: Date): string {
  return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
}

function distanceOf({ shell: { ago } }: Texts, ms: number): string | null {
  const distance = Math.abs(ms);
  const isPast = ms <= 0;
  if (distance < MINUTE_MS) return ms > SKEW_MS ? ago.soon : ago.now;
  if (distance < HOUR_MS) {
    const minutes = Math.round(distance / MINUTE_MS);
    return isPast ? ago.minutes(minutes) : ago.inMinutes(minutes);
  }
  if (distance < DAY_MS) {
    const hours = Math.round(distance / HOUR_MS);
    return isPast ? ago.hours(hours) : ago.inHours(hours);
  }
  const days = Math.round(distance / DAY_MS);
  if (days > WEEK_DAYS) return null;
  return isPast ? ago.days(days) : ago.inDays(days);
}

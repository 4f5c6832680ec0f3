/** SCIM dateTimes (RFC 7643 §2.3.5): read with any offset and any number of fractional digits, written in UTC. */
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(Z|[+-]\d{2}:?\d{2})?$/i;
/** Years of four digits, so that the order of the texts is the order of the times. */
const EARLIEST = Date.parse('0000-01-01T00:00:00Z');
const BEYOND = Date.parse('9999-12-31T23:59:59.999Z') + 1;

/** Milliseconds since 1970, with the fraction of a millisecond kept; null when the text is no such time. No offset means UTC. */
export function readInstant(text: string): number | null {
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = '00', fraction = '', offset = 'Z'] = match;
  const base = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(base) || new Date(base).getUTCDate() !== Number(day)) return null;
  const instant = base + (fraction === '' ? 0 : Number(`0.${fraction}`) * 1_000) - offsetOf(offset) * 60_000;
  return instant >= EARLIEST && instant < BEYOND ? instant : null;
}

/** A text that stands after every instant's, for comparisons as texts: a year of five digits would stand before them. */
const AFTER_ALL = ':';

/** The text that an instant is compared by as one end of a range; it may be beyond the last. */
export function writeBound(milliseconds: number): string {
  return milliseconds < BEYOND ? writeInstant(milliseconds) : AFTER_ALL;
}

/** The instant as answers carry it: UTC, milliseconds, `Z`. */
export function writeInstant(milliseconds: number): string {
  return new Date(Math.floor(milliseconds)).toISOString();
}

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const digits = text.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return text.startsWith('-') ? -minutes : minutes;
}

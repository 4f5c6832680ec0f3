/** One exchange with a target and how it ended, for traces; never with credentials. */
export interface Exchange {
  /** HTTP method, LDAP operation, SQL verb. */
  readonly method: string;
  /** What it was sent to. */
  readonly url: string;
  readonly body: string | null;
  /** Null when no answer came. */
  readonly status: number | null;
  readonly answer: string;
  readonly ms: number;
}

/** An exchange as it is kept with an attempt that failed: its form and what it says of the fault, nobody's data. */
export interface RedactedExchange {
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly ms: number;
  readonly sent: unknown;
  readonly answered: unknown;
}

const MASK = '[redacted]';
/** Keys whose texts say how a message is built or what is wrong with it. */
const TELLING = new Set(
  [
    'schemas',
    'op',
    'path',
    'status',
    'scimType',
    'detail',
    'id',
    'externalId',
    'type',
    'title',
    'code',
    'error',
  ].map((key) => key.toLowerCase()),
);
const LONGEST_TEXT = 300;
/** Beyond what is kept, so that nothing that begins there is taken for something else. */
const LONGEST_READ = 2_000;
const MOST_ITEMS = 5;
const DEEPEST = 6;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${MASK}`],
  [/\b(whsec|whsk|mst)_[\w+/=.-]+/g, `$1_${MASK}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${MASK}@`],
  [/[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[mail]'],
];

/** Takes secrets and personal data out of an exchange: texts stay where they tell of the form or of the fault. */
export function redactExchange({ method, url, body, status, answer, ms }: Exchange): RedactedExchange {
  return {
    method,
    url: redactText(withoutValues(url)),
    status,
    ms: Math.round(ms),
    sent: body === null ? null : redactMessage(body),
    answered: redactMessage(answer),
  };
}

function redactMessage(text: string): unknown {
  try {
    return redactValue('', JSON.parse(text), 0);
  } catch {
    return redactText(text);
  }
}

function redactValue(key: string, value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return TELLING.has(key.toLowerCase()) || UUID.test(value) ? redactText(value) : MASK;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return MASK;
  if (Array.isArray(value)) {
    const more = value.length - MOST_ITEMS;
    const kept = value.slice(0, MOST_ITEMS).map((item) => redactValue(key, item, depth + 1));
    return more > 0 ? [...kept, `… and ${more} more`] : kept;
  }
  const entries = Object.entries(value).map(([name, part]) => [name, redactValue(name, part, depth + 1)]);
  return Object.fromEntries(entries) as unknown;
}

/** Cut before it is looked through: the patterns take a time that grows with the square of a long word. */
function redactText(text: string): string {
  const masked = patterns.reduce(
    (redacted, [pattern, mask]) => redacted.replace(pattern, mask),
    text.slice(0, LONGEST_READ),
  );
  return masked.length > LONGEST_TEXT ? `${masked.slice(0, LONGEST_TEXT)}…` : masked;
}

/** Filters of a URL compare with people's names. */
function withoutValues(url: string): string {
  return url.replaceAll(/%22.*?%22/g, `%22${MASK}%22`);
}

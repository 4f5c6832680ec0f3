/**
 * What may not stand in a log: names, mail addresses, tokens, passwords. Ids may, so people find what a line is
 * about through the audit. Redaction is the net below the rule "log ids only", not a licence to log more.
 */
const MASK = '[redacted]';
const MAX_DEPTH = 8;

/** Keys whose values are never logged, whatever they hold; compared without case and separators. */
const hidden = new Set(
  [
    ...['authorization', 'cookie', 'setCookie', 'password', 'passwd', 'secret', 'signingSecret', 'token'],
    ...['accessToken', 'bearer', 'masterKey', 'bootstrapToken', 'credentials', 'smtpUrl', 'databaseUrl'],
    ...['userName', 'name', 'displayName', 'givenName', 'familyName', 'formatted', 'nickName', 'email'],
    ...[
      'emails',
      'mail',
      'phoneNumbers',
      'eppn',
      'targetedId',
      'uid',
      'externalId',
      'nameId',
      'member',
      'members',
    ],
    ...['document', 'before', 'after', 'cell', 'original', 'bindings', 'parameters', 'detail', 'where'],
  ].map(plain),
);

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\bmst_[\w.-]+/g, 'mst_[redacted]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [redacted]'],
  [/\bwhsec_[\w+/=-]+/g, 'whsec_[redacted]'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[redacted]@'],
  [/[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+/gu, '[mail]'],
];

/** A sentence without tokens, passwords in addresses, and mail addresses. */
function redactText(text: string): string {
  return patterns.reduce((redacted, [pattern, mask]) => redacted.replace(pattern, mask), text);
}

/** A copy of the fields of a log line with everything that must not stand there masked, at any depth. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, redactField(key, value, 0)]));
}

function redactField(key: string, value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (hidden.has(plain(key))) return MASK;
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object') return undefined;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (isError(value)) return describeError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redactField('', item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([inner, item]) => [inner, redactField(inner, item, depth + 1)]),
  );
}

/** An error as the logger writes it down. */
interface WrittenError {
  readonly type?: unknown;
  readonly message: string;
  readonly stack: string;
}

function isError(value: object): value is WrittenError {
  return (
    'message' in value &&
    'stack' in value &&
    typeof value.message === 'string' &&
    typeof value.stack === 'string'
  );
}

/** The parts of an error that help and hold no data: PostgreSQL's `detail` and `where` quote rows, so they go. */
function describeError(error: WrittenError, depth: number): Record<string, unknown> {
  const kept = ['type', 'code', 'constraint', 'table', 'schema', 'routine', 'errno', 'syscall', 'port'];
  const facts = Object.entries(error).filter(([key]) => kept.includes(key));
  return {
    ...Object.fromEntries(facts.map(([key, value]) => [key, redactField(key, value, depth + 1)])),
    message: withoutValues(error.message),
    stack: callSites(error.stack),
  };
}

/** The first lines of a stack repeat the message; the causes' messages, which pino joins to it, are left out too. */
function callSites(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}

/** PostgreSQL ends some messages with the value it could not read: `invalid input syntax for type uuid: "jan"`. */
function withoutValues(message: string): string {
  return redactText(message).replaceAll(/: ["'].*["']/g, `: ${MASK}`);
}

function plain(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

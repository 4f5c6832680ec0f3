/**
 * Scopes that metadata give as a regular expression (shibmd:Scope, regexp="true"). Federations hand such texts on, so
 * none may cost more than its length: what may stand in one is little, and it is matched by the set of places reached
 * so far, never by trying again.
 */

/** From each of these places in the text, all places that can be reached. */
type Matcher = (places: ReadonlySet<number>, text: string) => ReadonlySet<number>;

const MAX_PATTERN = 200;
const MAX_SCOPE = 255;
const MAX_REPEATS = 255;

/** True when the whole scope, in lower case, fits. A text that is too long, or no pattern of the kind that is read here, fits nothing. */
export function fitsScopePattern(pattern: string, scope: string): boolean {
  if (pattern.length > MAX_PATTERN || scope.length > MAX_SCOPE) return false;
  const matcher = readPattern(pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, ''));
  if (matcher === null) return false;
  return matcher(new Set([0]), scope).has(scope.length);
}

interface Reader {
  readonly text: string;
  at: number;
}

/** Thrown by what cannot be read; never leaves this file. */
class Unreadable extends Error {}

function readPattern(text: string): Matcher | null {
  const reader: Reader = { text, at: 0 };
  try {
    const matcher = readChoice(reader);
    return reader.at === text.length ? matcher : null;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

function readChoice(reader: Reader): Matcher {
  const ways = [readSequence(reader)];
  while (reader.text[reader.at] === '|') {
    reader.at += 1;
    ways.push(readSequence(reader));
  }
  return ways.length === 1 && ways[0] !== undefined
    ? ways[0]
    : (places, text) => new Set(ways.flatMap((way) => [...way(places, text)]));
}

function readSequence(reader: Reader): Matcher {
  const steps: Matcher[] = [];
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] ?? '')) {
    steps.push(readRepeated(reader));
  }
  return (places, text) => steps.reduce((reached, step) => step(reached, text), places);
}

function readRepeated(reader: Reader): Matcher {
  const once = readAtom(reader);
  const [, sign, least, comma, most] =
    /^(?:([*+?])|\{(\d{1,3})(,?)(\d{0,3})\})/.exec(reader.text.slice(reader.at)) ?? [];
  if (sign === undefined && least === undefined) {
    if (reader.text[reader.at] === '{') throw new Unreadable();
    return once;
  }
  reader.at += sign?.length ?? `{${least ?? ''}${comma ?? ''}${most ?? ''}}`.length;
  if (/[*+?{]/.test(reader.text[reader.at] ?? '')) throw new Unreadable();
  const from = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
  const open = sign === undefined ? comma !== '' && most === '' : sign !== '?';
  const to = open ? MAX_REPEATS : sign === '?' ? 1 : comma === '' ? from : Number(most);
  if (from > MAX_REPEATS || to > MAX_REPEATS) throw new Unreadable();
  return (places, text) => repeated(once, { places, text, from, to });
}

/** A place that was reached after enough rounds is not gone on from twice. */
function repeated(
  once: Matcher,
  run: {
    readonly places: ReadonlySet<number>;
    readonly text: string;
    readonly from: number;
    readonly to: number;
  },
): ReadonlySet<number> {
  let latest = run.places;
  for (let round = 0; round < run.from && latest.size > 0; round += 1) {
    const before = latest;
    latest = once(before, run.text);
    // From here on every round comes to the same.
    if (latest.size === before.size && [...latest].every((place) => before.has(place))) break;
  }
  const reached = new Set(latest);
  for (let round = run.from; round < run.to && latest.size > 0; round += 1) {
    latest = new Set([...once(latest, run.text)].filter((place) => !reached.has(place)));
    for (const place of latest) reached.add(place);
  }
  return reached;
}

function readAtom(reader: Reader): Matcher {
  const sign = reader.text[reader.at] ?? '';
  reader.at += 1;
  if (sign === '(') return readGroup(reader);
  if (sign === '[') return charOf(readClass(reader));
  if (sign === '\\') return charOf(readEscape(reader));
  if (sign === '.') return charOf(() => true);
  if (sign === '' || '*+?{}]$^'.includes(sign)) throw new Unreadable();
  return charOf((char) => char === sign.toLowerCase());
}

function readGroup(reader: Reader): Matcher {
  if (reader.text[reader.at] === '?') {
    if (!reader.text.startsWith('?:', reader.at)) throw new Unreadable();
    reader.at += 2;
  }
  const inner = readChoice(reader);
  if (reader.text[reader.at] !== ')') throw new Unreadable();
  reader.at += 1;
  return inner;
}

type CharTest = (char: string) => boolean;

function charOf(fits: CharTest): Matcher {
  return (places, text) => {
    const reached = new Set<number>();
    for (const place of places) if (place < text.length && fits(text[place] ?? '')) reached.add(place + 1);
    return reached;
  };
}

function readEscape(reader: Reader): CharTest {
  const sign = reader.text[reader.at] ?? '';
  reader.at += 1;
  if (sign === 'd') return (char) => /\d/.test(char);
  if (sign === 'w') return (char) => /\w/.test(char);
  if (sign === '' || /[a-z0-9]/i.test(sign)) throw new Unreadable();
  return (char) => char === sign;
}

/** `[a-z0-9.-]`, `[^.]`. */
function readClass(reader: Reader): CharTest {
  const end = /^\^?(?:\\.|[^\]\\[])+\]/.exec(reader.text.slice(reader.at))?.[0];
  if (end === undefined) throw new Unreadable();
  const isNegated = end.startsWith('^');
  const inner: Reader = { text: end.slice(isNegated ? 1 : 0, -1), at: 0 };
  reader.at += end.length;
  const tests: CharTest[] = [];
  while (inner.at < inner.text.length) {
    const first = inner.text[inner.at] ?? '';
    inner.at += 1;
    const [, last] = /^-([^\\])/.exec(inner.text.slice(inner.at)) ?? [];
    if (first === '\\') tests.push(readEscape(inner));
    else if (last === undefined) tests.push((char) => char === first);
    else {
      if (last < first) throw new Unreadable();
      inner.at += 2;
      tests.push((char) => char >= first && char <= last);
    }
  }
  // Scopes are compared without case: what fits either spelling fits.
  return (char) => tests.some((fits) => fits(char) || fits(char.toUpperCase())) !== isNegated;
}

/**
 * What stands before the parser of filters: limits, and a rewriting into a form that it reads rightly.
 *
 * `scim2-parse-filter` recurses (a filter of 10,000 brackets overflows the stack), reads
 * `emails[type eq "work"].value eq "x"` as two independent tests, and misreads `$ref`, JSON escapes and
 * unquoted values. So the text is scanned once here, in linear time; every attribute name and every value is
 * put aside and replaced by its number; and the structure that is left, in the plainest spelling, goes to the
 * parser.
 */
import { Refusal } from '../refusal.ts';

/** How large a filter may be: the parser behind it recurses. */
export const filterLimits = { bytes: 4_096, depth: 10, terms: 50 } as const;

const { bytes: MAX_BYTES, depth: MAX_DEPTH, terms: MAX_TERMS } = filterLimits;

const COMPARISONS: ReadonlySet<string> = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const ATTRIBUTE = /^(?:urn:[^\s"()[\]]+:)?\$?[a-z][\w-]*(?:\.\$?[a-z][\w-]*)?$/i;
const SUB_ATTRIBUTE = /^\$?[a-z][\w-]*$/i;
const BARE_VALUE = /^[^\s"()[\]]+$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;

export type FilterValue = string | number | boolean | null;

/** A value and the text it was written as; `bare` is one that JSON would need quotes for. */
export interface WrittenValue {
  readonly value: FilterValue;
  readonly text: string;
  readonly bare: boolean;
}

export interface PlainFilter {
  /** The structure, names and values replaced: `a0 eq "0" and a1[(a2 eq "1") and a3 eq "2"]`. */
  readonly text: string;
  readonly names: readonly string[];
  readonly values: readonly WrittenValue[];
}

type Token =
  | { readonly kind: '(' | ')' | '[' | ']' | '].' }
  | { readonly kind: 'quoted'; readonly value: string }
  | { readonly kind: 'word'; readonly text: string };

/** Checks the limits (4 KiB, depth 10, 50 terms) and rewrites the filter. Refuses what RFC 7644 §3.4.2.2 does not allow. */
export function plainFilter(text: string): PlainFilter {
  if (text.length > MAX_BYTES || new TextEncoder().encode(text).length > MAX_BYTES) {
    throw invalid(`it is longer than ${MAX_BYTES} bytes.`);
  }
  return rewrite(scan(text));
}

export function invalid(why: string): Refusal {
  return new Refusal('filter.invalid', { why });
}

function scan(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      at += 1;
    } else if (char === ']' && text.charAt(at + 1) === '.') {
      tokens.push({ kind: '].' });
      at += 2;
    } else if (char === '(' || char === ')' || char === '[' || char === ']') {
      tokens.push({ kind: char });
      at += 1;
    } else if (char === '"') {
      const end = endOfQuoted(text, at);
      tokens.push({ kind: 'quoted', value: unquote(text.slice(at, end)) });
      at = end;
    } else {
      const end = endOfWord(text, at);
      tokens.push({ kind: 'word', text: text.slice(at, end) });
      at = end;
    }
  }
  return tokens;
}

function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '"') return at + 1;
  }
  throw invalid('a quoted value does not end.');
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && !/[\s"()[\]]/.test(text.charAt(at))) at += 1;
  return at;
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw invalid(`${quoted} is no JSON string.`);
  }
}

function rewrite(tokens: readonly Token[]): PlainFilter {
  const out: string[] = [];
  const names: string[] = [];
  const values: WrittenValue[] = [];
  const open: ('(' | '[')[] = [];
  let terms = 0;
  let at = 0;

  const name = (text: string, form: RegExp): string => {
    if (!form.test(text)) throw invalid(`"${text}" is no attribute name.`);
    return `a${names.push(text) - 1}`;
  };
  const deepen = (bracket: '(' | '['): void => {
    open.push(bracket);
    if (open.length > MAX_DEPTH) throw invalid(`it is nested deeper than ${MAX_DEPTH} levels.`);
  };
  /** Reads `op value` or `pr` after an attribute. */
  const test = (attribute: string): void => {
    terms += 1;
    if (terms > MAX_TERMS) throw invalid(`it has more than ${MAX_TERMS} terms.`);
    const op = word(tokens[at], 'an operator').toLowerCase();
    at += 1;
    if (op === 'pr') {
      out.push(attribute, 'pr');
      return;
    }
    if (!COMPARISONS.has(op)) throw invalid(`"${op}" is no operator.`);
    out.push(attribute, op, `"${values.push(readValue(tokens[at], op)) - 1}"`);
    at += 1;
  };

  let expects: 'term' | 'connective' = 'term';
  while (at < tokens.length) {
    const token = tokens[at];
    if (token === undefined) break;
    if (expects === 'connective') {
      if (token.kind === ')' && open.at(-1) === '(') {
        open.pop();
        out.push(')');
        at += 1;
      } else if (token.kind === ']' && open.at(-1) === '[') {
        open.pop();
        out.push(')]');
        at += 1;
      } else if (token.kind === '].' && open.at(-1) === '[') {
        open.pop();
        at += 2;
        out.push(') and');
        test(name(word(tokens[at - 1], 'a sub-attribute'), SUB_ATTRIBUTE));
        out.push(']');
      } else if (token.kind === 'word' && /^(?:and|or)$/i.test(token.text)) {
        out.push(token.text.toLowerCase());
        expects = 'term';
        at += 1;
      } else {
        throw invalid(`"and", "or" or the end was expected, not ${spell(token)}.`);
      }
    } else if (token.kind === '(') {
      deepen('(');
      out.push('(');
      at += 1;
    } else if (token.kind === 'word' && /^not$/i.test(token.text)) {
      if (tokens[at + 1]?.kind !== '(') throw invalid('"not" must be followed by "(".');
      out.push('not');
      at += 1;
    } else {
      const attribute = word(token, 'an attribute');
      at += 1;
      if (tokens[at]?.kind === '[') {
        if (open.includes('[')) throw invalid('"[" cannot stand inside "[ ]".');
        deepen('[');
        out.push(`${name(attribute, ATTRIBUTE)}[(`);
        at += 1;
      } else {
        test(name(attribute, ATTRIBUTE));
        expects = 'connective';
      }
    }
  }
  if (expects === 'term') throw invalid('it ends where an attribute was expected.');
  if (open.length > 0) throw invalid(`a "${open.at(-1) ?? ''}" is not closed.`);
  return { text: out.join(' ').replaceAll('( ', '(').replaceAll(' )', ')'), names, values };
}

function word(token: Token | undefined, expected: string): string {
  if (token?.kind === 'word') return token.text;
  throw invalid(`${expected} was expected, not ${spell(token)}.`);
}

function spell(token: Token | undefined): string {
  if (token === undefined) return 'the end';
  if (token.kind === 'word') return `"${token.text}"`;
  return token.kind === 'quoted' ? `"${token.value}"` : `"${token.kind}"`;
}

function readValue(token: Token | undefined, op: string): WrittenValue {
  if (token?.kind === 'quoted') {
    if (!token.value.isWellFormed() || token.value.includes('\u0000')) {
      throw invalid('a value holds a character that no attribute can have.');
    }
    return { value: token.value, text: token.value, bare: false };
  }
  if (token?.kind !== 'word') throw invalid(`a value was expected after "${op}", not ${spell(token)}.`);
  const { text } = token;
  if (text === 'true' || text === 'false') return { value: text === 'true', text, bare: false };
  if (text === 'null') return { value: null, text, bare: false };
  if (NUMBER.test(text)) return { value: Number(text), text, bare: false };
  if (!BARE_VALUE.test(text) || !text.isWellFormed() || text.includes('\u0000'))
    throw invalid(`${text} is no value.`);
  return { value: text, text, bare: true };
}

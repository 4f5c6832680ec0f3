/**
 * Comparisons of one value in SQL. Expressions may be null, for false; whoever negates one writes `is not true`.
 * Text is compared by its bytes, which in UTF-8 is the order of code points, as the evaluator has it.
 */
import { isUuid } from '../../core/ids.ts';
import { foldText } from '../../core/names.ts';
import type { Comparand, OrderComparison, TextComparison } from '../../core/scim/filter.ts';
import { writeBound } from '../../core/scim/instant.ts';
import type { Binder } from './binder.ts';

/** `folded` is for comparisons without case, `exact` for the others; `prefix` is an indexed `left(folded, 300)`. */
export interface TextSql {
  readonly kind: 'text';
  readonly folded: string;
  readonly exact: string;
  readonly prefix?: string;
}

/** SQL expressions of a value, by what it is. */
export type ValueSql =
  | TextSql
  | { readonly kind: 'uuid'; readonly column: string }
  | { readonly kind: 'boolean'; readonly column: string }
  | { readonly kind: 'number'; readonly column: string }
  /** A timestamptz, shown to the millisecond. */
  | { readonly kind: 'time'; readonly column: string }
  /** A dateTime in a document: text in UTC with milliseconds. */
  | { readonly kind: 'timeText'; readonly column: string };

/** Text that is its own folded form, or is compared exactly. */
export function plainText(expression: string): TextSql {
  return { kind: 'text', exact: expression, folded: expression };
}

/** Text with its folded form beside it. */
export function foldedText(exact: string, folded: string): TextSql {
  return { kind: 'text', exact, folded };
}

/** Longest prefix that the indexes know. */
const INDEXED_PREFIX = 300;

/** True for a text that an index of prefixes can look up. */
export function isIndexedPrefix(text: string): boolean {
  return text !== '' && Array.from(text).length <= INDEXED_PREFIX;
}

/** A condition that the value compares so; a null value fits `ne` alone. */
export function comparesSql(value: ValueSql, comparand: Comparand, binder: Binder): string {
  switch (comparand.kind) {
    case 'boolean':
      return value.kind === 'boolean'
        ? equals(value.column, comparand.op, binder.bind(comparand.boolean))
        : 'false';
    case 'number':
      return value.kind === 'number'
        ? orders(value.column, comparand.op, binder.bind(comparand.number))
        : 'false';
    case 'instant':
      return comparesInstant(value, comparand.op, comparand.instant, binder);
    case 'text':
      return comparesText(value, comparand, binder);
  }
}

/** A condition that the value is assigned. */
export function presentSql(value: ValueSql): string {
  return `${value.kind === 'text' ? value.exact : value.column} is not null`;
}

function equals(expression: string, op: 'eq' | 'ne', parameter: string): string {
  return op === 'eq' ? `${expression} = ${parameter}` : `${expression} is distinct from ${parameter}`;
}

function orders(expression: string, op: OrderComparison, parameter: string): string {
  switch (op) {
    case 'eq':
    case 'ne':
      return equals(expression, op, parameter);
    case 'gt':
      return `${expression} > ${parameter}`;
    case 'ge':
      return `${expression} >= ${parameter}`;
    case 'lt':
      return `${expression} < ${parameter}`;
    case 'le':
      return `${expression} <= ${parameter}`;
  }
}

function comparesText(
  value: ValueSql,
  { op, text, exact }: Comparand & { kind: 'text' },
  binder: Binder,
): string {
  if (value.kind === 'uuid') return comparesUuid(value.column, op, text, binder);
  if (value.kind !== 'text') return 'false';
  const expression = exact ? value.exact : value.folded;
  const wanted = exact ? text : foldText(text);
  if (op === 'sw' && value.prefix !== undefined && !exact && isIndexedPrefix(wanted)) {
    return startsWithSql(value.prefix, wanted, binder);
  }
  return textSql(expression, op, binder.bind(wanted));
}

function textSql(expression: string, op: TextComparison, parameter: string): string {
  switch (op) {
    case 'co':
      return `strpos(${expression}, ${parameter}::text) > 0`;
    case 'sw':
      return `starts_with(${expression}, ${parameter}::text)`;
    case 'ew':
      return `right(${expression}, length(${parameter}::text)) = ${parameter}::text`;
    case 'eq':
    case 'ne':
      return equals(expression, op, `${parameter}::text`);
    default:
      return orders(`(${expression}) collate "C"`, op, `${parameter}::text`);
  }
}

/** A range of a `text_pattern_ops` index, which knows no locale: from the prefix to the next text that lacks it. */
export function startsWithSql(prefixed: string, wanted: string, binder: Binder): string {
  const from = `${prefixed} ~>=~ ${binder.bind(wanted)}::text`;
  const beyond = textBeyond(wanted);
  return beyond === null ? from : `(${from} and ${prefixed} ~<~ ${binder.bind(beyond)}::text)`;
}

/** The least text greater than all that start with `prefix`, by code points; null when there is none. */
function textBeyond(prefix: string): string | null {
  const points = Array.from(prefix, (char) => char.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

/** Ids are shown in small letters and compared as written. */
function comparesUuid(column: string, op: TextComparison, text: string, binder: Binder): string {
  if (op !== 'eq' && op !== 'ne') return textSql(`${column}::text`, op, binder.bind(text));
  const isOne = isUuid(text) && text === text.toLowerCase();
  if (isOne) return equals(column, op, `${binder.bind(text)}::uuid`);
  return op === 'eq' ? 'false' : 'true';
}

/** What is shown has milliseconds, what is asked for may have more digits: compared is what is shown. */
function comparesInstant(value: ValueSql, op: OrderComparison, instant: number, binder: Binder): string {
  if (value.kind !== 'time' && value.kind !== 'timeText') return 'false';
  const floor = Math.floor(instant);
  const at = (milliseconds: number): string =>
    value.kind === 'time'
      ? `${binder.bind(new Date(milliseconds))}::timestamptz`
      : `${binder.bind(writeBound(milliseconds))}::text`;
  const column = value.kind === 'time' ? value.column : `(${value.column}) collate "C"`;
  const within = (): string =>
    floor === instant ? `(${column} >= ${at(floor)} and ${column} < ${at(floor + 1)})` : 'false';
  switch (op) {
    case 'eq':
      return within();
    case 'ne':
      return `(${within()}) is not true`;
    case 'gt':
      return `${column} >= ${at(floor + 1)}`;
    case 'ge':
      return `${column} >= ${at(Math.ceil(instant))}`;
    case 'lt':
      return `${column} < ${at(Math.ceil(instant))}`;
    case 'le':
      return `${column} < ${at(floor + 1)}`;
  }
}

/** The plain evaluator: says of one resource or element whether a filter holds. The SQL of store/scim is held against it. */
import { foldText } from '../names.ts';
import type { AttributePath } from './attribute-path.ts';
import type { Comparand, Filter, OrderComparison, TextComparison } from './filter.ts';
import { readInstant } from './instant.ts';
import { isArray, isObject, type Json, type JsonObject, own } from './json.ts';

/** True when the resource, as a whole SCIM document with id and meta, fits the filter. */
export function matches(filter: Filter, resource: JsonObject): boolean {
  return holds(
    filter,
    (path) => assigned(valueAt(resource, path)),
    (path) => elementsAt(resource, path),
  );
}

/** True when one element of the attribute that an element filter was read for fits it. */
export function matchesElement(filter: Filter, element: Json): boolean {
  return holds(
    filter,
    (path) => assigned(inElement(element, path)),
    () => [],
  );
}

type Look = (path: AttributePath) => Json | undefined;

function holds(filter: Filter, look: Look, elements: (path: AttributePath) => readonly Json[]): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.terms.every((term) => holds(term, look, elements));
    case 'or':
      return filter.terms.some((term) => holds(term, look, elements));
    case 'not':
      return !holds(filter.term, look, elements);
    case 'present':
      return look(filter.path) !== undefined;
    case 'compare':
      return compares(filter.with, look(filter.path));
    case 'some':
      return elements(filter.path).some((element) => matchesElement(filter.test, element));
  }
}

function elementsAt(resource: JsonObject, path: AttributePath): readonly Json[] {
  const value = valueAt(resource, path);
  return isArray(value) ? value : [];
}

/** The value at a path, unassigned ones (null, empty array, object of nothing) as undefined (RFC 7643 §2.5). */
function valueAt(resource: JsonObject, path: AttributePath): Json | undefined {
  const holder = path.extension === null ? resource : own(resource, path.extension.id);
  const value = isObject(holder) ? own(holder, path.attribute.name) : undefined;
  return path.sub === null || path.attribute.multiValued
    ? value
    : isObject(value)
      ? own(value, path.sub.name)
      : undefined;
}

function inElement(element: Json, path: AttributePath): Json | undefined {
  if (path.sub === null) return element;
  return isObject(element) ? own(element, path.sub.name) : undefined;
}

function assigned(value: Json | undefined): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (isArray(value)) return value.length === 0 ? undefined : value;
  return isObject(value) && Object.keys(value).length === 0 ? undefined : value;
}

function compares(comparand: Comparand, value: Json | undefined): boolean {
  if (value === undefined) return comparand.op === 'ne';
  switch (comparand.kind) {
    case 'boolean':
      return (value === comparand.boolean) === (comparand.op === 'eq');
    case 'number':
      return typeof value === 'number' && ordered(comparand.op, value - comparand.number);
    case 'instant': {
      const instant = typeof value === 'string' ? readInstant(value) : null;
      return instant !== null && ordered(comparand.op, instant - comparand.instant);
    }
    case 'text': {
      if (typeof value !== 'string') return false;
      return comparand.exact
        ? comparesText(comparand.op, value, comparand.text)
        : comparesText(comparand.op, foldText(value), foldText(comparand.text));
    }
  }
}

function comparesText(op: TextComparison, value: string, wanted: string): boolean {
  switch (op) {
    case 'co':
      return value.includes(wanted);
    case 'sw':
      return value.startsWith(wanted);
    case 'ew':
      return value.endsWith(wanted);
    default:
      return ordered(op, byCodePoint(value, wanted));
  }
}

function ordered(op: OrderComparison, difference: number): boolean {
  switch (op) {
    case 'eq':
      return difference === 0;
    case 'ne':
      return difference !== 0;
    case 'gt':
      return difference > 0;
    case 'ge':
      return difference >= 0;
    case 'lt':
      return difference < 0;
    case 'le':
      return difference <= 0;
  }
}

/** Order of two texts by code points, which is also the order of their UTF-8 bytes. */
export function byCodePoint(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    const difference = rank(one.charCodeAt(at)) - rank(other.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Code units as they sort in UTF-8: surrogates stand for characters above all others. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}

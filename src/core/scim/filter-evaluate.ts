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
  return elementTest(filter)(element);
}

/**
 * The same question for many elements: what does not depend on them is done once, for a PATCH asks it of every element
 * at each of its operations.
 */
export function elementTest(filter: Filter): (element: Json) => boolean {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.terms.map(elementTest);
      return (element) => tests.every((test) => test(element));
    }
    case 'or': {
      const tests = filter.terms.map(elementTest);
      return (element) => tests.some((test) => test(element));
    }
    case 'not': {
      const test = elementTest(filter.term);
      return (element) => !test(element);
    }
    case 'present':
      return (element) => assigned(inElement(element, filter.path)) !== undefined;
    case 'compare': {
      const compares = comparison(filter.with);
      return (element) => compares(assigned(inElement(element, filter.path)));
    }
    case 'some':
      return () => false;
  }
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
      return comparison(filter.with)(look(filter.path));
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

/** A comparison with one value, which is folded once. */
function comparison(comparand: Comparand): (value: Json | undefined) => boolean {
  switch (comparand.kind) {
    case 'boolean':
      return orUnassigned(comparand.op, (value) => (value === comparand.boolean) === (comparand.op === 'eq'));
    case 'number':
      return orUnassigned(
        comparand.op,
        (value) => typeof value === 'number' && ordered(comparand.op, value - comparand.number),
      );
    case 'instant':
      return orUnassigned(comparand.op, (value) => {
        const instant = typeof value === 'string' ? readInstant(value) : null;
        return instant !== null && ordered(comparand.op, instant - comparand.instant);
      });
    case 'text': {
      const { op, exact } = comparand;
      const wanted = exact ? comparand.text : foldText(comparand.text);
      return orUnassigned(
        op,
        (value) => typeof value === 'string' && comparesText(op, exact ? value : foldText(value), wanted),
      );
    }
  }
}

/** What is unassigned fits `ne` alone. */
function orUnassigned(
  op: TextComparison,
  compares: (value: Json) => boolean,
): (value: Json | undefined) => boolean {
  return (value) => (value === undefined ? op === 'ne' : compares(value));
}

function comparesText(op: TextComparison, value: string, wanted: string): boolean {
  switch (op) {
    case 'eq':
      return value === wanted;
    case 'ne':
      return value !== wanted;
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

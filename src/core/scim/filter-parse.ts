/** Reads filters (RFC 7644 §3.4.2.2) into the typed tree. */
import { type Filter as ParsedFilter, parse } from 'scim2-parse-filter';
import { type AttributePath, findAttribute, findSaidAttribute, spellPath } from './attribute-path.ts';
import type { Comparand, EqualComparison, Filter, OrderComparison, TextComparison } from './filter.ts';
import { type PlainFilter, type WrittenValue, invalid, plainFilter } from './filter-text.ts';
import { readInstant } from './instant.ts';
import { type ResourceType, valueOf } from './registry.ts';
import { type Attribute, attributeNamed } from './schema.ts';

/** What a client may write besides the RFC's grammar: values without quotes, `True`, text for a boolean. */
export interface FilterManners {
  readonly looseValues: 'accept' | 'refuse';
  /** Attributes of extensions without their URN, as people write them; refused when absent. */
  readonly bareExtensions?: 'accept' | 'refuse';
}

/**
 * How names are found, and what a test of one means: among the attributes of a resource a test of a multi-valued
 * one holds when some element fits; among the sub-attributes of an element it speaks of that element.
 */
interface Scope {
  readonly find: (name: string) => AttributePath | null;
  readonly quantify: (leaf: LeafFilter) => Filter;
}
type LeafFilter = Extract<Filter, { readonly kind: 'present' | 'compare' }>;

interface Reading {
  readonly plain: PlainFilter;
  readonly manners: FilterManners;
  readonly scope: Scope;
}

/** Reads a filter over resources. Refuses (`filter.invalid`) over the limits, outside the grammar, unknown or unreadable attributes, and operators that the type of an attribute does not have. */
export function parseFilter(type: ResourceType, text: string, manners: FilterManners): Filter {
  return read(text, manners, {
    find: (name) =>
      manners.bareExtensions === 'accept' ? findSaidAttribute(type, name) : findAttribute(type, name),
    quantify: (leaf) =>
      leaf.path.attribute.multiValued
        ? { kind: 'some', path: { ...leaf.path, sub: null }, test: leaf }
        : leaf,
  });
}

/** Reads what stands between `[` and `]` after an attribute: a filter over its elements. */
export function parseElementFilter(of: AttributePath, text: string, manners: FilterManners): Filter {
  return read(text, manners, elementScope(of));
}

function elementScope(of: AttributePath): Scope {
  return {
    find: (name) => {
      const sub = attributeNamed(of.attribute.subAttributes, name);
      if (sub !== null) return { ...of, sub };
      return of.attribute.subAttributes.length === 0 && name.toLowerCase() === 'value'
        ? { ...of, sub: null }
        : null;
    },
    quantify: (leaf) => leaf,
  };
}

function read(text: string, manners: FilterManners, scope: Scope): Filter {
  const plain = plainFilter(text);
  let parsed: ParsedFilter;
  try {
    parsed = parse(plain.text);
  } catch {
    throw invalid('its brackets and connectives do not fit together.');
  }
  return typed(parsed, { plain, manners, scope });
}

function typed(parsed: ParsedFilter, reading: Reading): Filter {
  switch (parsed.op) {
    case 'and':
    case 'or':
      return { kind: parsed.op, terms: parsed.filters.map((term) => typed(term, reading)) };
    case 'not':
      return { kind: 'not', term: typed(parsed.filter, reading) };
    case '[]':
      return typedElement(findIn(reading, parsed.attrPath), parsed.valFilter, reading);
    case 'pr':
      return reading.scope.quantify({ kind: 'present', path: findIn(reading, parsed.attrPath) });
    default: {
      const written = reading.plain.values[Number(parsed.compValue)];
      if (written === undefined) throw invalid('a value is missing.');
      return typedComparison(compared(findIn(reading, parsed.attrPath)), parsed.op, written, reading);
    }
  }
}

function findIn(reading: Reading, placeholder: string): AttributePath {
  const name = reading.plain.names[Number(placeholder.slice(1))] ?? '';
  const path = reading.scope.find(name);
  if (path === null) throw invalid(`there is no attribute "${name}".`);
  if (path.attribute.returned === 'never' || path.sub?.returned === 'never') {
    throw invalid(`"${spellPath(path)}" cannot be searched.`);
  }
  return path;
}

function typedElement(path: AttributePath, test: ParsedFilter, reading: Reading): Filter {
  if (path.sub !== null || (path.attribute.type !== 'complex' && !path.attribute.multiValued)) {
    throw invalid(`"${spellPath(path)}" has no elements to select with "[ ]".`);
  }
  const inner = typed(test, { ...reading, scope: elementScope(path) });
  return path.attribute.multiValued ? { kind: 'some', path, test: inner } : inner;
}

/** The path whose value is compared: of a complex attribute its `value` (RFC 7644 §3.4.2.2). */
function compared(path: AttributePath): AttributePath {
  if (path.sub !== null || path.attribute.type !== 'complex') return path;
  const sub = valueOf(path.attribute);
  if (sub === null) throw invalid(`"${spellPath(path)}" is complex; name one of its sub-attributes.`);
  return { ...path, sub };
}

function typedComparison(
  path: AttributePath,
  op: TextComparison,
  written: WrittenValue,
  reading: Reading,
): Filter {
  if (written.value === null) {
    if (op !== 'eq' && op !== 'ne') throw invalid('null can only be compared with eq and ne.');
    const present = reading.scope.quantify({ kind: 'present', path });
    return op === 'eq' ? { kind: 'not', term: present } : present;
  }
  if (written.bare && reading.manners.looseValues === 'refuse')
    throw invalid(`the value ${written.text} needs quotes.`);
  return reading.scope.quantify({
    kind: 'compare',
    path,
    with: comparand(path, op, written, reading.manners),
  });
}

function comparand(
  path: AttributePath,
  op: TextComparison,
  written: WrittenValue,
  manners: FilterManners,
): Comparand {
  const leaf = path.sub ?? path.attribute;
  switch (leaf.type) {
    case 'boolean':
      return { kind: 'boolean', op: equality(leaf, op), boolean: readBoolean(leaf, written, manners) };
    case 'integer':
    case 'decimal':
      return { kind: 'number', op: ordering(leaf, op), number: readNumber(leaf, written, manners) };
    case 'dateTime': {
      const instant = typeof written.value === 'string' ? readInstant(written.value) : null;
      if (instant === null) throw invalid(`"${leaf.name}" needs a dateTime, not ${written.text}.`);
      return { kind: 'instant', op: ordering(leaf, op), instant };
    }
    case 'binary':
      return { kind: 'text', op: equality(leaf, op), text: readText(leaf, written, manners), exact: true };
    case 'string':
    case 'reference':
      return { kind: 'text', op, text: readText(leaf, written, manners), exact: leaf.caseExact };
    case 'complex':
      throw invalid(`"${leaf.name}" is complex; name one of its sub-attributes.`);
  }
}

function equality(leaf: Attribute, op: TextComparison): EqualComparison {
  if (op === 'eq' || op === 'ne') return op;
  throw invalid(`"${leaf.name}" is ${leaf.type} and can only be compared with eq and ne.`);
}

function ordering(leaf: Attribute, op: TextComparison): OrderComparison {
  if (op === 'co' || op === 'sw' || op === 'ew')
    throw invalid(`"${leaf.name}" is ${leaf.type}; ${op} is for text.`);
  return op;
}

function readBoolean(leaf: Attribute, { value, text }: WrittenValue, manners: FilterManners): boolean {
  if (typeof value === 'boolean') return value;
  if (manners.looseValues === 'accept') {
    if (/^true$/i.test(text)) return true;
    if (/^false$/i.test(text)) return false;
  }
  throw invalid(`"${leaf.name}" needs true or false, not ${text}.`);
}

function readNumber(leaf: Attribute, { value, text }: WrittenValue, manners: FilterManners): number {
  const isLoose = manners.looseValues === 'accept' && typeof value === 'string' && text.trim() !== '';
  const number = isLoose ? Number(text) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    throw invalid(`"${leaf.name}" needs a number, not ${text}.`);
  }
  const most = leaf.type === 'integer' ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
  if (Math.abs(number) <= most) return number;
  throw invalid(`"${leaf.name}" holds no number as large as ${text}.`);
}

function readText(leaf: Attribute, { value, text }: WrittenValue, manners: FilterManners): string {
  if (typeof value === 'string' || manners.looseValues === 'accept') return text;
  throw invalid(`"${leaf.name}" needs a quoted text, not ${text}.`);
}

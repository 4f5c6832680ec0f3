/** Values from outside, checked and brought to the type that the schema says (RFC 7643 §2.3). */
import { Refusal } from '../refusal.ts';
import { distinct, settlePrimary } from './element.ts';
import { readInstant, writeInstant } from './instant.ts';
import { isArray, isObject, type Json, type JsonObject, own } from './json.ts';
import type { Profile } from './profile.ts';
import { type Attribute, attributeNamed } from './schema.ts';

/** What was mended or dropped on the way in, for the trace of the request. */
export interface Note {
  readonly path: string;
  readonly what: 'dropped' | 'coerced' | 'ignored';
  readonly why: string;
}

/** How to read: the client's profile, and where to note what was done for its sake. */
export interface Reader {
  readonly profile: Profile;
  readonly note: (note: Note) => void;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function invalidValue(attribute: string, why: string): Refusal {
  return new Refusal('value.invalid', { attribute, why });
}

/**
 * The value of an attribute as it is stored; undefined when it says that the attribute is unassigned
 * (RFC 7643 §2.5). Refuses (`value.invalid`) what does not fit the type; a lenient profile coerces first.
 */
export function readValue(attribute: Attribute, value: Json, at: string, reader: Reader): Json | undefined {
  if (!attribute.multiValued)
    return readSingle(attribute, unwrapped(attribute, value, at, reader), at, reader);
  if (value === null) return undefined;
  const elements = readElements(attribute, value, at, reader);
  return elements.length === 0 ? undefined : elements;
}

/** The elements of a multi-valued attribute, equal ones once, at most one primary (RFC 7643 §2.4). */
export function readElements(attribute: Attribute, value: Json, at: string, reader: Reader): readonly Json[] {
  if (value === null || (value === '' && reader.profile.emptyText === 'unassigned')) return [];
  if (!isArray(value) && reader.profile.looseTypes === 'refuse') throw invalidValue(at, 'needs an array.');
  const list = isArray(value) ? value : [value];
  const read = list.flatMap((item) => readSingle(attribute, item, at, reader) ?? []);
  const kept = distinct(attribute, read);
  const settled = settlePrimary(kept, []);
  if (settled !== kept && reader.profile.looseTypes === 'refuse') {
    throw invalidValue(at, 'has more than one value with "primary": true.');
  }
  return settled;
}

function unwrapped(attribute: Attribute, value: Json, at: string, reader: Reader): Json {
  if (!isArray(value)) return value;
  if (value.length === 0) return null;
  const [only] = value;
  if (value.length > 1 || only === undefined || reader.profile.looseTypes === 'refuse') {
    throw invalidValue(at, 'takes one value, not an array.');
  }
  reader.note({
    path: at,
    what: 'coerced',
    why: `${attribute.name} takes one value; the only one of the array was taken`,
  });
  return only;
}

function readSingle(attribute: Attribute, value: Json, at: string, reader: Reader): Json | undefined {
  if (value === null) return undefined;
  if (value === '' && reader.profile.emptyText === 'unassigned') return undefined;
  switch (attribute.type) {
    case 'complex':
      return readComplex(attribute, value, at, reader);
    case 'boolean':
      return readBoolean(value, at, reader);
    case 'integer':
    case 'decimal':
      return readNumber(attribute, value, at, reader);
    case 'string':
    case 'reference':
      return readText(value, at, reader);
    case 'dateTime': {
      const instant = typeof value === 'string' ? readInstant(value) : null;
      if (instant === null) throw invalidValue(at, 'needs a dateTime such as 2026-01-31T12:00:00Z.');
      return writeInstant(instant);
    }
    case 'binary':
      if (typeof value !== 'string' || !BASE64.test(value)) throw invalidValue(at, 'needs base64.');
      return value;
  }
}

/** The text as it may be stored: well-formed Unicode without NUL, which PostgreSQL cannot hold. */
function readText(value: Json, at: string, reader: Reader): string {
  if (typeof value === 'string') {
    if (value.includes('\u0000') || !value.isWellFormed())
      throw invalidValue(at, 'holds a character that is not allowed.');
    return value;
  }
  if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw invalidValue(at, 'is a number that would not be kept exactly; send it as a text.');
  if ((typeof value === 'number' || typeof value === 'boolean') && reader.profile.looseTypes === 'coerce') {
    reader.note({ path: at, what: 'coerced', why: `${String(value)} was taken as text` });
    return String(value);
  }
  throw invalidValue(at, 'needs a text.');
}

function readBoolean(value: Json, at: string, reader: Reader): boolean {
  if (typeof value === 'boolean') return value;
  if (
    typeof value === 'string' &&
    reader.profile.looseTypes === 'coerce' &&
    /^(?:true|false)$/i.test(value)
  ) {
    reader.note({ path: at, what: 'coerced', why: `the text "${value}" was taken as a boolean` });
    return value.toLowerCase() === 'true';
  }
  throw invalidValue(at, 'needs true or false.');
}

function readNumber(attribute: Attribute, value: Json, at: string, reader: Reader): number {
  const loose = typeof value === 'string' && value.trim() !== '' && reader.profile.looseTypes === 'coerce';
  const number = loose ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalidValue(at, 'needs a number.');
  if (attribute.type === 'integer' && !Number.isSafeInteger(number))
    throw invalidValue(at, 'needs a whole number.');
  if (loose) reader.note({ path: at, what: 'coerced', why: `the text "${value}" was taken as a number` });
  return number;
}

function readComplex(attribute: Attribute, value: Json, at: string, reader: Reader): JsonObject | undefined {
  const object = isObject(value) ? value : complexFrom(attribute, value, at, reader);
  const read: Record<string, Json> = {};
  for (const [name, item] of Object.entries(unpacked(attribute, object, at, reader))) {
    const sub = attributeNamed(attribute.subAttributes, name);
    if (sub === null) {
      dropUnknown(`${at}.${name}`, reader);
    } else if (sub.mutability !== 'readOnly') {
      const kept = readValue(sub, item, `${at}.${sub.name}`, reader);
      if (kept !== undefined) read[sub.name] = kept;
    }
  }
  return Object.keys(read).length === 0 ? undefined : read;
}

/** A bare value where an object is due stands for its `value`, as some providers send a manager or a member. */
function complexFrom(attribute: Attribute, value: Json, at: string, reader: Reader): JsonObject {
  const hasValue = attributeNamed(attribute.subAttributes, 'value') !== null;
  if (reader.profile.looseTypes === 'refuse' || !hasValue || isArray(value))
    throw invalidValue(at, 'needs an object.');
  reader.note({ path: at, what: 'coerced', why: 'a bare value was taken as {"value": …}' });
  return { value };
}

/** Undoes a whole element packed as JSON into its own `value`, as Entra ID sends roles. */
function unpacked(attribute: Attribute, object: JsonObject, at: string, reader: Reader): JsonObject {
  const value = own(object, 'value');
  if (reader.profile.looseTypes === 'refuse' || typeof value !== 'string' || !/^\s*\{/.test(value))
    return object;
  const inner = parsedObject(value);
  if (inner === null || own(inner, 'value') === undefined) return object;
  reader.note({ path: at, what: 'coerced', why: 'the value was unpacked from JSON text' });
  const display = own(inner, 'display') ?? own(inner, 'displayName');
  const takesDisplay = attributeNamed(attribute.subAttributes, 'display') !== null && display !== undefined;
  return { ...object, ...inner, ...(takesDisplay ? { display } : {}) };
}

function parsedObject(text: string): JsonObject | null {
  try {
    const json = JSON.parse(text) as Json;
    return isObject(json) ? json : null;
  } catch {
    return null;
  }
}

/** Drops a name that no schema has, or refuses it under a strict profile. */
export function dropUnknown(at: string, reader: Reader): void {
  if (reader.profile.unknown === 'refuse') throw invalidValue(at, 'is no attribute of this resource.');
  reader.note({ path: at, what: 'dropped', why: 'no schema has this attribute' });
}

/** Bodies of POST and PUT, read by the schema into the document that is stored (RFC 7644 §3.3, §3.5.1). */
import { Refusal } from '../refusal.ts';
import { type AttributePath, findAttribute, spellPath } from './attribute-path.ts';
import { assignAt, valueAtPath } from './document.ts';
import { requireFew } from './element.ts';
import { isArray, isObject, type Json, type JsonObject, sameJson } from './json.ts';
import { type ResourceType, extensionOf } from './registry.ts';
import { type Reader, dropUnknown, invalidValue, readValue } from './value-read.ts';

/**
 * Reads a whole resource. What is readOnly is ignored, unassigned values are left out, names come out as the
 * schema spells them; `id`, `meta`, `schemas` are never in it, `externalId` and `password` are where they were
 * sent. Refuses a body that is no object (`body.invalid`), values that do not fit and required ones that are missing
 * (`value.invalid`).
 */
export function readResource(type: ResourceType, body: Json, reader: Reader): JsonObject {
  if (!isObject(body)) throw new Refusal('body.invalid', { why: 'The body must be a JSON object.' });
  checkSchemas(type, body, reader);
  let document: JsonObject = {};
  for (const { path, value, at } of assignments(type, body, reader)) {
    if (isReadOnly(path)) {
      reader.note({ path: at, what: 'ignored', why: 'it is readOnly' });
    } else {
      const read = readValue(path.sub ?? path.attribute, value, at, reader);
      if (isArray(read) && at !== MEMBERS) requireFew(at, read);
      if (read !== undefined) document = assignAt(document, path, read);
    }
  }
  checkRequired(type, document);
  return document;
}

/** What has as many values as it has. */
const MEMBERS = 'members';

interface Assignment {
  readonly path: AttributePath;
  readonly value: Json;
  readonly at: string;
}

/** What a body assigns, names found in the schema: attributes, and extensions by their URN, as objects or attribute by attribute. */
function* assignments(type: ResourceType, body: JsonObject, reader: Reader): Generator<Assignment> {
  for (const [name, value] of Object.entries(body)) {
    if (name.toLowerCase() === 'schemas') continue;
    const extension = extensionOf(type, name);
    if (extension !== null && isObject(value)) {
      for (const [inner, item] of Object.entries(value)) {
        yield* assignment(type, `${extension.id}:${inner}`, item, reader);
      }
    } else if (extension !== null) {
      if (value !== null) throw invalidValue(extension.id, 'needs an object.');
    } else if (name.toLowerCase() === type.core.id.toLowerCase() && isObject(value)) {
      yield* assignments(type, value, reader);
    } else {
      yield* assignment(type, name, value, reader);
    }
  }
}

function* assignment(type: ResourceType, name: string, value: Json, reader: Reader): Generator<Assignment> {
  const path = findAttribute(type, name);
  if (path === null || (path.sub !== null && path.attribute.multiValued)) {
    dropUnknown(name, reader);
  } else {
    yield { path, value, at: spellPath(path) };
  }
}

function checkSchemas(type: ResourceType, body: JsonObject, reader: Reader): void {
  const schemas = Object.entries(body).find(([name]) => name.toLowerCase() === 'schemas')?.[1] ?? [];
  const named = isArray(schemas) ? schemas : [schemas];
  const known = [type.core, ...type.extensions].map((schema) => schema.id.toLowerCase());
  for (const urn of named) {
    if (typeof urn !== 'string' || !known.includes(urn.toLowerCase()))
      dropUnknown(`schemas: ${JSON.stringify(urn)}`, reader);
  }
  const core = type.core.id.toLowerCase();
  if (
    reader.profile.unknown === 'refuse' &&
    !named.some((urn) => typeof urn === 'string' && urn.toLowerCase() === core)
  ) {
    throw invalidValue('schemas', `must name ${type.core.id}.`);
  }
}

function checkRequired(type: ResourceType, document: JsonObject): void {
  for (const attribute of type.core.attributes) {
    const path = { extension: null, attribute, sub: null };
    if (attribute.required && valueAtPath(document, path) === undefined) {
      throw invalidValue(attribute.name, 'is required.');
    }
  }
}

/** True when a client may not write what the path names. */
export function isReadOnly(path: AttributePath): boolean {
  return path.attribute.mutability === 'readOnly' || path.sub?.mutability === 'readOnly';
}

/** Refuses (`attribute.immutable`) a replacement that changes or leaves out an immutable attribute that has a value (RFC 7644 §3.5.1). */
export function keepImmutable(type: ResourceType, before: JsonObject, after: JsonObject): void {
  for (const schema of [type.core, ...type.extensions]) {
    for (const attribute of schema.attributes) {
      if (attribute.mutability !== 'immutable') continue;
      const path = { extension: schema === type.core ? null : schema, attribute, sub: null };
      const old = valueAtPath(before, path);
      if (old !== undefined && !sameJson(old, valueAtPath(after, path))) {
        throw new Refusal('attribute.immutable', {
          attribute: spellPath(path),
          why: 'is immutable and has a value.',
        });
      }
    }
  }
}

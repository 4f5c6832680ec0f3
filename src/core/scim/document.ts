/**
 * A resource as a JSON document whose names are the schema's own: written only through attribute paths, so
 * no name from outside ever becomes a property.
 */
import type { AttributePath } from './attribute-path.ts';
import { isObject, type Json, type JsonObject, omit, own } from './json.ts';

/** The value at a path that is no sub-attribute of a multi-valued attribute; undefined when unassigned. */
export function valueAtPath(document: JsonObject, path: AttributePath): Json | undefined {
  const holder = path.extension === null ? document : own(document, path.extension.id);
  const value = isObject(holder) ? own(holder, path.attribute.name) : undefined;
  if (path.sub === null) return value;
  return isObject(value) ? own(value, path.sub.name) : undefined;
}

/** The document with another value at the path; undefined unassigns. Holders left empty go too. */
export function assignAt(document: JsonObject, path: AttributePath, value: Json | undefined): JsonObject {
  if (path.sub !== null) {
    const parent = valueAtPath(document, { ...path, sub: null });
    return assignAt(
      document,
      { ...path, sub: null },
      withName(isObject(parent) ? parent : {}, path.sub.name, value),
    );
  }
  if (path.extension === null) return withName(document, path.attribute.name, value) ?? {};
  const holder = own(document, path.extension.id);
  const next = withName(isObject(holder) ? holder : {}, path.attribute.name, value);
  return withName(document, path.extension.id, next) ?? {};
}

function withName(object: JsonObject, name: string, value: Json | undefined): JsonObject | undefined {
  const next = value === undefined ? omit(object, [name]) : { ...object, [name]: value };
  return Object.keys(next).length === 0 ? undefined : next;
}

/**
 * What a feed states of a person, attribute by attribute (D-09): each at a place of the SCIM schema, by the
 * spelling of which it is kept and compared with what the same feed stated before.
 */
import { type AttributePath, findAttribute, spellPath } from '../scim/attribute-path.ts';
import { assignAt, valueAtPath } from '../scim/document.ts';
import { isArray, isObject, type Json, type JsonObject, own } from '../scim/json.ts';
import { profiles } from '../scim/profile.ts';
import type { ResourceType } from '../scim/registry.ts';
import { readValue } from '../scim/value-read.ts';
import { isRefusal } from '../refusal.ts';

/** A place for one value: an attribute, a part of one, or of a list the element of a type (null: the primary). */
export interface StatedPlace {
  readonly spelling: string;
  readonly path: AttributePath;
  readonly type: string | null;
}

/** Places that a feed may not write through a column of attributes: keys of the person, and what Muster decides. */
const RESERVED: ReadonlySet<string> = new Set([
  'id',
  'username',
  'externalid',
  'meta',
  'schemas',
  'password',
]);

/**
 * Finds the place that a setting names: `nickName`, `name.middleName`, `phoneNumbers.mobile`,
 * `urn:…:User:costCenter`. Null for what no user has, what is readOnly, and for keys of the person.
 */
export function findPlace(type: ResourceType, text: string): StatedPlace | null {
  const path = findAttribute(type, text);
  if (path !== null) return placeAt(path, null);
  const at = text.lastIndexOf('.');
  const list = at === -1 ? null : findAttribute(type, text.slice(0, at));
  if (list?.attribute.multiValued !== true || list.sub !== null) return null;
  return placeAt(list, text.slice(at + 1).toLowerCase());
}

function placeAt(path: AttributePath, type: string | null): StatedPlace | null {
  const { attribute, sub, extension } = path;
  if (attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly') return null;
  if (extension === null && RESERVED.has(attribute.name.toLowerCase())) return null;
  if (attribute.multiValued && (sub !== null || !hasSub(path, 'value'))) return null;
  if (attribute.type === 'complex' && !attribute.multiValued && sub === null && !hasSub(path, 'value')) {
    return null;
  }
  return { spelling: `${spellPath(path)}${type === null ? '' : `.${type}`}`, path, type };
}

function hasSub({ attribute }: AttributePath, name: string): boolean {
  return attribute.subAttributes.some((sub) => sub.name === name);
}

/** The value of a cell as the schema types it; why it has none, as the end of a sentence. */
export function readStatedCell(
  { path }: StatedPlace,
  cell: string,
): { readonly value: Json } | { readonly why: string } {
  const attribute = path.sub ?? path.attribute;
  if (attribute.type === 'complex' || attribute.multiValued) return { value: cell };
  const reader = { profile: profiles.auto, note: () => undefined };
  try {
    return { value: readValue(attribute, cell, attribute.name, reader) ?? cell };
  } catch (error) {
    if (isRefusal(error)) return { why: error.message };
    throw error;
  }
}

/** The value that a document has at a place; undefined for none. */
export function statedAt(document: JsonObject, { path, type }: StatedPlace): Json | undefined {
  const value = valueAtPath(document, path);
  if (path.sub !== null) return value;
  if (!path.attribute.multiValued) return isObject(value) ? own(value, 'value') : value;
  const element = isArray(value) ? value[placeInList(value, type)] : undefined;
  return isObject(element) ? own(element, 'value') : undefined;
}

/** The document with another value at a place; undefined takes it away. Other elements of a list stay. */
export function assignStated(document: JsonObject, place: StatedPlace, value: Json | undefined): JsonObject {
  const { path, type } = place;
  if (path.sub !== null) return assignAt(document, path, value);
  if (!path.attribute.multiValued) {
    const isComplex = path.attribute.type === 'complex';
    return assignAt(document, path, isComplex && value !== undefined ? { value } : value);
  }
  const old = valueAtPath(document, path);
  const list = isArray(old) ? [...old] : [];
  const at = placeInList(list, type);
  const element = list[at];
  if (value === undefined) {
    if (element !== undefined) list.splice(at, 1);
  } else if (isObject(element)) {
    list[at] = { ...element, value };
  } else {
    list.push(type === null ? { value, primary: true } : { value, type });
  }
  return assignAt(document, path, list.length === 0 ? undefined : list);
}

/** Index of the element of that type, or of the primary one, else the first; -1 for none. */
function placeInList(list: readonly Json[], type: string | null): number {
  if (type === null) {
    const primary = list.findIndex((element) => isObject(element) && own(element, 'primary') === true);
    return primary === -1 ? (list.length === 0 ? -1 : 0) : primary;
  }
  return list.findIndex((element) => {
    const kind = isObject(element) ? own(element, 'type') : undefined;
    return typeof kind === 'string' && kind.toLowerCase() === type;
  });
}

/**
 * The document as it is compared: texts that ignore case folded, binary and exact ones as they are. The
 * database keeps it beside the document, so that filters fold in one place only and every `eq`, also one inside
 * `[ ]`, is containment in one indexed value.
 */
import { foldText } from '../names.ts';
import { isArray, isObject, type Json, type JsonObject, own } from './json.ts';
import type { ResourceType } from './registry.ts';
import type { Attribute } from './schema.ts';

/** The search form of a stored document; names that no schema has (an extension since withdrawn) are left out. */
export function searchForm(type: ResourceType, document: JsonObject): JsonObject {
  const form: Record<string, Json> = folded(type.core.attributes, document);
  for (const extension of type.extensions) {
    const inner = own(document, extension.id);
    if (isObject(inner)) form[extension.id] = folded(extension.attributes, inner);
  }
  return form;
}

function folded(attributes: readonly Attribute[], object: JsonObject): Record<string, Json> {
  const form: Record<string, Json> = {};
  for (const attribute of attributes) {
    const value = own(object, attribute.name);
    if (value !== undefined) form[attribute.name] = foldedValue(attribute, value);
  }
  return form;
}

function foldedValue(attribute: Attribute, value: Json): Json {
  if (isArray(value)) return value.map((item) => foldedValue(attribute, item));
  if (isObject(value)) return folded(attribute.subAttributes, value);
  return typeof value === 'string' && !attribute.caseExact ? foldText(value) : value;
}

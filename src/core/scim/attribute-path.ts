/** Attribute paths: `userName`, `name.familyName`, `urn:…:User:employeeNumber`, without case (RFC 7644 §3.10). */
import type { ResourceType } from './registry.ts';
import { type Attribute, type Schema, attributeNamed } from './schema.ts';

export interface AttributePath {
  /** The extension that holds the attribute; null for the resource's own and the common ones. */
  readonly extension: Schema | null;
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
}

/** Finds the attribute that a path names; null when the resource type has none such. */
export function findAttribute(type: ResourceType, text: string): AttributePath | null {
  const holder = holderOf(type, text);
  if (holder === null) return null;
  const [name = '', subName, ...rest] = holder.rest.split('.');
  if (rest.length > 0) return null;
  const attribute =
    attributeNamed(holder.schema.attributes, name) ??
    (holder.extension === null ? attributeNamed(type.common.attributes, name) : null);
  if (attribute === null) return null;
  if (subName === undefined) return { extension: holder.extension, attribute, sub: null };
  const sub = attributeNamed(attribute.subAttributes, subName);
  return sub === null ? null : { extension: holder.extension, attribute, sub };
}

/**
 * Finds an attribute as people write it: `department` for the one extension that has it, where neither the resource
 * nor another extension does; everything else as {@link findAttribute}.
 */
export function findSaidAttribute(type: ResourceType, text: string): AttributePath | null {
  const found = findAttribute(type, text);
  if (found !== null || /^urn:/i.test(text)) return found;
  const [path, ...others] = type.extensions
    .map((extension) => findAttribute(type, `${extension.id}:${text}`))
    .filter((candidate) => candidate !== null);
  return others.length === 0 ? (path ?? null) : null;
}

function holderOf(
  type: ResourceType,
  text: string,
): { readonly schema: Schema; readonly extension: Schema | null; readonly rest: string } | null {
  if (!/^urn:/i.test(text)) return { schema: type.core, extension: null, rest: text };
  const lower = text.toLowerCase();
  for (const schema of [type.core, ...type.extensions]) {
    if (lower.startsWith(`${schema.id.toLowerCase()}:`)) {
      const extension = schema === type.core ? null : schema;
      return { schema, extension, rest: text.slice(schema.id.length + 1) };
    }
  }
  return null;
}

/** The path as the schema spells it, for messages and traces. */
export function spellPath(path: AttributePath): string {
  const prefix = path.extension === null ? '' : `${path.extension.id}:`;
  return `${prefix}${path.attribute.name}${path.sub === null ? '' : `.${path.sub.name}`}`;
}

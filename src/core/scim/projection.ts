/** `attributes` and `excludedAttributes` (RFC 7644 §3.9): which attributes an answer carries. */
import { Refusal } from '../refusal.ts';
import { type AttributePath, findAttribute } from './attribute-path.ts';
import { isArray, isObject, type Json, type JsonObject, omit, own } from './json.ts';
import { type ResourceType, extensionOf } from './registry.ts';
import type { Attribute, Schema } from './schema.ts';

/** Names as the client asked; at most one of the two lists is not empty. */
export interface Projection {
  readonly mode: 'default' | 'only' | 'without';
  readonly paths: readonly AttributePath[];
  readonly extensions: readonly Schema[];
}

export const everything: Projection = { mode: 'default', paths: [], extensions: [] };

/** Reads the two parameters, names apart by commas. Refuses both at once (`body.invalid`); unknown names select nothing. */
export function readProjection(
  type: ResourceType,
  attributes: string | null,
  excluded: string | null,
): Projection {
  const only = namesIn(attributes);
  const without = namesIn(excluded);
  if (only.length > 0 && without.length > 0) {
    throw new Refusal('body.invalid', { why: 'Give attributes or excludedAttributes, not both.' });
  }
  if (only.length === 0 && without.length === 0) return everything;
  const names = only.length > 0 ? only : without;
  return {
    mode: only.length > 0 ? 'only' : 'without',
    paths: names.flatMap((name) => findAttribute(type, name) ?? []),
    extensions: names.flatMap((name) => extensionOf(type, name) ?? []),
  };
}

/** Splits at commas outside brackets and quotes, and drops a filter in brackets: `emails[type eq "work"]` asks for emails. */
function namesIn(text: string | null): readonly string[] {
  if (text === null) return [];
  return withoutFilters(text)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The text without what stands in brackets, in one pass; a bracket that is never closed takes the rest with it. */
function withoutFilters(text: string): string {
  const kept: string[] = [];
  let state: 'outside' | 'inside' | 'quoted' = 'outside';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (state === 'outside') {
      if (char !== '[') continue;
      kept.push(text.slice(from, at));
      state = 'inside';
    } else if (state === 'quoted') {
      if (char === '\\') at += 1;
      else if (char === '"') state = 'inside';
    } else if (char === '"') {
      state = 'quoted';
    } else if (char === ']') {
      state = 'outside';
      from = at + 1;
    }
  }
  if (state === 'outside') kept.push(text.slice(from));
  return kept.join('');
}

/** True when an answer carries the attribute, so that what it costs has to be done. */
export function wants(projection: Projection, extension: Schema | null, attribute: Attribute): boolean {
  return subsWanted(projection, extension, attribute) !== 'none';
}

/** True when an answer carries the attribute of the resource's own schema that has this name. */
export function wantsCore(projection: Projection, type: ResourceType, name: string): boolean {
  const path = findAttribute(type, name);
  return path !== null && wants(projection, path.extension, path.attribute);
}

/**
 * The resource with what the projection leaves of it, in the order of the schemas; unassigned values are left out.
 * `schemas` names the extensions that are left (RFC 7643 §3).
 */
export function project(type: ResourceType, resource: JsonObject, projection: Projection): JsonObject {
  const left = (source: JsonObject, extension: Schema | null, attributes: readonly Attribute[]): JsonObject =>
    Object.fromEntries(
      attributes.flatMap((attribute) => {
        const value = own(source, attribute.name);
        const wanted = subsWanted(projection, extension, attribute);
        const shown = value === undefined ? undefined : projected(attribute, value, wanted);
        return shown === undefined ? [] : [[attribute.name, shown]];
      }),
    );
  const common = left(resource, null, type.common.attributes);
  const extensions = type.extensions.flatMap((extension): [string, JsonObject][] => {
    const source = own(resource, extension.id);
    const inner = isObject(source) ? left(source, extension, extension.attributes) : {};
    return Object.keys(inner).length === 0 ? [] : [[extension.id, inner]];
  });
  return {
    schemas: [type.core.id, ...extensions.map(([urn]) => urn)],
    ...omit(common, ['schemas', 'meta']),
    ...left(resource, null, type.core.attributes),
    ...Object.fromEntries(extensions),
    ...(common.meta === undefined ? {} : { meta: common.meta }),
  };
}

type Wanted =
  'none' | 'all' | { readonly only: ReadonlySet<string> } | { readonly without: ReadonlySet<string> };

function subsWanted(projection: Projection, extension: Schema | null, attribute: Attribute): Wanted {
  if (attribute.returned === 'never') return 'none';
  if (attribute.returned === 'always') return 'all';
  const named = projection.paths.filter(
    (path) => path.attribute === attribute && path.extension === extension,
  );
  const isWhole =
    named.some((path) => path.sub === null) ||
    (extension !== null && projection.extensions.includes(extension));
  const subs = new Set(named.flatMap((path) => path.sub?.name ?? []));
  switch (projection.mode) {
    case 'default':
      return attribute.returned === 'request' ? 'none' : 'all';
    case 'only':
      return isWhole ? 'all' : subs.size > 0 ? { only: subs } : 'none';
    case 'without':
      if (isWhole || attribute.returned === 'request') return 'none';
      return subs.size > 0 ? { without: subs } : 'all';
  }
}

function projected(attribute: Attribute, value: Json, wanted: Wanted): Json | undefined {
  if (wanted === 'none') return undefined;
  if (wanted === 'all') return value;
  const shorten = (item: Json): Json | undefined => {
    if (!isObject(item)) return item;
    const entries = Object.entries(item).filter(([name]) =>
      'only' in wanted ? wanted.only.has(name) : !wanted.without.has(name),
    );
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  };
  if (!isArray(value)) return shorten(value);
  const elements = value.flatMap((item) => shorten(item) ?? []);
  return elements.length === 0 && attribute.multiValued ? undefined : elements;
}

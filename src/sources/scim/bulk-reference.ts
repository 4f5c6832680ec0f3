/** References between the operations of a Bulk: `bulkId:NAME` where an id goes (RFC 7644 §3.7.2). */
import { isArray, isObject, type Json, type JsonObject } from '../../core/scim/json.ts';

const REFERENCE = /bulkId:([^/\s"]+)/gi;

/** The names that a text, or any text inside a value, refers to. */
export function referencesIn(value: Json): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (part: Json): void => {
    if (typeof part === 'string') {
      for (const [, name] of part.matchAll(REFERENCE)) if (name !== undefined) names.add(name);
    } else if (isArray(part)) {
      part.forEach(walk);
    } else if (isObject(part)) {
      Object.values(part).forEach(walk);
    }
  };
  walk(value);
  return names;
}

/** The value with each reference replaced by the id that its name stands for; those not in `ids` stay. */
export function withIds(value: Json, ids: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') {
    return value.replace(REFERENCE, (reference, name: string) => ids.get(name) ?? reference);
  }
  if (isArray(value)) return value.map((item) => withIds(item, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withIds(item, ids)]));
}

/** A resource without what still refers to others, and the PATCH operations that add it afterwards. */
export interface Divided {
  readonly plain: JsonObject;
  readonly later: readonly LaterOperation[];
}

/** An operation of a PATCH. */
export type LaterOperation = JsonObject & { readonly op: 'add'; readonly path: string };

/** Divides a resource so that one of a circle of references can be made before the others. */
export function divide(resource: JsonObject): Divided {
  const plain: Record<string, Json> = {};
  const later: LaterOperation[] = [];
  for (const [name, value] of Object.entries(resource)) {
    if (isArray(value)) {
      const waiting = value.filter(refers);
      plain[name] = value.filter((item) => !refers(item));
      if (waiting.length > 0) later.push({ op: 'add', path: name, value: waiting });
    } else if (/^urn:/i.test(name) && isObject(value)) {
      const inner = divide(value);
      plain[name] = inner.plain;
      later.push(...inner.later.map((operation) => ({ ...operation, path: `${name}:${operation.path}` })));
    } else if (refers(value)) {
      later.push({ op: 'add', path: name, value });
    } else {
      plain[name] = value;
    }
  }
  return { plain, later };
}

function refers(value: Json): boolean {
  return referencesIn(value).size > 0;
}

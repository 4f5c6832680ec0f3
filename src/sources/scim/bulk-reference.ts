/**
 * References between the operations of a Bulk: `bulkId:NAME` where an id goes (RFC 7644 §3.7.2). That is a whole
 * value, a whole segment of an operation's path, or a whole value that the path of a PATCH compares with; the same
 * letters within a longer text are text.
 */
import { isArray, isObject, type Json, type JsonObject } from '../../core/scim/json.ts';

const WHOLE = /^bulkId:(\S+)$/i;
/** In the path of a PATCH: `members[value eq "bulkId:x"]`. */
const COMPARED = /"bulkId:([^"\\\s]+)"/gi;

/** Gives the id that a name stands for, or undefined. */
type Look = (name: string) => string | undefined;

/** Where an operation refers to others: its path and its data. */
export interface Referring {
  readonly path: string;
  readonly data: Json;
}

/** The names that an operation refers to. */
export function referencesIn({ path, data }: Referring): ReadonlySet<string> {
  const names = new Set<string>();
  const look: Look = (name) => {
    names.add(name);
    return undefined;
  };
  inPath(path, look);
  inValue(data, look, null);
  return names;
}

/** The operation with each reference replaced by the id that its name stands for; those not in `ids` stay. */
export function withIds<Operation extends Referring>(
  operation: Operation,
  ids: ReadonlyMap<string, string>,
): Operation {
  const look: Look = (name) => ids.get(name);
  return { ...operation, path: inPath(operation.path, look), data: inValue(operation.data, look, null) };
}

function inPath(path: string, look: Look): string {
  const [below = '', ...search] = path.split('?');
  const segments = below.split('/').map((segment) => inText(decoded(segment), look) ?? segment);
  return [segments.join('/'), ...search].join('?');
}

function inValue(value: Json, look: Look, name: string | null): Json {
  if (typeof value === 'string') {
    return name?.toLowerCase() === 'path'
      ? value.replace(COMPARED, (whole, compared: string) => {
          const id = look(compared);
          return id === undefined ? whole : JSON.stringify(id);
        })
      : (inText(value, look) ?? value);
  }
  if (isArray(value)) return value.map((item) => inValue(item, look, null));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([inner, item]): [string, Json] => [inner, inValue(item, look, inner)]),
  );
}

function inText(text: string, look: Look): string | undefined {
  const name = WHOLE.exec(text)?.[1];
  return name === undefined ? undefined : look(name);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
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
  const plain: [string, Json][] = [];
  const later: LaterOperation[] = [];
  for (const [name, value] of Object.entries(resource)) {
    if (isArray(value)) {
      const waiting = value.filter(refers);
      plain.push([name, value.filter((item) => !refers(item))]);
      if (waiting.length > 0) later.push({ op: 'add', path: name, value: waiting });
    } else if (/^urn:/i.test(name) && isObject(value)) {
      const inner = divide(value);
      plain.push([name, inner.plain]);
      later.push(...inner.later.map((operation) => ({ ...operation, path: `${name}:${operation.path}` })));
    } else if (refers(value)) {
      later.push({ op: 'add', path: name, value });
    } else {
      plain.push([name, value]);
    }
  }
  return { plain: Object.fromEntries(plain), later };
}

function refers(data: Json): boolean {
  return referencesIn({ path: '', data }).size > 0;
}

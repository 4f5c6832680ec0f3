/**
 * Traces of requests, fit to be kept and shown: without secrets, and of a size that does not depend on what was
 * sent.
 */
import { isArray, isObject, type Json, type JsonObject } from './json.ts';
import { type Registry, schemasOf } from './registry.ts';
import type { Attribute } from './schema.ts';
import type { Note } from './value-read.ts';

/** What came in and what became of it. */
export interface Trace {
  readonly received: { readonly query: JsonObject; readonly body: Json };
  /** What was understood: the filter, the document, the operations of a PATCH. One for each operation of a Bulk. */
  readonly normalised: readonly Json[];
  /** What was mended, dropped or ignored on the way, which the profile `strict` would have refused. */
  readonly notes: readonly Note[];
  /** What was written. Empty where nothing changed. */
  readonly changed: readonly JsonObject[];
  readonly answered: JsonObject;
}

const REMOVED = '[removed]';
const MORE = '…';
const MAX_ITEMS = 20;
const MAX_TEXT = 500;
const MAX_NODES = 600;

/** Names that never hold anything else, whatever the schema says. */
const ALWAYS_SECRET = ['password', 'secret', 'token', 'access_token', 'client_secret', 'authorization'];

/** Names, in small letters, of attributes that hold secrets: those that are never returned. */
export function secretNames(registry: Registry): ReadonlySet<string> {
  const names = new Set(ALWAYS_SECRET);
  const walk = (attributes: readonly Attribute[]): void => {
    for (const { name, returned, mutability, subAttributes } of attributes) {
      if (returned === 'never' || mutability === 'writeOnly') names.add(name.toLowerCase());
      walk(subAttributes);
    }
  };
  for (const { attributes } of schemasOf(registry)) walk(attributes);
  return names;
}

/** A copy that may be kept: secrets replaced, long texts and lists cut, at most some hundred values in all. */
export function keepable(value: Json, secrets: ReadonlySet<string>): Json {
  let nodes = 0;
  const copy = (part: Json): Json => {
    nodes += 1;
    if (nodes > MAX_NODES) return MORE;
    if (typeof part === 'string')
      return keepableText(namesSecret(part, secrets) ? withoutValues(part) : part);
    if (isArray(part)) {
      const kept = part.slice(0, MAX_ITEMS).map(copy);
      return part.length > MAX_ITEMS ? [...kept, `${MORE} ${part.length - MAX_ITEMS} more`] : kept;
    }
    return isObject(part) ? copyObject(part) : part;
  };
  const copyObject = (object: JsonObject): JsonObject => {
    const entries = Object.entries(object);
    const path = entries.find(([name]) => name.toLowerCase() === 'path')?.[1];
    const isOfSecret = typeof path === 'string' && namesSecret(path, secrets);
    const kept = entries.slice(0, MAX_NODES).map(([name, item]): readonly [string, Json] => {
      const key = name.toLowerCase();
      if (isOfSecret && key === 'path') return [name, withoutValues(path)];
      const isFilter = key === 'filter' && typeof item === 'string' && namesSecret(item, secrets);
      if (isFilter || (isOfSecret && key === 'value') || namesSecret(name, secrets))
        return [keepableText(name), REMOVED];
      return [keepableText(name), copy(item)];
    });
    return Object.fromEntries(kept);
  };
  return copy(value);
}

/** Parameters of a URL that may be kept. */
export function keepableQuery(query: ReadonlyMap<string, string>, secrets: ReadonlySet<string>): JsonObject {
  const kept = [...query].slice(0, MAX_ITEMS).map(([name, value]): readonly [string, Json] => {
    const isSecret = namesSecret(name, secrets) || namesSecret(value, secrets);
    return [keepableText(name), isSecret ? REMOVED : keepableText(value)];
  });
  return Object.fromEntries(kept);
}

/** The path of a request that may be kept. */
export function keepablePath(path: string): string {
  return keepableText(path);
}

/** A note that may be kept: of a secret it says only where. */
export function keepableNote(note: Note, secrets: ReadonlySet<string>): Note {
  const { path, what, why } = note;
  return namesSecret(path, secrets)
    ? { path: withoutValues(path), what, why: REMOVED }
    : { path: keepableText(path), what, why: keepableText(why) };
}

/** True when one of the names in a path, or in a filter, is that of a secret. */
function namesSecret(text: string, secrets: ReadonlySet<string>): boolean {
  return text
    .toLowerCase()
    .split(/[^\w$-]+/)
    .some((name) => secrets.has(name));
}

/** A path or a sentence about one, without what is in brackets and without what is quoted, unless that is a name alone. */
function withoutValues(text: string): string {
  const unbracketed = text.replace(/\[.*\]/s, `[${REMOVED}]`);
  return keepableText(unbracketed.replace(/"(?![A-Za-z]{1,20}")[^"]*"/g, REMOVED));
}

/** Tokens of ours are masked wherever they stand, and what PostgreSQL keeps in no text is replaced. */
function keepableText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}${MORE}` : text;
  return cut
    .replace(/\0|\p{Surrogate}/gu, '\ufffd')
    .replace(/mst_[\w.-]+/g, REMOVED)
    .replace(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REMOVED}`);
}

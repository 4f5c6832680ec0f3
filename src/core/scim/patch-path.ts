/** PATCH paths: `attr`, `attr.sub`, `attr[filter]`, `attr[filter].sub`, each with a URN before it (RFC 7644 §3.5.2). */
import { Refusal } from '../refusal.ts';
import { type AttributePath, findAttribute } from './attribute-path.ts';
import { parseElementFilter } from './filter-parse.ts';
import type { PatchTarget } from './patch.ts';
import type { ResourceType } from './registry.ts';
import { attributeNamed } from './schema.ts';
import type { Reader } from './value-read.ts';

const MAX_PATH = 4_096;

/** Finds what a path names; null when no schema has such an attribute. Refuses (`path.invalid`) what is no path at all. */
export function findTarget(type: ResourceType, text: string, reader: Reader): PatchTarget | null {
  if (text.length > MAX_PATH) throw invalidPath(`${text.slice(0, 40)}…`, 'it is too long.');
  const opened = text.indexOf('[');
  if (opened === -1) {
    if (!/^[\w$.:-]+$/.test(text)) throw invalidPath(text, 'it is no attribute name.');
    const path = findAttribute(type, text);
    return path === null ? null : { path: { ...path, sub: null }, test: null, sub: path.sub };
  }
  const closed = text.lastIndexOf(']');
  const after = text.slice(closed + 1);
  if (closed < opened || !/^(?:\.\$?[\w-]+)?$/.test(after))
    throw invalidPath(text, 'its brackets do not fit.');
  const path = findAttribute(type, text.slice(0, opened).trim());
  if (path === null) return null;
  return withTest(path, { text, filter: text.slice(opened + 1, closed), subName: after.slice(1) }, reader);
}

function withTest(
  path: AttributePath,
  { text, filter, subName }: { readonly text: string; readonly filter: string; readonly subName: string },
  reader: Reader,
): PatchTarget | null {
  if (path.sub !== null || !path.attribute.multiValued)
    throw invalidPath(text, 'it selects from what has one value.');
  const sub = subName === '' ? null : attributeNamed(path.attribute.subAttributes, subName);
  if (subName !== '' && sub === null) return null;
  try {
    return { path, test: parseElementFilter(path, filter, reader.profile), sub };
  } catch (error) {
    if (error instanceof Refusal) throw invalidPath(text, error.message);
    throw error;
  }
}

function invalidPath(path: string, why: string): Refusal {
  return new Refusal('path.invalid', { path, why });
}

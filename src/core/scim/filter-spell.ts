/** A filter as text: what was understood of the one that was sent, in the canonical spelling of the schema. */
import { spellPath } from './attribute-path.ts';
import type { Comparand, Filter } from './filter.ts';
import { writeInstant } from './instant.ts';

/** Writes a filter so that it reads as the same filter again. */
export function spellFilter(filter: Filter): string {
  return spell(filter, 'outside');
}

/** Inside brackets a path is said from the element on. */
function spell(filter: Filter, where: 'outside' | 'inside'): string {
  const path = (of: Extract<Filter, { readonly path: unknown }>['path']): string =>
    where === 'outside' ? spellPath(of) : (of.sub?.name ?? 'value');
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.terms.map((term) => spell(term, where)).join(` ${filter.kind} `)})`;
    case 'not':
      return `not (${spell(filter.term, where)})`;
    case 'present':
      return `${path(filter.path)} pr`;
    case 'compare':
      return `${path(filter.path)} ${filter.with.op} ${spellValue(filter.with)}`;
    case 'some':
      return `${spellPath({ ...filter.path, sub: null })}[${spell(filter.test, 'inside')}]`;
  }
}

function spellValue(comparand: Comparand): string {
  switch (comparand.kind) {
    case 'text':
      return JSON.stringify(comparand.text);
    case 'number':
      return String(comparand.number);
    case 'boolean':
      return String(comparand.boolean);
    case 'instant':
      return JSON.stringify(writeInstant(Math.floor(comparand.instant)));
  }
}

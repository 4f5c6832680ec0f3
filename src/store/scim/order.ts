/**
 * Orders of a list: by creation (the row's number), or by an attribute and then by creation (RFC 7644 §3.4.2.3).
 * A page that goes on from a row asks for what comes after that row's key, whatever was added or removed before it.
 */
import type { AttributePath } from '../../core/scim/attribute-path.ts';
import type { Binder } from './binder.ts';
import type { Vocabulary } from './condition.ts';
import type { ValueSql } from './value-sql.ts';

export interface Sort {
  readonly path: AttributePath;
  readonly direction: 'ascending' | 'descending';
}

/**
 * Texts are ordered by so many of their first characters, and those that begin alike by creation: the key of the last
 * row goes into a cursor, which goes into a URL.
 */
export const SORTED_LENGTH = 300;

/** The place of a row in an order; `key` is its sort value as text, null for none, and unused without a sort. */
export interface RowPlace {
  readonly n: number;
  readonly key: string | null;
}

export interface OrderSql {
  /** Text expression of the sort value; null without a sort. */
  readonly key: string | null;
  readonly orderBy: string;
  /** Condition for rows after a place. */
  readonly after: (place: RowPlace) => string;
}

/** The order of the table under `alias`. Missing values come last ascending and first descending. */
export function orderSql(alias: string, sort: Sort | null, vocabulary: Vocabulary, binder: Binder): OrderSql {
  const n = `${alias}.n`;
  if (sort === null) {
    return { key: null, orderBy: n, after: (place) => `${n} > ${binder.bind(place.n)}::int` };
  }
  const { expression, type } = sortKey(alias, sort.path, vocabulary, binder);
  const isDescending = sort.direction === 'descending';
  return {
    key: `(${expression})::text`,
    orderBy: `${expression}${type === 'text' ? ' collate "C"' : ''}${isDescending ? ' desc' : ''}, ${n}`,
    after: ({ key, n: last }) => {
      const next = `${n} > ${binder.bind(last)}::int`;
      if (key === null) {
        return isDescending
          ? `(${expression} is not null or ${next})`
          : `(${expression} is null and ${next})`;
      }
      const wanted = `${binder.bind(key)}::${type}`;
      const collated = type === 'text' ? `(${expression}) collate "C"` : expression;
      const beyond = isDescending
        ? `${collated} < ${wanted}`
        : `(${collated} > ${wanted} or ${expression} is null)`;
      return `(${beyond} or (${expression} = ${wanted} and ${next}))`;
    },
  };
}

interface SortKey {
  readonly expression: string;
  readonly type: 'text' | 'boolean' | 'numeric' | 'timestamptz' | 'uuid';
}

function sortKey(alias: string, path: AttributePath, vocabulary: Vocabulary, binder: Binder): SortKey {
  if (path.attribute.multiValued)
    return { expression: firstOf(firstElement(alias, path, binder)), type: 'text' };
  const value = vocabulary.value(path);
  return value === null
    ? { expression: 'null::text', type: 'text' }
    : keyOf(value, (path.sub ?? path.attribute).caseExact);
}

function keyOf(value: ValueSql, isExact: boolean): SortKey {
  switch (value.kind) {
    case 'text':
      return {
        expression: isExact ? firstOf(value.exact) : (value.prefix ?? firstOf(value.folded)),
        type: 'text',
      };
    case 'timeText':
      return { expression: value.column, type: 'text' };
    case 'uuid':
      return { expression: value.column, type: 'uuid' };
    case 'boolean':
      return { expression: value.column, type: 'boolean' };
    case 'number':
      return { expression: value.column, type: 'numeric' };
    case 'time':
      return { expression: value.column, type: 'timestamptz' };
  }
}

function firstOf(text: string): string {
  return `left(${text}, ${SORTED_LENGTH})`;
}

/** Of a multi-valued attribute the value of the primary element, else of the first. */
function firstElement(alias: string, { extension, attribute, sub }: AttributePath, binder: Binder): string {
  const names = [...(extension === null ? [] : [extension.id]), attribute.name];
  const leaf = sub ?? attribute.subAttributes.find(({ name }) => name === 'value') ?? attribute;
  const document = `${alias}.${leaf.caseExact ? 'document' : 'search'}`;
  const every = names.map((name) => JSON.stringify(name)).join('.');
  const primary = binder.bind(`$.${every}[*] ? (@.primary == true)`);
  const inner = leaf === attribute ? `'{}'::text[]` : `array[${binder.bind(leaf.name)}::text]`;
  const first = binder.bind([...names, '0']);
  return `(coalesce(jsonb_path_query_first(${document}, ${primary}::jsonpath), ${document} #> ${first}::text[]) #>> ${inner})`;
}

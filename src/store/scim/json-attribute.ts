/**
 * Attributes that live in the document. Each row has it twice: `document` as it was written, and `search` with
 * all texts folded (core/scim/search-form.ts), which has an index for containment.
 */
import { foldText } from '../../core/names.ts';
import type { AttributePath } from '../../core/scim/attribute-path.ts';
import type { Comparand, Filter } from '../../core/scim/filter.ts';
import type { Json, JsonObject } from '../../core/scim/json.ts';
import type { Attribute } from '../../core/scim/schema.ts';
import type { Binder } from './binder.ts';
import { conditionSql, elementVocabulary, type Vocabulary } from './condition.ts';
import type { ValueSql } from './value-sql.ts';

/** The vocabulary of a table with the columns `document` and `search`, under this alias. */
export function jsonVocabulary(alias: string, binder: Binder): Vocabulary {
  return {
    value: (path) => {
      const leaf = path.sub ?? path.attribute;
      return leaf.type === 'complex' ? null : valueAt(alias, leaf, namesOf(path), binder);
    },
    present: (path) => `${alias}.document #> ${binder.bind(namesOf(path))}::text[] is not null`,
    indexed: ({ path, with: comparand }) => {
      const value = foldedValue(comparand);
      return value === null || comparand.op !== 'eq' || isExactText(comparand)
        ? null
        : containsSql(alias, nested(namesOf(path), value), binder);
    },
    some: (path, test) => someElement(alias, path, test, binder),
  };
}

function namesOf({ extension, attribute, sub }: AttributePath): readonly string[] {
  return [...(extension === null ? [] : [extension.id]), attribute.name, ...(sub === null ? [] : [sub.name])];
}

function valueAt(alias: string, leaf: Attribute, names: readonly string[], binder: Binder): ValueSql {
  const path = `${binder.bind(names)}::text[]`;
  return typedValue(leaf, {
    document: `${alias}.document #> ${path}`,
    text: `${alias}.document #>> ${path}`,
    folded: `${alias}.search #>> ${path}`,
  });
}

/** A value of a document by its type; one of another type, left from an older schema, is null. */
function typedValue(
  leaf: Attribute,
  { document, text, folded }: { readonly document: string; readonly text: string; readonly folded: string },
): ValueSql {
  switch (leaf.type) {
    case 'boolean':
      return {
        kind: 'boolean',
        column: `(case jsonb_typeof(${document}) when 'boolean' then (${text})::boolean end)`,
      };
    case 'integer':
    case 'decimal':
      return {
        kind: 'number',
        column: `(case jsonb_typeof(${document}) when 'number' then (${text})::numeric end)`,
      };
    case 'dateTime':
      return { kind: 'timeText', column: `(${text})` };
    default:
      return { kind: 'text', exact: `(${text})`, folded: `(${folded})` };
  }
}

function someElement(alias: string, path: AttributePath, test: Filter, binder: Binder): string {
  const names = namesOf({ ...path, sub: null });
  const known = equalities(test);
  const contained =
    known.length === 0
      ? null
      : containsSql(
          alias,
          nested(names, [known.reduce<JsonObject>((element, part) => ({ ...element, ...part }), {})]),
          binder,
        );
  if (contained !== null && isEqualitiesAlone(test)) return contained;
  const every = binder.bind(`$.${names.map((name) => JSON.stringify(name)).join('.')}[*]`);
  const vocabulary = elementVocabulary((leaf) => {
    if (leaf.sub === null && leaf.attribute.type === 'complex') return null;
    const sub = leaf.sub === null ? `'{}'::text[]` : `array[${binder.bind(leaf.sub.name)}::text]`;
    return typedValue(leaf.sub ?? leaf.attribute, {
      document: `e.item #> ${sub}`,
      text: `e.item #>> ${sub}`,
      folded: `e.folded #>> ${sub}`,
    });
  }, 'e.item is not null');
  const element = `exists (
    select from rows from (jsonb_path_query(${alias}.document, ${every}::jsonpath),
                           jsonb_path_query(${alias}.search, ${every}::jsonpath)) as e(item, folded)
    where ${conditionSql(test, vocabulary, binder)})`;
  return contained === null ? element : `(${contained} and ${element})`;
}

/** Sub-attributes that an element must equal to fit the test, in their folded form. */
function equalities(test: Filter): readonly JsonObject[] {
  if (test.kind === 'and') return test.terms.flatMap(equalities);
  if (test.kind !== 'compare' || test.with.op !== 'eq' || test.path.sub === null) return [];
  const value = foldedValue(test.with);
  return value === null ? [] : [{ [test.path.sub.name]: value }];
}

/** True when containment of the equalities says all that the test says. */
function isEqualitiesAlone(test: Filter): boolean {
  const leaves = test.kind === 'and' ? test.terms : [test];
  const names = leaves.map((leaf) =>
    leaf.kind === 'compare' && leaf.with.op === 'eq' && leaf.path.sub !== null && !isExactText(leaf.with)
      ? foldedValue(leaf.with) === null
        ? null
        : leaf.path.sub.name
      : null,
  );
  return !names.includes(null) && new Set(names).size === names.length;
}

function isExactText(comparand: Comparand): boolean {
  return comparand.kind === 'text' && comparand.exact;
}

/** The value as `search` has it; null for one that containment cannot find. */
function foldedValue(comparand: Comparand): Json {
  switch (comparand.kind) {
    case 'text':
      return foldText(comparand.text);
    case 'boolean':
      return comparand.boolean;
    case 'number':
      return comparand.number;
    case 'instant':
      return null;
  }
}

function nested(names: readonly string[], value: Json): JsonObject {
  const [first = '', ...rest] = names;
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}

function containsSql(alias: string, part: JsonObject, binder: Binder): string {
  return `${alias}.search @> ${binder.bind(JSON.stringify(part))}::jsonb`;
}

/** A filter as one SQL condition with parameters: the structure here, what each attribute is in the vocabulary. */
import type { AttributePath } from '../../core/scim/attribute-path.ts';
import type { Filter } from '../../core/scim/filter.ts';
import type { Binder } from './binder.ts';
import { comparesSql, presentSql, type ValueSql } from './value-sql.ts';

/** What the attributes of a resource type, or of one element, are in SQL. */
export interface Vocabulary {
  /** The value at the path; null for a complex one, whose presence is all that can be asked. */
  readonly value: (path: AttributePath) => ValueSql | null;
  /** A condition that a complex attribute, or an element as a whole, is assigned. */
  readonly present: (path: AttributePath) => string;
  /** A condition that equals the comparison of one value and has an index; null where there is none. */
  readonly indexed: (leaf: Extract<Filter, { readonly kind: 'compare' }>) => string | null;
  /** A condition that one element of the attribute fits the test. */
  readonly some: (path: AttributePath, test: Filter) => string;
}

/** The condition; it is null or false where the filter does not hold. */
export function conditionSql(filter: Filter, vocabulary: Vocabulary, binder: Binder): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${filter.terms.map((term) => conditionSql(term, vocabulary, binder)).join(` ${filter.kind} `)})`;
    case 'not':
      return `((${conditionSql(filter.term, vocabulary, binder)}) is not true)`;
    case 'present': {
      const value = vocabulary.value(filter.path);
      return value === null ? vocabulary.present(filter.path) : presentSql(value);
    }
    case 'compare': {
      const indexed = vocabulary.indexed(filter);
      if (indexed !== null) return indexed;
      const value = vocabulary.value(filter.path);
      return value === null ? 'false' : comparesSql(value, filter.with, binder);
    }
    case 'some':
      return vocabulary.some(filter.path, filter.test);
  }
}

/** A vocabulary of elements: their values alone, no elements within. */
export function elementVocabulary(
  value: (path: AttributePath) => ValueSql | null,
  present: string,
): Vocabulary {
  return { value, present: () => present, indexed: () => null, some: () => 'false' };
}

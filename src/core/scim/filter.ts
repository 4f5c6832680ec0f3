/** The filter as a tree typed by the schema: what the evaluator, the SQL compiler and PATCH paths read. */
import type { AttributePath } from './attribute-path.ts';

export type TextComparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';
export type OrderComparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type EqualComparison = 'eq' | 'ne';

/**
 * A comparison of one value. `text` is compared folded unless `exact`; `instant` is in milliseconds since 1970,
 * with its fraction.
 */
export type Comparand =
  | { readonly kind: 'text'; readonly op: TextComparison; readonly text: string; readonly exact: boolean }
  | { readonly kind: 'number'; readonly op: OrderComparison; readonly number: number }
  | { readonly kind: 'boolean'; readonly op: EqualComparison; readonly boolean: boolean }
  | { readonly kind: 'instant'; readonly op: OrderComparison; readonly instant: number };

/**
 * `some` holds when one element of the multi-valued attribute at `path` fits `test`; the leaves inside speak of
 * that element, through their `path.sub`, or of the element itself where `path.sub` is null.
 *
 * Unassigned values (RFC 7643 §2.5): every comparison is false but `ne`, which is true; `some` of no elements
 * is false, also for `ne`.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Filter[] }
  | { readonly kind: 'not'; readonly term: Filter }
  | { readonly kind: 'present'; readonly path: AttributePath }
  | { readonly kind: 'compare'; readonly path: AttributePath; readonly with: Comparand }
  | { readonly kind: 'some'; readonly path: AttributePath; readonly test: Filter };

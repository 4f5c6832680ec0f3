/** PATCH (RFC 7644 §3.5.2) in its three forms: as sent, normalised, and resolved against the schema. */
import type { AttributePath } from './attribute-path.ts';
import type { Filter } from './filter.ts';
import type { Json, JsonObject } from './json.ts';
import type { Attribute } from './schema.ts';

/** One operation after normalising: it has a path, and a value unless it removes. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: string;
  /** undefined where none was sent; null is kept, it unassigns. */
  readonly value: Json | undefined;
}

/**
 * One change of a document, typed by the schema. `assign` gives all values of a multi-valued attribute,
 * `append` adds to them. `changeElements` sets or (undefined) unsets sub-attributes of the elements that fit
 * `test` (null: all); where none does, `seed` is what a new one starts from, or why there will be none.
 */
export type Mutation =
  | { readonly kind: 'set'; readonly path: AttributePath; readonly value: Json }
  | { readonly kind: 'clear'; readonly path: AttributePath }
  | { readonly kind: 'merge'; readonly path: AttributePath; readonly subs: SubChanges }
  | { readonly kind: 'assign'; readonly path: AttributePath; readonly values: readonly Json[] }
  | { readonly kind: 'append'; readonly path: AttributePath; readonly values: readonly Json[] }
  | { readonly kind: 'removeValues'; readonly path: AttributePath; readonly values: readonly Json[] }
  | { readonly kind: 'removeElements'; readonly path: AttributePath; readonly test: Filter }
  | {
      readonly kind: 'changeElements';
      readonly path: AttributePath;
      readonly test: Filter | null;
      readonly subs: SubChanges;
      readonly seed: JsonObject | 'refuse' | 'skip';
    };

export type SubChanges = Readonly<Record<string, Json | undefined>>;

/** Where a PATCH path leads. */
export interface PatchTarget {
  readonly path: AttributePath;
  /** The filter in brackets, over the elements of the attribute. */
  readonly test: Filter | null;
  /** The sub-attribute after the attribute or the brackets. */
  readonly sub: Attribute | null;
}

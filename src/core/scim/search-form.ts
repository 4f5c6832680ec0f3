/**
 * The document as it is compared without case: every text folded, whatever the schema says of it. The database
 * keeps it beside the document, so that folding is done in one place and most tests for equality, those inside
 * `[ ]` too, are containment in one indexed value. Exact comparisons read the document itself.
 */
import { foldText } from '../names.ts';

/** The search form of a stored document. */
export function searchForm(document: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, folded(value)]));
}

function folded(value: unknown): unknown {
  if (typeof value === 'string') return foldText(value);
  if (Array.isArray(value)) return value.map(folded);
  return typeof value === 'object' && value !== null ? searchForm(value as Record<string, unknown>) : value;
}

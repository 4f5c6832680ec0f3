/** Third step of PATCH: mutations applied to a document, one after the other (RFC 7644 §3.5.2). */
import { Refusal } from '../refusal.ts';
import { type AttributePath, spellPath } from './attribute-path.ts';
import { assignAt, valueAtPath } from './document.ts';
import { distinct, pluralKey, requireFew, settlePrimary, valueKey, withSubs } from './element.ts';
import { elementTest } from './filter-evaluate.ts';
import type { Filter } from './filter.ts';
import { isArray, isObject, type Json, type JsonObject, omit, own, sameJson } from './json.ts';
import type { Mutation } from './patch.ts';

/**
 * The document after the mutations, in their order; the one that was given stays as it is. Refuses a change of an
 * immutable attribute that has a value, a filter that nothing fits where the profile wants that refused, and
 * (`value.invalid`) more work than one PATCH may make.
 */
export function applyMutations(document: JsonObject, mutations: readonly Mutation[]): JsonObject {
  let looks = 0;
  return mutations.reduce((current, mutation) => {
    looks += looksOf(current, mutation);
    if (looks > MOST_LOOKS) {
      const why = 'has too many values for so many operations on it; send fewer of them at once.';
      throw new Refusal('value.invalid', { attribute: spellPath(mutation.path), why });
    }
    return applyMutation(current, mutation);
  }, document);
}

/**
 * Most looks at values of attributes in one PATCH, during which all other requests wait. A filter looks once for each
 * of its terms; changing values counts as three looks at each. With the most values of an attribute that leaves 50
 * changes by a filter such as `[type eq "work"]`, with 50 values as many as a PATCH may have.
 */
export const MOST_LOOKS = 200_000;

function looksOf(document: JsonObject, mutation: Mutation): number {
  if (!mutation.path.attribute.multiValued) return 0;
  const test = 'test' in mutation ? mutation.test : null;
  const looks = (test === null ? 1 : termsOf(test)) + (mutation.kind === 'changeElements' ? 3 : 0);
  return elementsAt(document, mutation.path).length * looks;
}

function termsOf(filter: Filter): number {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.terms.reduce((sum, term) => sum + termsOf(term), 0);
    case 'not':
      return termsOf(filter.term);
    case 'present':
    case 'compare':
    case 'some':
      return 1;
  }
}

function applyMutation(document: JsonObject, mutation: Mutation): JsonObject {
  const { path } = mutation;
  switch (mutation.kind) {
    case 'set':
      keepIfImmutable(document, path, mutation.value);
      return assignAt(document, path, mutation.value);
    case 'clear':
      keepIfImmutable(document, path, undefined);
      return assignAt(document, path, undefined);
    case 'merge': {
      const old = valueAtPath(document, path);
      const next = withSubs(isObject(old) ? old : {}, mutation.subs);
      keepIfImmutable(document, path, next);
      return assignAt(document, path, next);
    }
    case 'assign':
      return assignElements(document, path, mutation.values);
    case 'append':
      return assignElements(document, path, appended(path, elementsAt(document, path), mutation.values));
    case 'removeValues':
      return assignElements(document, path, without(path, elementsAt(document, path), mutation.values));
    case 'removeElements': {
      const isGoing = elementTest(mutation.test);
      const kept = elementsAt(document, path).filter((element) => !isGoing(element));
      return assignElements(document, path, kept);
    }
    case 'changeElements':
      return assignElements(document, path, changed(elementsAt(document, path), mutation));
  }
}

function elementsAt(document: JsonObject, path: AttributePath): readonly Json[] {
  const value = valueAtPath(document, path);
  return isArray(value) ? value : [];
}

function assignElements(document: JsonObject, path: AttributePath, elements: readonly Json[]): JsonObject {
  requireFew(spellPath(path), elements);
  const next = elements.length === 0 ? undefined : elements;
  keepIfImmutable(document, path, next);
  return assignAt(document, path, next);
}

function keepIfImmutable(document: JsonObject, path: AttributePath, next: Json | undefined): void {
  if ((path.sub ?? path.attribute).mutability !== 'immutable') return;
  const old = valueAtPath(document, path);
  if (old !== undefined && !sameJson(old, next)) {
    throw new Refusal('attribute.immutable', {
      attribute: spellPath(path),
      why: 'is immutable and has a value.',
    });
  }
}

/** Adds values; one that is there already (same type and value) takes what the new one says besides. */
function appended(path: AttributePath, elements: readonly Json[], values: readonly Json[]): readonly Json[] {
  const next = [...elements];
  const places = new Map(next.map((element, at) => [pluralKey(path.attribute, element), at]));
  const fresh: number[] = [];
  for (const value of values) {
    const key = pluralKey(path.attribute, value);
    const at = places.get(key);
    const old = at === undefined ? undefined : next[at];
    if (at === undefined) {
      places.set(key, next.length);
      fresh.push(next.push(value) - 1);
    } else if (isObject(old) && isObject(value)) {
      const rest = omit(value, ['type', 'value']);
      next[at] = { ...old, ...rest };
      if (own(rest, 'primary') === true) fresh.push(at);
    }
  }
  return settlePrimary(next, fresh);
}

function without(path: AttributePath, elements: readonly Json[], values: readonly Json[]): readonly Json[] {
  const isNamed = namedBy(path, values);
  return elements.filter((element) => !isNamed(element));
}

/**
 * Tells whether values of a removal name an element: same value, and same type where they say one; without a value,
 * the same in all that they say. Each element is looked up once, however many values there are.
 */
function namedBy({ attribute }: AttributePath, values: readonly Json[]): (element: Json) => boolean {
  const whole = new Set<string>();
  const untyped = new Set<string>();
  const shown = new Map<string, { readonly names: readonly string[]; readonly keys: Set<string> }>();
  for (const value of values) {
    if (!isObject(value)) {
      whole.add(pluralKey(attribute, value));
    } else if (own(value, 'value') === undefined) {
      const names = Object.keys(value).sort();
      const { keys } = shown.get(names.join()) ?? { keys: new Set<string>() };
      shown.set(names.join(), { names, keys: keys.add(partKey(value, names)) });
    } else if (own(value, 'type') === undefined) {
      untyped.add(valueKey(attribute, value));
    } else {
      whole.add(pluralKey(attribute, value));
    }
  }
  const parts = [...shown.values()];
  return (element) =>
    whole.has(pluralKey(attribute, element)) ||
    (isObject(element) &&
      ((untyped.size > 0 && untyped.has(valueKey(attribute, element))) ||
        parts.some(({ names, keys }) => keys.has(partKey(element, names)))));
}

function partKey(element: JsonObject, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => own(element, name) ?? null));
}

function changed(
  elements: readonly Json[],
  { path, test, subs, seed }: Extract<Mutation, { readonly kind: 'changeElements' }>,
): readonly Json[] {
  const fresh: number[] = [];
  const next: Json[] = [];
  const fits = test === null ? () => true : elementTest(test);
  let isFound = false;
  for (const element of elements) {
    const isFitting = fits(element);
    isFound ||= isFitting;
    const after = isFitting && isObject(element) ? withSubs(element, subs) : element;
    if (after === undefined) continue;
    next.push(after);
    if (isFitting) fresh.push(next.length - 1);
  }
  if (!isFound) {
    if (seed === 'refuse') {
      throw new Refusal('patch.no_target', { path: spellPath(path), why: 'no value fits the filter.' });
    }
    const made = seed === 'skip' ? undefined : withSubs({ ...seed }, subs);
    if (made !== undefined && Object.values(subs).some((value) => value !== undefined)) {
      fresh.push(next.push(made) - 1);
    }
  }
  return distinct(path.attribute, settlePrimary(next, fresh));
}

/** Elements of multi-valued attributes: when two are the same, and which one is primary (RFC 7643 §2.4). */
import { foldText } from '../names.ts';
import { Refusal } from '../refusal.ts';
import { isObject, type Json, type JsonObject, own } from './json.ts';
import type { Attribute } from './schema.ts';

/** Keys of elements that were asked for before: a PATCH asks for those of all elements at each of its operations. */
const known = new WeakMap<Attribute, WeakMap<JsonObject, string>>();

/** Equal for two elements with the same type and value; for those without a value, when all of them is the same. */
export function pluralKey(attribute: Attribute, element: Json): string {
  if (!isObject(element)) return keyOf(attribute, element);
  const keys = known.get(attribute) ?? new WeakMap<JsonObject, string>();
  known.set(attribute, keys);
  const key = keys.get(element) ?? keyOfObject(attribute, element);
  keys.set(element, key);
  return key;
}

function keyOfObject(attribute: Attribute, element: JsonObject): string {
  const value = own(element, 'value');
  if (value !== undefined && subNamed(attribute, 'value') !== undefined) {
    return `${keyOf(subNamed(attribute, 'type'), own(element, 'type'))} ${valueKey(attribute, element)}`;
  }
  const names = Object.keys(element).sort();
  return JSON.stringify(names.map((name) => [name, keyOf(subNamed(attribute, name), own(element, name))]));
}

/** Equal for two elements with the same value, whatever their type. */
export function valueKey(attribute: Attribute, element: JsonObject): string {
  return keyOf(subNamed(attribute, 'value'), own(element, 'value'));
}

/** The sub-attribute of a name as the schema spells it, which names in elements are. */
function subNamed({ subAttributes }: Attribute, name: string): Attribute | undefined {
  return subAttributes.find((sub) => sub.name === name);
}

function keyOf(attribute: Attribute | undefined, value: Json | undefined): string {
  return typeof value === 'string' && attribute !== undefined && !attribute.caseExact
    ? JSON.stringify(foldText(value))
    : JSON.stringify(value ?? null);
}

/** The elements, of those that are the same only the first. */
export function distinct(attribute: Attribute, elements: readonly Json[]): readonly Json[] {
  const seen = new Set<string>();
  return elements.filter((element) => {
    const key = pluralKey(attribute, element);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Most values of one attribute: each is looked at for each operation of a PATCH. Members of groups are rows and not among them. */
export const MOST_VALUES = 1_000;

/** Refuses (`value.invalid`) more values of one attribute than are kept. */
export function requireFew(attribute: string, elements: readonly Json[]): void {
  if (elements.length <= MOST_VALUES) return;
  throw new Refusal('value.invalid', { attribute, why: `has more than ${MOST_VALUES} values.` });
}

/**
 * The elements with at most one `primary: true`: the last of those named in `fresh` wins, else the first. The
 * same array when there was nothing to settle.
 */
export function settlePrimary(elements: readonly Json[], fresh: readonly number[]): readonly Json[] {
  const primaries = elements.flatMap((element, at) => (isPrimary(element) ? [at] : []));
  if (primaries.length < 2) return elements;
  const isFresh = new Set(fresh);
  const winner = primaries.filter((at) => isFresh.has(at)).at(-1) ?? primaries[0];
  return elements.map((element, at) =>
    at !== winner && isPrimary(element) && isObject(element) ? { ...element, primary: false } : element,
  );
}

function isPrimary(element: Json): boolean {
  return isObject(element) && own(element, 'primary') === true;
}

/** An element with some sub-attributes set and, where the new value is undefined, unset; the same where it is so already, undefined when nothing is left. */
export function withSubs(
  element: JsonObject,
  changes: Readonly<Record<string, Json | undefined>>,
): JsonObject | undefined {
  const wanted = Object.entries(changes);
  const isSo = wanted.every(([name, value]) => own(element, name) === value);
  if (isSo && Object.keys(element).length > 0) return element;
  const next: Record<string, Json> = { ...element };
  for (const [name, value] of wanted) {
    if (value === undefined) Reflect.deleteProperty(next, name);
    else next[name] = value;
  }
  return Object.keys(next).length === 0 ? undefined : next;
}

/** Second step of PATCH: each operation becomes typed mutations, or nothing, by what the schema says of its path. */
import { Refusal } from '../refusal.ts';
import { spellPath } from './attribute-path.ts';
import type { Filter } from './filter.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Mutation, PatchOperation, PatchTarget, SubChanges } from './patch.ts';
import { findTarget } from './patch-path.ts';
import type { ResourceType } from './registry.ts';
import { isReadOnly } from './resource-read.ts';
import { attributeNamed } from './schema.ts';
import { type Reader, dropUnknown, readElements, readValue } from './value-read.ts';

/** The resource that is patched: its type, and the id that a client may repeat but not change. */
export interface Patched {
  readonly type: ResourceType;
  readonly id: string;
}

/** Resolves one operation. Refuses paths, values and targets as RFC 7644 §3.5.2 says; what a lenient profile lets pass is noted. */
export function resolveOperation(
  patched: Patched,
  operation: PatchOperation,
  reader: Reader,
): readonly Mutation[] {
  const target = findTarget(patched.type, operation.path, reader);
  if (target === null) {
    if (reader.profile.unknown === 'refuse') {
      throw new Refusal('path.invalid', { path: operation.path, why: 'no schema has this attribute.' });
    }
    dropUnknown(operation.path, reader);
    return [];
  }
  if (isReadOnly({ ...target.path, sub: target.sub })) return passOver(patched, target, operation, reader);
  if (operation.op === 'remove') return removal(target, operation, reader);
  if (operation.value === undefined)
    throw new Refusal('value.invalid', { attribute: operation.path, why: 'has no value.' });
  return writing(target, { ...operation, op: operation.op, value: operation.value }, reader);
}

type Writing = PatchOperation & { readonly op: 'add' | 'replace'; readonly value: Json };

/** A write of something readOnly: an id may be repeated, a removal is refused, the rest is as the profile says. */
function passOver(
  patched: Patched,
  target: PatchTarget,
  operation: PatchOperation,
  reader: Reader,
): readonly Mutation[] {
  const name = spellPath({ ...target.path, sub: target.sub });
  const isSameId = name === 'id' && operation.value === patched.id;
  const isRefused = operation.op === 'remove' || name === 'id' || reader.profile.readOnlyWrite === 'refuse';
  if (isRefused && !isSameId) throw readOnly(name, 'is readOnly.');
  reader.note({ path: name, what: 'ignored', why: 'it is readOnly' });
  return [];
}

function readOnly(attribute: string, why: string): Refusal {
  return new Refusal('attribute.immutable', { attribute, why });
}

function removal(target: PatchTarget, operation: PatchOperation, reader: Reader): readonly Mutation[] {
  const { path, test, sub } = target;
  const name = spellPath({ ...path, sub });
  const named = sub ?? path.attribute;
  if (path.attribute.required && sub === null && test === null && !path.attribute.multiValued) {
    throw readOnly(name, 'is required and cannot be removed.');
  }
  if (sub?.mutability === 'immutable') throw readOnly(name, 'is immutable and cannot be removed.');
  if (!path.attribute.multiValued) return [{ kind: 'clear', path: { ...path, sub } }];
  if (sub !== null)
    return [{ kind: 'changeElements', path, test, subs: { [named.name]: undefined }, seed: 'skip' }];
  if (test !== null) return [{ kind: 'removeElements', path, test }];
  const values = readElements(path.attribute, operation.value ?? null, name, reader);
  return operation.value === undefined || operation.value === null
    ? [{ kind: 'assign', path, values: [] }]
    : [{ kind: 'removeValues', path, values }];
}

function writing(target: PatchTarget, operation: Writing, reader: Reader): readonly Mutation[] {
  const { path, sub, test } = target;
  const name = spellPath({ ...path, sub });
  if (path.attribute.multiValued) return writingElements(target, operation, reader);
  if (path.attribute.type === 'complex' && sub === null) {
    const subs = readSubs(target, operation.value, name, reader);
    return subs === null ? [{ kind: 'clear', path }] : [{ kind: 'merge', path, subs }];
  }
  if (test !== null) throw new Refusal('path.invalid', { path: operation.path, why: 'it has one value.' });
  const value = readValue(sub ?? path.attribute, operation.value, name, reader);
  if (value !== undefined) return [{ kind: 'set', path: { ...path, sub }, value }];
  if (path.attribute.required && sub === null) {
    throw new Refusal('value.invalid', { attribute: name, why: 'is required.' });
  }
  return [{ kind: 'clear', path: { ...path, sub } }];
}

function writingElements(target: PatchTarget, operation: Writing, reader: Reader): readonly Mutation[] {
  const { path, sub, test } = target;
  const name = spellPath({ ...path, sub });
  if (sub === null && test === null) {
    const values = readElements(path.attribute, operation.value, name, reader);
    return [{ kind: operation.op === 'add' ? 'append' : 'assign', path, values }];
  }
  if (sub?.mutability === 'immutable')
    throw readOnly(name, 'is immutable; remove the value and add another.');
  const subs =
    sub === null
      ? readSubs(target, operation.value, name, reader)
      : { [sub.name]: readValue(sub, operation.value, name, reader) };
  if (subs === null) {
    return test === null ? [{ kind: 'assign', path, values: [] }] : [{ kind: 'removeElements', path, test }];
  }
  return [{ kind: 'changeElements', path, test, subs, seed: seedFor(test, operation, reader) }];
}

/**
 * The sub-attributes that a complex value sets, with undefined for those it unassigns; null for no value at all. One
 * that says only what is left out here (unknown, readOnly) sets nothing, and unassigns nothing either.
 */
function readSubs(target: PatchTarget, value: Json, at: string, reader: Reader): SubChanges | null {
  const single = { ...target.path.attribute, multiValued: false };
  const read = readValue(single, value, at, reader);
  const cleared = isObject(value)
    ? Object.entries(value).flatMap(([name, item]) => {
        const sub = attributeNamed(single.subAttributes, name);
        return sub !== null && sub.mutability !== 'readOnly' && isUnassigned(item, reader)
          ? [[sub.name, undefined]]
          : [];
      })
    : [];
  if (!isObject(read)) {
    const saysNothing = !isObject(value) || Object.keys(value).length === 0;
    return saysNothing ? null : (Object.fromEntries(cleared) as SubChanges);
  }
  return { ...(Object.fromEntries(cleared) as SubChanges), ...read };
}

function isUnassigned(value: Json, reader: Reader): boolean {
  return value === null || (value === '' && reader.profile.emptyText === 'unassigned');
}

/** What a new element starts from when no element fits (RFC 7644 §3.5.2.3 refuses a replace; providers expect it made). */
function seedFor(test: Filter | null, operation: Writing, reader: Reader): JsonObject | 'refuse' | 'skip' {
  if (operation.op === 'replace' && reader.profile.absentElement === 'refuse') return 'refuse';
  return test === null ? {} : (seedOf(test) ?? 'refuse');
}

/** The element that a conjunction of `eq` describes; null for any other filter. */
function seedOf(test: Filter): JsonObject | null {
  if (test.kind === 'and') {
    return test.terms.reduce<JsonObject | null>((seed, term) => {
      const more = seedOf(term);
      return seed === null || more === null ? null : { ...seed, ...more };
    }, {});
  }
  if (test.kind !== 'compare' || test.with.op !== 'eq' || test.path.sub === null) return null;
  const name = test.path.sub.name;
  switch (test.with.kind) {
    case 'text':
      return { [name]: test.with.text };
    case 'number':
      return { [name]: test.with.number };
    case 'boolean':
      return { [name]: test.with.boolean };
    case 'instant':
      return null;
  }
}

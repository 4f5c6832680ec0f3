/** What is wrong with a value that does not fit its schema, in sentences for the person who sent it. */
import type { z } from 'zod';
import { suggest } from './suggestion.ts';

type Fault = z.core.$ZodRawIssue;

/**
 * To be handed to a schema's `parse` as `error`. Says what a value must be, never the value itself, which may be a
 * secret. A schema's own message goes before.
 */
export function faultInWords(fault: Fault): string | undefined {
  switch (fault.code) {
    case 'invalid_type':
      return fault.input === undefined ? 'is missing' : `must be ${typeInWords(fault.expected)}`;
    case 'too_small':
      return tooSmall(fault);
    case 'too_big':
      return `must ${has(fault.origin)} at most ${fault.maximum}${unitOf(fault.origin, fault.maximum)}`;
    case 'invalid_value':
      return `must be ${oneOf(fault.values.map(String))}`;
    case 'invalid_format':
      return formats[fault.format] ?? 'has a form that is not taken here';
    case 'invalid_union':
      return 'options' in fault && Array.isArray(fault.options)
        ? `must be ${oneOf(fault.options.map(String))}`
        : 'has none of the forms that are taken here';
    case 'unrecognized_keys':
      return `has no ${fault.keys.map((key) => strange(key, fault)).join(', ')}`;
    default:
      return undefined;
  }
}

/** Each fault with its place, such as `scopes.0 must be one of a, b`; `whole` names the value itself. */
export function faultsOf({ issues }: z.ZodError, whole: string): string[] {
  return issues.map(({ path, message }) => `${path.length === 0 ? whole : path.join('.')} ${message}`);
}

function tooSmall(fault: Fault & { code: 'too_small' }): string {
  const { origin, minimum } = fault;
  if (origin === 'string' && minimum === 1) return 'must not be empty';
  return `must ${has(origin)} at least ${minimum}${unitOf(origin, minimum)}`;
}

function has(origin: string): string {
  return unitOf(origin, 2) === '' ? 'be' : 'have';
}

function unitOf(origin: string, count: number | bigint): string {
  if (origin === 'string') return Number(count) === 1 ? ' character' : ' characters';
  if (origin === 'array' || origin === 'set') return Number(count) === 1 ? ' entry' : ' entries';
  return '';
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
}

function strange(key: string, { inst }: Fault): string {
  const known = inst !== undefined && 'shape' in inst ? Object.keys(inst.shape as object) : [];
  const meant = suggest(key, known);
  return meant === null ? key : `${key} (did you mean ${meant}?)`;
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

function typeInWords(expected: string): string {
  return types[expected] ?? expected;
}

const formats: Readonly<Record<string, string>> = {
  datetime: 'must be a time such as 2026-01-31T12:00:00Z',
  uuid: 'must be an id, which is a uuid',
  url: 'must be an address such as https://example.org/path',
  email: 'must be an e-mail address',
};

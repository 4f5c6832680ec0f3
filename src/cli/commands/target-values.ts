/** What commands of targets are given: groups by name, and settings as `name=value`. */
import { InvalidArgumentError } from 'commander';
import { isUuid } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { Refusal } from '../../core/refusal.ts';
import { findGroupByName } from '../../store/groups.ts';
import { findSource } from '../../store/sources.ts';
import type { Visit } from '../visit.ts';

/** Groups by id or name. Refuses `group.not_found`. */
export async function groupIds({ directory, by }: Visit, names: readonly string[]): Promise<string[]> {
  const source = await findSource(directory.database, by.source);
  const ids: string[] = [];
  for (const name of names) {
    const found =
      source === null ? null : await findGroupByName(directory.database, foldName(name), source.n);
    if (found === null && !isUuid(name)) throw new Refusal('group.not_found', { group: name });
    ids.push(found?.id ?? name);
  }
  return ids;
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Adds `name=value`; a value that is JSON is taken as such, any other as text. */
export function assign(
  text: string,
  before: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const [name, value] = nameAndValue(text);
  return { ...before, [name]: jsonOrText(value) };
}

/** Adds `name=value` of a secret, which is text although it may look like a number; only lists, objects and null are JSON. */
export function assignSecret(
  text: string,
  before: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const [name, value] = nameAndValue(text);
  const read = jsonOrText(value);
  return { ...before, [name]: typeof read === 'object' ? read : value };
}

function nameAndValue(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('it must be name=value.');
  return [text.slice(0, at), text.slice(at + 1)];
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

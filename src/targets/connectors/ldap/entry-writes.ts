/** Writes to one entry, as outcomes. */
import { Attribute, Change } from 'ldapts';
import type { Outcome } from '../../../core/targets/outcome.ts';
import { LDAP, outcomeOf } from './answer.ts';
import { keyOf } from './entry.ts';
import { present } from './filter.ts';
import type { Ldap } from './place.ts';
import type { Written } from './session.ts';

/** Attribute -> its values; an empty list takes the attribute away. */
export type Values = Readonly<Record<string, readonly string[]>>;

export function outcomeOfWrite(written: Written): Outcome {
  return written.kind === 'failed' ? written.outcome : outcomeOf(written);
}

/** Adds an entry and asks for the key that the server gave it; without that the end is unknown. */
export async function createEntry({ session }: Ldap, dn: string, attributes: Values): Promise<Outcome> {
  const written = await session.add(dn, attributes);
  if (written.kind === 'answer' && written.code === LDAP.noSuchObject) {
    return {
      kind: 'rejected',
      code: 422,
      why: `${dn} has no place: the entry above it is missing or not to be seen`,
    };
  }
  const outcome = outcomeOfWrite(written);
  if (outcome.kind !== 'applied') return outcome;
  const made = await session.search({
    base: dn,
    scope: 'base',
    filter: present('objectClass'),
    attributes: ['entryUUID'],
  });
  const key = made.kind === 'failed' ? undefined : made.entries.map(keyOf).find((found) => found !== null);
  return typeof key === 'string'
    ? { kind: 'applied', remoteId: key }
    : { kind: 'ambiguous', why: `${dn} was added, but its entryUUID cannot be read` };
}

/** Gives attributes these values whatever they held; nothing to do is a noop. */
export async function replaceValues({ session }: Ldap, dn: string, values: Values): Promise<Outcome> {
  const changes = Object.entries(values).map(([attribute, wanted]) => change('replace', attribute, wanted));
  return changes.length === 0 ? { kind: 'noop' } : outcomeOfWrite(await session.modify(dn, changes));
}

export function change(
  operation: 'add' | 'delete' | 'replace',
  type: string,
  values: readonly string[],
): Change {
  return new Change({ operation, modification: new Attribute({ type, values: [...values] }) });
}

/** What should change of the classes and the mark of an entry, so that it is known as ours. */
export function markDifferences(
  { idAttribute, idClass }: Ldap['settings'],
  held: { readonly marks: readonly string[]; readonly classes: readonly string[] },
  marks: readonly string[],
): Values {
  const lacksClass =
    idClass !== null && !held.classes.some((name) => name.toLowerCase() === idClass.toLowerCase());
  return {
    ...(lacksClass ? { objectClass: [...held.classes, idClass] } : {}),
    ...(isSameSet(held.marks, marks) ? {} : { [idAttribute]: marks }),
  };
}

export function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const set = new Set(one);
  return set.size === new Set(other).size && other.every((value) => set.has(value));
}

/** An entry as an LDAP server holds it, in a form that can be handed around and compared. */
import type { Entry } from 'ldapts';
import { z } from 'zod';

const ldapEntry = z.object({
  dn: z.string(),
  /** Attribute in small letters -> its values as text. */
  attributes: z.record(z.string(), z.array(z.string()).readonly()),
});
export type LdapEntry = Readonly<z.infer<typeof ldapEntry>>;

/** Reads back an entry that was handed around as an unknown. */
export function readHeldEntry(held: unknown): LdapEntry {
  return ldapEntry.parse(held);
}

export function readEntry({ dn, ...attributes }: Entry): LdapEntry {
  return {
    dn,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name.toLowerCase(),
        (Array.isArray(value) ? value : [value]).map((one) =>
          typeof one === 'string' ? one : one.toString(),
        ),
      ]),
    ),
  };
}

/** Values of an attribute, however it is capitalised; empty when absent. */
export function valuesIn(entry: LdapEntry, attribute: string): readonly string[] {
  return entry.attributes[attribute.toLowerCase()] ?? [];
}

/** The name of an entry that stays when it is renamed (RFC 4530); null where the server keeps none. */
export function keyOf(entry: LdapEntry): string | null {
  return valuesIn(entry, 'entryUUID')[0]?.toLowerCase() ?? null;
}

const MARK = /^urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/i;

/** Our id as an entry carries it; null when it carries none. */
export function markOf(entry: LdapEntry, attribute: string): string | null {
  for (const value of valuesIn(entry, attribute)) {
    const id = MARK.exec(value)?.[1];
    if (id !== undefined) return id.toLowerCase();
  }
  return null;
}

/** An attribute's values with our id as the one mark among them. */
export function withMark(values: readonly string[], id: string): string[] {
  return [...values.filter((value) => !MARK.test(value)), markText(id)];
}

/** How our id is written at an entry: a URI that no other system takes for its own (RFC 9562 §4). */
export function markText(id: string): string {
  return `urn:uuid:${id}`;
}

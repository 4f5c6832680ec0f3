/** Where users and groups stand in an LDAP tree, how an entry is one of them, and what it says. */
import type { Filter } from 'ldapts';
import type { Failed, Held } from '../../connector.ts';
import { firstValue } from './dn.ts';
import { keyOf, type LdapEntry, markOf, valuesIn } from './entry.ts';
import { all, equal } from './filter.ts';
import { everybody, nameAttributes } from './lookup.ts';
import type { LdapSession, Searched } from './session.ts';
import type { LdapSettings } from './settings.ts';

/** What the parts of the connector share. */
export interface Ldap {
  readonly session: LdapSession;
  readonly settings: LdapSettings;
  /** What experience taught: whether the server knows the permissive modify control; null until tried. */
  readonly learned: { permissive: boolean | null };
}

export type Of = 'user' | 'group';

/** Entries of a kind: below `base`, fitting `filter`. */
interface Place {
  readonly base: string;
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

/** Attribute of a user that `memberUid` names it by. */
export const UID = 'uid';

export function placeOf(of: Of, { users, groupBase, groupClass, idAttribute }: LdapSettings): Place {
  const common = ['entryUUID', 'objectClass', idAttribute];
  if (of === 'group') {
    return {
      base: groupBase,
      filter: equal('objectClass', groupClass),
      attributes: [...common, 'cn', 'gidNumber'],
    };
  }
  if (users.mode === 'manage') {
    return {
      base: users.base,
      filter: equal('objectClass', users.objectClasses[0] ?? 'inetOrgPerson'),
      attributes: [...common, UID, users.rdn, users.inactive.attribute, ...Object.keys(users.attributes)],
    };
  }
  return {
    base: users.base,
    filter: everybody(users.filter),
    attributes: ['entryUUID', UID, ...nameAttributes(users.filter)],
  };
}

/** Entries of a kind that also fit `filter`. */
export function searchPlace(
  { session, settings }: Ldap,
  of: Of,
  filter: Filter,
  limit?: number,
): Promise<Searched> {
  const place = placeOf(of, settings);
  return session.search({
    ...place,
    scope: 'sub',
    filter: all(place.filter, filter),
    ...(limit === undefined ? {} : { limit }),
  });
}

/** The entry with this key, wherever it has been moved to; null when there is none. */
export async function findByKey(ldap: Ldap, of: Of, key: string): Promise<LdapEntry | null | Failed> {
  const searched = await searchPlace(ldap, of, equal('entryUUID', key), 2);
  return searched.kind === 'failed' ? searched : (searched.entries[0] ?? null);
}

export function isFailed(found: LdapEntry | null | Failed): found is Failed {
  return found !== null && 'kind' in found;
}

/** An entry as the engine sees it; null for one whose server gives it no key. */
export function heldEntry(of: Of, entry: LdapEntry, settings: LdapSettings): Held | null {
  const remoteId = keyOf(entry);
  if (remoteId === null) return null;
  const { users, idAttribute } = settings;
  if (of === 'user' && users.mode === 'lookup') {
    const [name = firstValue(entry.dn)] = nameAttributes(users.filter).flatMap((attribute) =>
      valuesIn(entry, attribute),
    );
    return { remoteId, externalId: null, name, active: true, held: entry };
  }
  return {
    remoteId,
    externalId: markOf(entry, idAttribute),
    name: firstValue(entry.dn),
    active:
      of === 'group' ||
      users.mode !== 'manage' ||
      !valuesIn(entry, users.inactive.attribute).includes(users.inactive.value),
    held: entry,
  };
}

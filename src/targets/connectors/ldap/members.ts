/**
 * Members of groups. The engine names users by the keys of their entries; a group lists names of entries (or
 * uids), which change when an entry is renamed, so they are looked up at each request.
 */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Failed, MemberObservation } from '../../connector.ts';
import { isBelow, normalDn } from './dn.ts';
import { keyOf, type LdapEntry, valuesIn } from './entry.ts';
import { anyOf } from './filter.ts';
import { addValues, listsNames, normalMember, readValues, removeValues } from './member-change.ts';
import { findByKey, isFailed, type Ldap, placeOf, searchPlace, UID } from './place.ts';
import type { Searched } from './session.ts';

/** Keys in one search; more make filters that some servers refuse. */
const BATCH = 100;
/** Up to so many listed names are asked for one by one; of more, all users are read once, page by page. */
const ASKED_ONE_BY_ONE = 100;
/** A member that is no entry among the users: a name of somewhere else, or of an entry that is gone. */
const FOREIGN = 'listed:';

export interface MemberChange {
  readonly group: string;
  readonly members: readonly string[];
}

/** Adds users to a group. A key without an entry refuses the request and is named. */
export async function addMembers(ldap: Ldap, { group, members }: MemberChange): Promise<Outcome> {
  const entry = await findByKey(ldap, 'group', group);
  if (isFailed(entry)) return entry.outcome;
  if (entry === null) return { kind: 'missing', why: `no group ${group}` };
  const listed = await listedAs(ldap, members);
  if (listed.kind === 'failed') return listed.outcome;
  const unknown = members.filter((key) => !listed.values.has(key));
  if (unknown.length > 0) {
    const why = `no user ${unknown.slice(0, 3).join(', ')}${unknown.length > 3 ? ` and ${unknown.length - 3} more` : ''}`;
    return { kind: 'rejected', code: 422, why };
  }
  return addValues(ldap, entry.dn, [...listed.values.values()]);
}

/** Takes users out of a group. Who has no entry any more cannot be listed by it. */
export async function removeMembers(ldap: Ldap, { group, members }: MemberChange): Promise<Outcome> {
  const entry = await findByKey(ldap, 'group', group);
  if (isFailed(entry)) return entry.outcome;
  if (entry === null) return { kind: 'missing', why: `no group ${group}` };
  const listed = await listedAs(ldap, members);
  if (listed.kind === 'failed') return listed.outcome;
  if (listed.values.size === 0) return { kind: 'noop' };
  return removeValues(ldap, entry.dn, [...listed.values.values()]);
}

/** All members of a group, by the keys of their entries; who has none among the users is told as it is listed. */
export async function observeMembers(ldap: Ldap, group: string): Promise<MemberObservation> {
  const entry = await findByKey(ldap, 'group', group);
  if (isFailed(entry)) return entry;
  const held = entry === null ? { kind: 'absent' as const } : await readValues(ldap, entry.dn);
  if (held.kind !== 'values') return held;
  const keys = await keysOf(ldap, held.values);
  if (keys.kind === 'failed') return keys;
  const members = [...held.values].map(
    ([normal, written]) => keys.values.get(normal) ?? `${FOREIGN}${written}`,
  );
  return { kind: 'all', members: new Set(members) };
}

type Values = { readonly kind: 'values'; readonly values: ReadonlyMap<string, string> } | Failed;

/** Key -> what a group lists for it. */
async function listedAs(ldap: Ldap, keys: readonly string[]): Promise<Values> {
  const values = new Map(
    keys.filter((key) => key.startsWith(FOREIGN)).map((key) => [key, key.slice(FOREIGN.length)]),
  );
  const own = keys.filter((key) => !key.startsWith(FOREIGN));
  for (let at = 0; at < own.length; at += BATCH) {
    const searched = await searchPlace(ldap, 'user', anyOf('entryUUID', own.slice(at, at + BATCH)));
    if (searched.kind === 'failed') return searched;
    for (const entry of searched.entries) {
      const key = keyOf(entry);
      const [value] = listedValues(entry, ldap);
      if (key !== null && value !== undefined) values.set(key, value);
    }
  }
  return { kind: 'values', values };
}

/** What a group lists, in the form to compare by -> the key of that entry. */
async function keysOf(ldap: Ldap, listed: ReadonlyMap<string, string>): Promise<Values> {
  const values = new Map<string, string>();
  for await (const page of listed.size > ASKED_ONE_BY_ONE ? everyUser(ldap) : askedFor(ldap, listed)) {
    if (page.kind === 'failed') return page;
    for (const entry of page.entries) {
      const key = keyOf(entry);
      if (key === null) continue;
      for (const value of listedValues(entry, ldap)) values.set(normalMember(value, ldap.settings), key);
    }
  }
  return { kind: 'values', values };
}

function everyUser({ session, settings }: Ldap): AsyncGenerator<Searched, void> {
  return session.pages({ ...placeOf('user', settings), scope: 'sub' });
}

async function* askedFor(ldap: Ldap, listed: ReadonlyMap<string, string>): AsyncGenerator<Searched, void> {
  if (listed.size === 0) return;
  if (!listsNames(ldap.settings)) {
    yield searchPlace(ldap, 'user', anyOf(UID, [...listed.values()]));
    return;
  }
  const place = placeOf('user', ldap.settings);
  const base = normalDn(place.base) ?? '';
  const below = [...listed].filter(([normal]) => isBelow(normal, base));
  yield* await Promise.all(
    below.map(([, written]) => ldap.session.search({ ...place, base: written, scope: 'base' })),
  );
}

/** What groups may list an entry by; the first is what we write. */
function listedValues(entry: LdapEntry, { settings }: Ldap): readonly string[] {
  return listsNames(settings) ? [entry.dn] : valuesIn(entry, UID);
}

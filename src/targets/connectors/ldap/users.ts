/** Users as entries that Muster keeps: made, brought in line, renamed, locked, deleted. */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Held, TargetUser } from '../../connector.ts';
import { valuesOf } from '../user-values.ts';
import { firstType, firstValue, parentOf, rdn } from './dn.ts';
import { type LdapEntry, markText, readHeldEntry, valuesIn, withMark } from './entry.ts';
import { createEntry, isSameSet, markDifferences, outcomeOfWrite, replaceValues } from './entry-writes.ts';
import { dropMemberships, moveMemberships } from './memberships.ts';
import { findByKey, isFailed, type Ldap, UID } from './place.ts';
import type { ManagedUsers } from './settings.ts';

/** A target whose users are ours to write. */
export interface Keeping {
  readonly ldap: Ldap;
  readonly users: ManagedUsers;
}

/** Attributes without which the usual classes refuse a person. */
const NEVER_EMPTY = ['cn', 'sn'];

/** What a user's entry should hold in the attributes that we keep; an empty list where it should hold none. */
function desiredValues(user: TargetUser, { ldap, users }: Keeping): Map<string, readonly string[]> {
  const ours = [users.rdn, ldap.settings.idAttribute, users.inactive.attribute];
  return new Map(
    Object.entries(users.attributes)
      .filter(([attribute]) => !ours.some((name) => name.toLowerCase() === attribute.toLowerCase()))
      .map(([attribute, path]) => {
        const values = valuesOf(user, path);
        const isMissing = values.length === 0 && NEVER_EMPTY.includes(attribute.toLowerCase());
        return [attribute, isMissing ? [user.userName] : values];
      }),
  );
}

/** Makes the entry. Memberships that an earlier entry of that name left behind are taken out first, or it would inherit them. */
export async function createUser(keeping: Keeping, user: TargetUser): Promise<Outcome> {
  const { ldap, users } = keeping;
  const { idAttribute, idClass } = ldap.settings;
  const dn = `${rdn(users.rdn, user.userName)},${users.base}`;
  const cleaned = await dropMemberships(ldap, { dn, uid: user.userName });
  if (cleaned !== null) return cleaned;
  return createEntry(ldap, dn, {
    ...Object.fromEntries([...desiredValues(user, keeping)].filter(([, values]) => values.length > 0)),
    objectClass: [...users.objectClasses, ...(idClass === null ? [] : [idClass])],
    [users.rdn]: [user.userName],
    [idAttribute]: [markText(user.id)],
    ...(user.active ? {} : { [users.inactive.attribute]: [users.inactive.value] }),
  });
}

/**
 * Brings the entry in line: first its name, with the memberships that name it, then what it says. Cut off
 * between the two, the next pass does the rest.
 */
export async function updateUser(keeping: Keeping, user: TargetUser, held: Held): Promise<Outcome> {
  const entry = readHeldEntry(held.held);
  const renamed = await renameUser(keeping, user, entry);
  if (renamed.kind === 'failed') return renamed.outcome;
  const outcome = await replaceValues(keeping.ldap, renamed.dn, userDifferences(user, entry, keeping));
  return outcome.kind === 'noop' && renamed.dn !== entry.dn ? { kind: 'applied' } : outcome;
}

/** Attributes that an update would change, the one that the entry is named by among them. */
export function differencesOfUser(keeping: Keeping, user: TargetUser, held: Held): string[] {
  const entry = readHeldEntry(held.held);
  const { rdn: named } = keeping.users;
  const isRenamed = isNamedBy(entry, named) && firstValue(entry.dn) !== user.userName;
  return [...(isRenamed ? [named] : []), ...Object.keys(userDifferences(user, entry, keeping))];
}

type Renamed =
  { readonly kind: 'named'; readonly dn: string } | { readonly kind: 'failed'; readonly outcome: Outcome };

async function renameUser({ ldap, users }: Keeping, user: TargetUser, entry: LdapEntry): Promise<Renamed> {
  if (!isNamedBy(entry, users.rdn) || firstValue(entry.dn) === user.userName)
    return { kind: 'named', dn: entry.dn };
  const name = rdn(users.rdn, user.userName);
  const dn = `${name},${parentOf(entry.dn)}`;
  const to = { dn, uid: user.userName };
  const isMereSpelling = firstValue(entry.dn).toLowerCase() === user.userName.toLowerCase();
  const cleaned = isMereSpelling ? null : await dropMemberships(ldap, to);
  if (cleaned !== null) return { kind: 'failed', outcome: cleaned };
  const outcome = outcomeOfWrite(await ldap.session.rename(entry.dn, name));
  if (outcome.kind !== 'applied') return { kind: 'failed', outcome };
  const moved = await moveMemberships(ldap, { dn: entry.dn, uid: valuesIn(entry, UID)[0] ?? '' }, to);
  return moved === null ? { kind: 'named', dn } : { kind: 'failed', outcome: moved };
}

/** An adopted entry may be named by something else; then its userName is a value like others. */
function isNamedBy(entry: LdapEntry, attribute: string): boolean {
  return firstType(entry.dn) === attribute.toLowerCase();
}

function userDifferences(
  user: TargetUser,
  entry: LdapEntry,
  keeping: Keeping,
): Record<string, readonly string[]> {
  const { settings } = keeping.ldap;
  const { rdn: named, inactive } = keeping.users;
  const wanted = desiredValues(user, keeping);
  if (!isNamedBy(entry, named)) wanted.set(named, [user.userName]);
  for (const [attribute, values] of wanted) {
    // What an entry is named by cannot be taken from it.
    if (isNamedBy(entry, attribute)) wanted.set(attribute, [...new Set([...values, firstValue(entry.dn)])]);
  }
  const isInactive = valuesIn(entry, inactive.attribute).includes(inactive.value);
  // Another value of that attribute is not ours: the server itself may have locked the account for a while.
  if (isInactive === user.active) wanted.set(inactive.attribute, user.active ? [] : [inactive.value]);
  const marks = valuesIn(entry, settings.idAttribute);
  return {
    ...Object.fromEntries(
      [...wanted].filter(([attribute, values]) => !isSameSet(valuesIn(entry, attribute), values)),
    ),
    ...markDifferences(
      settings,
      { marks, classes: valuesIn(entry, 'objectClass') },
      withMark(marks, user.id),
    ),
  };
}

export async function deactivateUser({ ldap, users }: Keeping, key: string): Promise<Outcome> {
  const entry = await findByKey(ldap, 'user', key);
  if (isFailed(entry)) return entry.outcome;
  if (entry === null) return { kind: 'missing', why: `no user ${key}` };
  const { attribute, value } = users.inactive;
  if (valuesIn(entry, attribute).includes(value)) return { kind: 'noop' };
  return replaceValues(ldap, entry.dn, { [attribute]: [value] });
}

/** Deletes the entry, and before it the memberships that name it. */
export async function deleteUser({ ldap }: Keeping, key: string): Promise<Outcome> {
  const entry = await findByKey(ldap, 'user', key);
  if (isFailed(entry)) return entry.outcome;
  if (entry === null) return { kind: 'missing', why: `no user ${key}` };
  const cleaned = await dropMemberships(ldap, { dn: entry.dn, uid: valuesIn(entry, UID)[0] ?? '' });
  return cleaned ?? outcomeOfWrite(await ldap.session.remove(entry.dn));
}

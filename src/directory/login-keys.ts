/** Login keys that an administrator gives to a user, or takes away (D-10). */
import type { UserId, UserN } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import type { LoginKey } from '../core/saml/claims.ts';
import { findUserRef } from '../store/effective/refs.ts';
import { deleteLoginKey, findLoginKeyHolder, type LoginKeyPlace } from '../store/login-keys.ts';
import { attachKeys } from '../store/saml/accounts.ts';
import { record, type Work } from './work.ts';

export interface GivenLoginKey {
  readonly user: UserId;
  readonly kind: LoginKey['kind'];
  /** Entity id of the provider that says it. */
  readonly issuer: string;
  readonly value: string;
}

const MAX_KEY = 500;

/**
 * Binds a key to a user: whoever the provider says it of is signed in as that user from now on. Binding one that the
 * user has changes nothing. Refuses `user.not_found`, `identity.invalid` for an empty key or one without issuer, by
 * which nobody may ever log in, and `identity.conflict` for a key of somebody else.
 */
export async function bindLoginKey(work: Work, given: GivenLoginKey): Promise<void> {
  const user = await requireUser(work, given.user);
  const key = placeOf(given);
  const holder = await findLoginKeyHolder(work.tx, key);
  if (holder === user) return;
  if (holder !== null) {
    throw new Refusal('identity.conflict', { cell: given.value, why: 'it belongs to another user' });
  }
  const { kind, issuer, valueKey: value } = key;
  const keys = [{ kind, value, qualifiers: null }];
  await attachKeys(work.tx, { user, issuer, source: work.sourceN, keys });
  await record(work, { type: 'user.bound', user, after: { issuer, kinds: [kind] } });
}

/**
 * Takes a key from a user and ends the sessions that its provider began; nobody else is signed in by it for 90 days
 * (D-08). Refuses `user.not_found`, and `identity.invalid` for a key that the user does not have.
 */
export async function releaseLoginKey(work: Work, given: GivenLoginKey): Promise<void> {
  const user = await requireUser(work, given.user);
  const key = placeOf(given);
  if (!(await deleteLoginKey(work.tx, { user, ...key }))) {
    throw new Refusal('identity.invalid', { cell: given.value, why: 'the user has no such login key' });
  }
  const { kind, issuer } = key;
  await record(work, { type: 'user.unbound', user, before: { issuer, kinds: [kind] } });
}

async function requireUser({ tx }: Work, user: UserId): Promise<UserN> {
  const found = await findUserRef(tx, user);
  if (found === null) throw new Refusal('user.not_found', { user });
  return found.n;
}

/** As logins write them (core/saml/claims.ts): an eduPersonPrincipalName without case, anything else as it is. */
function placeOf({ kind, issuer, value }: GivenLoginKey): LoginKeyPlace {
  const text = value.trim();
  if (text === '' || text.length > MAX_KEY || issuer.trim() === '') {
    const why = 'a login key has a value of at most 500 characters and the entity id of its provider';
    throw new Refusal('identity.invalid', { cell: value, why });
  }
  return { kind, issuer: issuer.trim(), valueKey: kind === 'eppn' ? text.toLowerCase() : text };
}

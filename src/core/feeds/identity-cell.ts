/**
 * The identity cell of the portal's file: up to three keys of one person, in a configured order, corrected by
 * their shape. What they name is decided by the store, never guessed here.
 *
 * The format's description gives the order `targetedId|userName|email`, its samples put the e-mail second. A
 * lone part with an `@` is therefore tried as userName and then as e-mail wherever it stands, so that a file
 * names the same people under both orders.
 */
import { faultOfName, foldName } from '../names.ts';
import type { RowFault } from './fault.ts';
import { rowFault } from './fault.ts';

export type IdentityPart = 'targetedId' | 'userName' | 'email';
export type IdentityOrder = readonly [IdentityPart, IdentityPart, IdentityPart];

export const DEFAULT_IDENTITY_ORDER: IdentityOrder = ['targetedId', 'userName', 'email'];

/** Characters of one key: more than any provider issues, few enough to be looked up in an index. */
export const MAX_KEY = 500;

/** A key as written, and the form under which it is looked up. */
export interface GivenKey {
  readonly value: string;
  readonly key: string;
}

export interface GivenTargetedId extends GivenKey {
  /** The provider that issued it, where the value itself says so (`idp!sp!value`). */
  readonly issuer: string | null;
  /** The service it was issued for, where the value says so. */
  readonly audience: string | null;
}

/** The keys that a cell gives. At least one is given; every one must name the same user. */
export interface GivenIdentity {
  readonly cell: string;
  readonly targetedId: GivenTargetedId | null;
  readonly userName: GivenKey | null;
  readonly email: GivenKey | null;
  /** A part with an `@` that is tried as userName, then as e-mail, and kept as e-mail when it finds nobody. */
  readonly either: GivenKey | null;
  /** The cell gives one part only, no targetedId: it is also tried as uid, as externalId where unique, and as our id. */
  readonly lone: boolean;
}

/** Reads a setting such as `targetedId|email|userName`; null when it does not name each of the three once. */
export function readIdentityOrder(text: string): IdentityOrder | null {
  const names: readonly IdentityPart[] = DEFAULT_IDENTITY_ORDER;
  const [first, second, third, ...more] = text
    .split('|')
    .map((word) => names.find((name) => name.toLowerCase() === word.trim().toLowerCase()));
  if (first === undefined || second === undefined || third === undefined || more.length > 0) return null;
  return new Set([first, second, third]).size === 3 ? [first, second, third] : null;
}

/** Reads the identity cell of a user row: the keys it gives, or why the row is refused (`identity.invalid`). */
export function readIdentityCell(text: string, order: IdentityOrder): GivenIdentity | RowFault {
  const cell = text.trim();
  const parts = cell.split('|').map((part) => part.trim());
  const refuse = (why: string): RowFault => rowFault('identity.invalid', { cell, why });
  if (cell === '') return refuse('it is empty.');
  if (parts.length > 3) return refuse('it has more than three parts.');
  if (parts.every((part) => part === '')) return refuse('all its parts are empty.');
  for (const part of parts) {
    const why = part === '' ? null : faultOfPart(part);
    if (why !== null) return refuse(`a part ${why}.`);
  }
  const places = placesFor(parts, order);
  const targetedId = places.targetedId === '' ? null : readTargetedId(places.targetedId);
  if (targetedId?.value === '') return refuse('its targetedId has no value.');
  return { cell, targetedId, ...correctByShape(places, targetedId === null) };
}

function faultOfPart(part: string): string | null {
  if (part.length > MAX_KEY) return `must not be longer than ${MAX_KEY} characters`;
  return faultOfName(part);
}

type Places = Record<IdentityPart, string>;

/** One part is the userName, two are userName and email, three stand in the configured order. */
function placesFor(parts: readonly string[], order: IdentityOrder): Places {
  const [first = '', second = '', third = ''] = parts;
  if (parts.length < 3) return { targetedId: '', userName: first, email: second };
  const at = (part: IdentityPart): string => [first, second, third][order.indexOf(part)] ?? '';
  return { targetedId: at('targetedId'), userName: at('userName'), email: at('email') };
}

function correctByShape(
  { userName, email }: Places,
  withoutTargetedId: boolean,
): Pick<GivenIdentity, 'userName' | 'email' | 'either' | 'lone'> {
  if (userName !== '' && email !== '') {
    const swapped = !email.includes('@') && userName.includes('@');
    const [name, mail] = swapped ? [email, userName] : [userName, email];
    return { userName: foldedKey(name), email: foldedKey(mail), either: null, lone: false };
  }
  const part = userName + email;
  if (part === '') return { userName: null, email: null, either: null, lone: false };
  const given = foldedKey(part);
  if (part.includes('@')) return { userName: null, email: null, either: given, lone: withoutTargetedId };
  return { userName: given, email: null, either: null, lone: withoutTargetedId };
}

/** A key as it is written, in NFC, and as it is compared. */
export function foldedKey(value: string): GivenKey {
  return { value: value.normalize('NFC'), key: foldName(value) };
}

/** A targetedId compares exactly; Shibboleth writes it as `idp!sp!value`, the qualifiers of which stand beside it. */
export function readTargetedId(text: string): GivenTargetedId {
  const [issuer, audience, value, ...more] = text.split('!').map((part) => part.trim());
  if (value === undefined || more.length > 0) return { value: text, key: text, issuer: null, audience: null };
  const said = (part = ''): string | null => (part === '' ? null : part);
  return { value, key: value, issuer: said(issuer), audience: said(audience) };
}

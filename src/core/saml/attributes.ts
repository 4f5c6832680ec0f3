/**
 * What attributes mean, by their OID, their MACE name or a claim's address, compared without case; and which of their
 * values a provider may speak of (shibmd:Scope).
 */
import type { AttributeValue, NameId, SamlAttribute } from './message.ts';
import { fitsScopePattern } from './scope-pattern.ts';

export type AttributeName =
  | 'eduPersonAffiliation'
  | 'eduPersonScopedAffiliation'
  | 'eduPersonTargetedID'
  | 'eduPersonPrincipalName'
  | 'pairwise-id'
  | 'subject-id'
  | 'uid'
  | 'mail'
  | 'displayName'
  | 'givenName'
  | 'sn'
  | 'schacHomeOrganization'
  | 'isMemberOf';

const oid: Readonly<Record<string, AttributeName>> = {
  '1.3.6.1.4.1.5923.1.1.1.1': 'eduPersonAffiliation',
  '1.3.6.1.4.1.5923.1.1.1.9': 'eduPersonScopedAffiliation',
  '1.3.6.1.4.1.5923.1.1.1.10': 'eduPersonTargetedID',
  '1.3.6.1.4.1.5923.1.1.1.6': 'eduPersonPrincipalName',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.3': 'mail',
  '2.16.840.1.113730.3.1.241': 'displayName',
  '2.5.4.42': 'givenName',
  '2.5.4.4': 'sn',
  '1.3.6.1.4.1.25178.1.2.9': 'schacHomeOrganization',
  '1.3.6.1.4.1.5923.1.5.1.1': 'isMemberOf',
};

const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/';
/** What Entra ID and ADFS call them. `name` is the userPrincipalName there. */
const claimed: Readonly<Record<string, AttributeName>> = {
  [`${claims}emailaddress`]: 'mail',
  [`${claims}givenname`]: 'givenName',
  [`${claims}surname`]: 'sn',
  [`${claims}name`]: 'uid',
  [`${claims}upn`]: 'uid',
  [`${claims}privatepersonalidentifier`]: 'pairwise-id',
  'http://schemas.microsoft.com/identity/claims/displayname': 'displayName',
  'http://schemas.microsoft.com/identity/claims/objectidentifier': 'pairwise-id',
  'http://schemas.microsoft.com/ws/2008/06/identity/claims/windowsaccountname': 'uid',
};

const known: ReadonlyMap<string, AttributeName> = new Map<string, AttributeName>([
  ...Object.entries(oid).map(([number, name]): [string, AttributeName] => [`urn:oid:${number}`, name]),
  ...[...Object.values(oid), 'pairwise-id' as const, 'subject-id' as const].flatMap(
    (name): [string, AttributeName][] => [
      [name.toLowerCase(), name],
      [`urn:mace:dir:attribute-def:${name}`.toLowerCase(), name],
      [`urn:mace:terena.org:attribute-def:${name}`.toLowerCase(), name],
      [`urn:oasis:names:tc:SAML:attribute:${name}`.toLowerCase(), name],
    ],
  ),
  ...Object.entries(claimed).map(([address, name]): [string, AttributeName] => [address.toLowerCase(), name]),
]);

/** What an attribute is; null for one that Muster does not use. */
export function attributeNamed(name: string): AttributeName | null {
  return known.get(name.trim().toLowerCase()) ?? null;
}

export type Attributes = ReadonlyMap<AttributeName, readonly AttributeValue[]>;

/** The attributes by what they are: those that came under two names are one, each value once. */
export function mergeAttributes(attributes: readonly SamlAttribute[]): Attributes {
  const merged = new Map<AttributeName, AttributeValue[]>();
  for (const { name, values } of attributes) {
    const attribute = attributeNamed(name);
    if (attribute === null) continue;
    const found = merged.get(attribute) ?? [];
    merged.set(attribute, found);
    for (const value of values) {
      if (!found.some((other) => textOf(other) === textOf(value))) found.push(value);
    }
  }
  return merged;
}

/** The text of a value, trimmed. */
export function textOf(value: AttributeValue): string {
  return (typeof value === 'string' ? value : value.value).trim();
}

/** Texts of an attribute that say something. */
export function textsOf(attributes: Attributes, name: AttributeName): string[] {
  return (attributes.get(name) ?? []).map(textOf).filter((text) => text !== '');
}

/** eduPersonTargetedID with its qualifiers, where it came as the name id that it is. */
export function nameIdOf(value: AttributeValue): NameId | null {
  return typeof value === 'string' ? null : value;
}

/** A scope that a provider owns (shibmd:Scope). */
export interface Scope {
  readonly value: string;
  readonly isPattern: boolean;
}

/** What is after the `@`; null for a value without one. */
export function scopeOf(text: string): string | null {
  const at = text.lastIndexOf('@');
  return at < 1 || at === text.length - 1 ? null : text.slice(at + 1);
}

/**
 * True when the provider may speak for that scope. One whose metadata names no scopes speaks for none; patterns are
 * read as {@link fitsScopePattern} says.
 */
export function ownsScope(scopes: readonly Scope[], scope: string): boolean {
  const folded = scope.toLowerCase();
  return scopes.some(({ value, isPattern }) =>
    isPattern ? fitsScopePattern(value, folded) : value.toLowerCase() === folded,
  );
}

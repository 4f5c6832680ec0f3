/** What a login says of a person: the three keys of feeds.md, further login keys, a profile, affiliations. */
import {
  type Attributes,
  mergeAttributes,
  nameIdOf,
  ownsScope,
  scopeOf,
  textOf,
  textsOf,
} from './attributes.ts';
import type { NameId, SignedAssertion } from './message.ts';
import type { ProviderMetadata, ProviderSettings } from './provider.ts';

/** A key that only this provider can say, and so may log in by (D-10). */
export interface LoginKey {
  readonly kind: 'targetedId' | 'eppn';
  readonly value: string;
  readonly qualifiers: {
    readonly nameQualifier: string | null;
    readonly spNameQualifier: string | null;
  } | null;
}

/** An affiliation as it was written. */
export interface ClaimedAffiliation {
  readonly value: string;
  readonly scope: string | null;
}

export interface Claims {
  /** The strongest first. */
  readonly loginKeys: readonly LoginKey[];
  readonly userName: string | null;
  /** The userName carries a scope that the provider owns: it may say so without being trusted for other names. */
  readonly isNameOwned: boolean;
  readonly email: string | null;
  readonly profile: Readonly<Record<string, string>>;
  /** Null when the login said nothing of affiliations at all. */
  readonly affiliations: readonly ClaimedAffiliation[] | null;
  /** Whose word the affiliations are: behind a proxy, the institution's; empty for the provider's own. */
  readonly authority: string;
  /** Scoped values that were left out, since their scope is not the provider's. */
  readonly dropped: readonly string[];
  /** Names of attributes that Muster makes nothing of. */
  readonly unused: readonly string[];
}

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';

type Provider = {
  readonly metadata: Pick<ProviderMetadata, 'entityId' | 'scopes'>;
  readonly settings: Pick<ProviderSettings, 'userName' | 'scopes'>;
};

/** Reads what a signed assertion claims of its subject. A provider that names no scopes may say scoped values for none. */
export function readClaims(
  assertion: Pick<SignedAssertion, 'nameId' | 'attributes' | 'authn'>,
  { metadata, settings }: Provider,
): Claims {
  const scopes = [...metadata.scopes, ...settings.scopes.map((value) => ({ value, isPattern: false }))];
  const attributes = mergeAttributes(assertion.attributes);
  const dropped: string[] = [];
  const owned = (texts: readonly string[]): string[] =>
    texts.filter((text) => {
      const scope = scopeOf(text);
      const isOwned = scope !== null && ownsScope(scopes, scope);
      if (!isOwned) dropped.push(text);
      return isOwned;
    });
  const eppns = owned(textsOf(attributes, 'eduPersonPrincipalName'));
  const subjects = owned([
    ...textsOf(attributes, 'pairwise-id').filter(hasScope),
    ...textsOf(attributes, 'subject-id'),
  ]);
  const scoped = owned(textsOf(attributes, 'eduPersonScopedAffiliation'));
  const userName = nameFrom(settings.userName, attributes, eppns, assertion.nameId);
  const nameScope = userName === null ? null : scopeOf(userName);
  const authority = assertion.authn?.authority ?? '';
  return {
    loginKeys: uniqueKeys([
      ...subjects.map(plainKey),
      ...textsOf(attributes, 'pairwise-id')
        .filter((text) => !hasScope(text))
        .map(plainKey),
      ...(attributes.get('eduPersonTargetedID') ?? []).map((value) =>
        targetedKey(textOf(value), nameIdOf(value)),
      ),
      ...(assertion.nameId?.format === PERSISTENT
        ? [targetedKey(assertion.nameId.value, assertion.nameId)]
        : []),
      ...eppns.map((value): LoginKey => ({ kind: 'eppn', value: value.toLowerCase(), qualifiers: null })),
    ]),
    userName,
    isNameOwned: nameScope !== null && ownsScope(scopes, nameScope),
    email: textsOf(attributes, 'mail')[0] ?? null,
    profile: profileOf(attributes),
    affiliations: affiliationsOf(attributes, scoped),
    authority: authority === metadata.entityId ? '' : authority,
    dropped,
    unused: assertion.attributes
      .map(({ name }) => name)
      .filter((name) => mergeAttributes([{ name, values: [] }]).size === 0),
  };
}

const hasScope = (text: string): boolean => scopeOf(text) !== null;

function plainKey(value: string): LoginKey {
  return { kind: 'targetedId', value, qualifiers: null };
}

/** The key is the bare value; Shibboleth writes text as `idp!sp!value`. Qualifiers stand beside it. */
function targetedKey(text: string, nameId: NameId | null): LoginKey {
  const [nameQualifier, spNameQualifier, value, ...more] = text.split('!').map((part) => part.trim());
  if (nameId === null && value !== undefined && more.length === 0) {
    return {
      kind: 'targetedId',
      value,
      qualifiers: { nameQualifier: nameQualifier ?? null, spNameQualifier: spNameQualifier ?? null },
    };
  }
  const qualifiers =
    nameId === null ? null : { nameQualifier: nameId.nameQualifier, spNameQualifier: nameId.spNameQualifier };
  return { kind: 'targetedId', value: text.trim(), qualifiers };
}

const MAX_KEY = 500;

function uniqueKeys(keys: readonly LoginKey[]): LoginKey[] {
  const byText = new Map(keys.map((key) => [`${key.kind} ${key.value}`, key]));
  return [...byText.values()].filter(({ value }) => value !== '' && value.length <= MAX_KEY);
}

function nameFrom(
  source: ProviderSettings['userName'],
  attributes: Attributes,
  eppns: readonly string[],
  nameId: NameId | null,
): string | null {
  switch (source) {
    case 'auto':
      return textsOf(attributes, 'uid')[0] ?? eppns[0] ?? textsOf(attributes, 'mail')[0] ?? null;
    case 'eduPersonPrincipalName':
      return eppns[0] ?? null;
    case 'nameId':
      return nameId === null || nameId.value.trim() === '' ? null : nameId.value.trim();
    case 'uid':
    case 'mail':
    case 'subject-id':
      return textsOf(attributes, source)[0] ?? null;
  }
}

function profileOf(attributes: Attributes): Record<string, string> {
  const fields = {
    displayName: 'displayName',
    givenName: 'givenName',
    familyName: 'sn',
    email: 'mail',
  } as const;
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, name]) => {
      const text = textsOf(attributes, name)[0];
      return text === undefined ? [] : [[field, text]];
    }),
  );
}

function affiliationsOf(attributes: Attributes, scoped: readonly string[]): ClaimedAffiliation[] | null {
  const said = attributes.has('eduPersonAffiliation') || attributes.has('eduPersonScopedAffiliation');
  if (!said) return null;
  return [
    ...textsOf(attributes, 'eduPersonAffiliation').map((value) => ({ value, scope: null })),
    ...scoped.map((text) => ({ value: text.slice(0, text.lastIndexOf('@')), scope: scopeOf(text) })),
  ];
}

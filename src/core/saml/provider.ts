/** An identity provider: what its metadata say, and what the operator set. */
import type { Scope } from './attributes.ts';

/** What is read of a provider's metadata (SAML Metadata §2.4). */
export interface ProviderMetadata {
  readonly entityId: string;
  readonly title: string | null;
  /** Base64 of DER: every key that it may sign with. */
  readonly certificates: readonly string[];
  /** Where logins are asked for, by redirect. */
  readonly loginUrl: string;
  /** Where logouts are asked for and answered, by redirect; null for a provider without. */
  readonly logoutUrl: string | null;
  readonly logoutAnswerUrl: string | null;
  readonly wantsSignedRequests: boolean;
  readonly scopes: readonly Scope[];
  /** RFC 3339; null for metadata that do not end. */
  readonly validUntil: string | null;
}

export const absentPolicies = ['remove', 'keep', 'grace'] as const;
/** What a login means that says nothing of affiliations at all. */
export type AbsentPolicy = (typeof absentPolicies)[number];

export const userNameSources = [
  'auto',
  'uid',
  'eduPersonPrincipalName',
  'mail',
  'subject-id',
  'nameId',
] as const;
/** What a provider's people are called by. `auto`: uid, else eduPersonPrincipalName, else mail. */
export type UserNameSource = (typeof userNameSources)[number];

export const trustedKeys = ['userName', 'email'] as const;
/** Keys without an issuer that a provider may sign in to an existing account by. */
export type TrustedKey = (typeof trustedKeys)[number];

export const logoutPlaces = ['provider', 'here'] as const;
/** How far signing out of Muster reaches: to the provider's own session, or to ours alone. */
export type LogoutPlace = (typeof logoutPlaces)[number];

export interface ProviderSettings {
  /** Whether a person nobody knows yet gets an account. */
  readonly provision: 'create' | 'refuse';
  readonly trustedFor: readonly TrustedKey[];
  readonly userName: UserNameSource;
  /** Scopes that it may speak for besides those that its metadata name. */
  readonly scopes: readonly string[];
  readonly absent: AbsentPolicy;
  /** With `absent: grace`, how long affiliations stay. */
  readonly graceHours: number;
  /** How long an affiliation stays true of somebody who does not come back. */
  readonly ttlDays: number;
  /** Whether the response has to be signed besides the assertion. */
  readonly wantResponseSigned: boolean;
  readonly logout: LogoutPlace;
  /** Names that the buttons of the first page show; null for the provider's own. */
  readonly title: string | null;
}

/**
 * Settings of a provider of which nothing is said. It is trusted for nothing but its own keys: a member of a federation
 * that may say any userName could sign in to everybody's account.
 */
export const defaultProviderSettings: ProviderSettings = {
  provision: 'create',
  trustedFor: [],
  userName: 'auto',
  scopes: [],
  absent: 'grace',
  graceHours: 24,
  ttlDays: 180,
  wantResponseSigned: false,
  logout: 'provider',
  title: null,
};

/** What a provider's name may be: it stands in addresses. */
export const PROVIDER_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

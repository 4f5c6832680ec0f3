/** What is read of SAML messages, as plain values. Instants are milliseconds since 1970; NaN for what is none. */

/** The response around the assertion, as it came: some of it may not be signed. */
export interface Envelope {
  /** The root is `samlp:Response`. */
  readonly isResponse: boolean;
  readonly version: string;
  readonly destination: string | null;
  readonly issuer: string | null;
  readonly inResponseTo: string | null;
  readonly status: string;
  /** Assertions anywhere, and those that are children of the response. */
  readonly assertions: number;
  readonly ownAssertions: number;
  readonly encrypted: number;
  /** Every ID attribute. */
  readonly ids: readonly string[];
  /** Signatures elsewhere than as a child of the response or of its assertion, or a second one there. */
  readonly strayOrRepeatedSignatures: number;
  readonly signatureAlgorithms: readonly string[];
  readonly digestAlgorithms: readonly string[];
  readonly transforms: readonly string[];
}

export interface Confirmation {
  readonly method: string;
  readonly recipient: string;
  readonly inResponseTo: string;
  readonly notBefore: number | null;
  readonly notOnOrAfter: number;
}

export interface NameId {
  readonly value: string;
  readonly format: string;
  readonly nameQualifier: string | null;
  readonly spNameQualifier: string | null;
}

/** One value of an attribute: text, or the name id that eduPersonTargetedID is. */
export type AttributeValue = string | NameId;

/** An attribute under the name it came with; several elements of one name are one. */
export interface SamlAttribute {
  readonly name: string;
  readonly values: readonly AttributeValue[];
}

export interface SignedAssertion {
  readonly id: string;
  readonly version: string;
  readonly issuer: string;
  readonly nameId: NameId | null;
  readonly confirmations: readonly Confirmation[];
  readonly conditions: {
    readonly notBefore: number | null;
    readonly notOnOrAfter: number | null;
    /** One list per AudienceRestriction, each of which must hold. */
    readonly audiences: readonly (readonly string[])[];
  } | null;
  readonly authn: {
    readonly sessionIndex: string | null;
    readonly sessionNotOnOrAfter: number | null;
    /** Behind a proxy, who really authenticated the person; the last of them. */
    readonly authority: string | null;
  } | null;
  readonly attributes: readonly SamlAttribute[];
}

/**
 * The guard: the login profile (SAML Profiles §4.1.4, Core §2.4, §2.5, §3.2), line by line. The library checks
 * signatures; everything else is here. Each line can be read, tested and missed on its own
 * (test/saml/no-guard-line-can-be-spared.test.ts).
 */
import type { XmlCensus } from './census.ts';
import type { Confirmation, Envelope, SignedAssertion } from './message.ts';
import type { Check } from './reason.ts';

/** Clocks may be so far apart. */
export const SKEW_MS = 60_000;
/** A request waits so long for its answer. */
export const REQUEST_MINUTES = 10;
export const MAX_BODY_BYTES = 262_144;
export const MAX_RESPONSE_BYTES = 131_072;
const MAX_ELEMENTS = 3_000;
const MAX_DEPTH = 40;
const MAX_ATTRIBUTES = 64;

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

const more = 'http://www.w3.org/2001/04/xmldsig-more#';
/** SHA-256 and up. */
export const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([
  ...['rsa-sha256', 'rsa-sha384', 'rsa-sha512', 'ecdsa-sha256', 'ecdsa-sha384', 'ecdsa-sha512'].map(
    (name) => more + name,
  ),
]);
export const DIGEST_ALGORITHMS: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  `${more}sha384`,
  'http://www.w3.org/2001/04/xmlenc#sha512',
]);
export const TRANSFORMS: ReadonlySet<string> = new Set([
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
]);

/** Before anything is parsed. */
export const censusChecks: readonly Check<XmlCensus>[] = [
  { code: 'xml.doctype', holds: ({ doctypes }) => doctypes === 0 },
  { code: 'xml.entity', holds: ({ entities }) => entities === 0 },
  { code: 'xml.processing_instruction', holds: ({ processingInstructions: found }) => found === 0 },
  { code: 'xml.comment', holds: ({ comments }) => comments === 0 },
  { code: 'xml.cdata', holds: ({ cdataSections }) => cdataSections === 0 },
  { code: 'xml.elements', holds: ({ elements }) => elements <= MAX_ELEMENTS },
  { code: 'xml.depth', holds: ({ depth }) => depth <= MAX_DEPTH },
  { code: 'xml.attributes', holds: ({ attributes }) => attributes <= MAX_ATTRIBUTES },
];

/** What a response is measured by: the provider that was asked, and where we wait for its answer. */
export interface Expected {
  readonly issuer: string;
  /** Our address for answers. */
  readonly acs: string;
  /** Our entity id. */
  readonly audience: string;
}

export interface EnvelopeFacts {
  readonly envelope: Envelope;
  readonly expected: Expected;
}

/** On the response as it came, before its signature is looked at. */
export const envelopeChecks: readonly Check<EnvelopeFacts>[] = [
  { code: 'response.root', holds: ({ envelope }) => envelope.isResponse },
  { code: 'response.version', holds: ({ envelope }) => envelope.version === '2.0' },
  {
    code: 'response.destination',
    holds: ({ envelope, expected }) => envelope.destination === null || envelope.destination === expected.acs,
  },
  {
    code: 'response.issuer',
    holds: ({ envelope, expected }) => envelope.issuer === null || envelope.issuer === expected.issuer,
  },
  { code: 'status.failed', holds: ({ envelope }) => envelope.status === SUCCESS },
  { code: 'assertion.encrypted', holds: ({ envelope }) => envelope.encrypted === 0 },
  {
    code: 'assertion.count',
    holds: ({ envelope }) => envelope.assertions === 1 && envelope.ownAssertions === 1,
  },
  { code: 'id.repeated', holds: ({ envelope }) => new Set(envelope.ids).size === envelope.ids.length },
  { code: 'signature.count', holds: ({ envelope }) => envelope.strayOrRepeatedSignatures === 0 },
  {
    code: 'signature.algorithm',
    holds: ({ envelope }) => envelope.signatureAlgorithms.every((name) => SIGNATURE_ALGORITHMS.has(name)),
  },
  {
    code: 'signature.digest',
    holds: ({ envelope }) => envelope.digestAlgorithms.every((name) => DIGEST_ALGORITHMS.has(name)),
  },
  {
    code: 'signature.transform',
    holds: ({ envelope }) => envelope.transforms.every((name) => TRANSFORMS.has(name)),
  },
];

export interface AssertionFacts {
  readonly assertion: SignedAssertion;
  readonly confirmation: Confirmation | null;
  readonly envelope: Envelope;
  readonly expected: Expected;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const isPast = (instant: number, now: number): boolean => !(instant + SKEW_MS > now);
const isAhead = (instant: number, now: number): boolean => !(instant - SKEW_MS <= now);

/** On the signed assertion, and nothing but what was signed. */
export const assertionChecks: readonly Check<AssertionFacts>[] = [
  { code: 'assertion.version', holds: ({ assertion }) => assertion.version === '2.0' },
  { code: 'assertion.issuer', holds: ({ assertion, expected }) => assertion.issuer === expected.issuer },
  { code: 'confirmation.method', holds: ({ confirmation }) => confirmation?.method === BEARER },
  {
    code: 'confirmation.recipient',
    holds: ({ confirmation, expected }) => confirmation?.recipient === expected.acs,
  },
  {
    code: 'confirmation.not_before',
    holds: ({ confirmation, now }) =>
      confirmation?.notBefore === undefined ||
      confirmation.notBefore === null ||
      !isAhead(confirmation.notBefore, now),
  },
  {
    code: 'confirmation.expired',
    holds: ({ confirmation, now }) => !isPast(confirmation?.notOnOrAfter ?? NaN, now),
  },
  {
    code: 'confirmation.unsolicited',
    holds: ({ confirmation }) => (confirmation?.inResponseTo ?? '') !== '',
  },
  {
    code: 'response.in_response_to',
    holds: ({ envelope, confirmation }) =>
      envelope.inResponseTo === null || envelope.inResponseTo === (confirmation?.inResponseTo ?? null),
  },
  { code: 'conditions.missing', holds: ({ assertion }) => assertion.conditions !== null },
  {
    code: 'conditions.not_before',
    holds: ({ assertion, now }) => {
      const notBefore = assertion.conditions?.notBefore ?? null;
      return notBefore === null || !isAhead(notBefore, now);
    },
  },
  {
    code: 'conditions.expired',
    holds: ({ assertion, now }) => {
      const notOnOrAfter = assertion.conditions?.notOnOrAfter ?? null;
      return notOnOrAfter === null || !isPast(notOnOrAfter, now);
    },
  },
  {
    code: 'audience.foreign',
    holds: ({ assertion, expected }) => {
      const restrictions = assertion.conditions?.audiences ?? [];
      return restrictions.length > 0 && restrictions.every((names) => names.includes(expected.audience));
    },
  },
  { code: 'authn.missing', holds: ({ assertion }) => assertion.authn !== null },
  {
    code: 'authn.session_over',
    holds: ({ assertion, now }) => {
      const end = assertion.authn?.sessionNotOnOrAfter ?? null;
      return end === null || !isPast(end, now);
    },
  },
];

/** The confirmation that the lines above are about: one for bearers made out to us, else the first there is. */
export function chooseConfirmation(
  { confirmations }: SignedAssertion,
  { acs }: Expected,
): Confirmation | null {
  const bearers = confirmations.filter(({ method }) => method === BEARER);
  return bearers.find(({ recipient }) => recipient === acs) ?? bearers[0] ?? confirmations[0] ?? null;
}

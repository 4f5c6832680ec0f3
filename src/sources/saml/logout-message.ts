/** What both messages of a logout are held to: the provider's request (logout.ts) and its answer to ours (own-logout.ts). */
import { takeCensus } from '../../core/saml/census.ts';
import { censusChecks, SKEW_MS } from '../../core/saml/guard.ts';
import { type Check, firstFailing, LoginRefused } from '../../core/saml/reason.ts';
import { attributeOf, childNamed, type Element, instantIn, isNamed, parseXml, textIn } from './verify/dom.ts';

export interface LogoutFacts {
  /** It is the message that belongs here: a request, or an answer. */
  readonly isExpected: boolean;
  readonly version: string;
  readonly id: string;
  readonly issuer: string;
  readonly destination: string | null;
  readonly issuedAt: number;
  readonly expectedIssuer: string;
  readonly expectedDestination: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A message may be so old. */
export const MAX_AGE_MS = 600_000;

export const logoutChecks: readonly Check<LogoutFacts>[] = [
  { code: 'logout.root', holds: ({ isExpected, id }) => isExpected && id !== '' },
  { code: 'logout.version', holds: ({ version }) => version === '2.0' },
  { code: 'logout.issuer', holds: ({ issuer, expectedIssuer }) => issuer === expectedIssuer },
  {
    code: 'logout.destination',
    holds: ({ destination, expectedDestination }) => destination === expectedDestination,
  },
  { code: 'logout.too_old', holds: ({ issuedAt, now }) => Math.abs(now - issuedAt) <= MAX_AGE_MS + SKEW_MS },
];

export interface LogoutExpected {
  readonly kind: 'LogoutRequest' | 'LogoutResponse';
  readonly issuer: string;
  readonly destination: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The root of a message that is good so far. Refuses (LoginRefused) what is no message of that kind, of that provider, for us, now. */
export function readLogout(
  xml: string,
  { kind, issuer, destination, now }: LogoutExpected,
  checks: readonly Check<LogoutFacts>[] = logoutChecks,
): Element {
  const census = takeCensus(xml);
  const crude = firstFailing(censusChecks, census);
  if (crude !== null) throw new LoginRefused(crude);
  const root = census.isBalanced ? parseXml(xml) : null;
  if (root === null) throw new LoginRefused('logout.root');
  const failing = firstFailing(checks, {
    isExpected: isNamed(root, 'protocol', kind),
    version: attributeOf(root, 'Version') ?? '',
    id: attributeOf(root, 'ID') ?? '',
    issuer: textIn(childNamed(root, 'assertion', 'Issuer')),
    destination: attributeOf(root, 'Destination'),
    issuedAt: instantIn(attributeOf(root, 'IssueInstant')),
    ...{ expectedIssuer: issuer, expectedDestination: destination, now },
  });
  if (failing !== null) throw new LoginRefused(failing);
  return root;
}

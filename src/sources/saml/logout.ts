/** Logout that the provider asks for, by redirect (SAML Profiles §4.4): sessions end on every instance, and nothing else. */
import { censusChecks, SKEW_MS } from '../../core/saml/guard.ts';
import { takeCensus } from '../../core/saml/census.ts';
import { type Check, firstFailing, LoginRefused } from '../../core/saml/reason.ts';
import { consumeId } from '../../store/saml/requests.ts';
import type { ProviderRow } from '../../store/saml/providers.ts';
import { endSessionsOf } from '../../store/sessions.ts';
import { addressesFor } from './addresses.ts';
import { logoutResponse } from './outgoing.ts';
import type { SamlParts } from './parts.ts';
import { readRedirect, redirectTo } from './redirect.ts';
import {
  attributeOf,
  childNamed,
  childrenNamed,
  instantIn,
  instantOf,
  isNamed,
  parseXml,
  textIn,
} from './verify/dom.ts';

/** What is read of a signed logout request. */
export interface LogoutFacts {
  readonly isRequest: boolean;
  readonly version: string;
  readonly id: string;
  readonly issuer: string;
  readonly destination: string | null;
  readonly issuedAt: number;
  readonly notOnOrAfter: number | null;
  readonly nameId: string;
  readonly sessionIndexes: readonly string[];
  readonly expectedIssuer: string;
  readonly expectedDestination: string;
  readonly now: number;
}

/** A request may be so old. */
const MAX_AGE_MS = 600_000;

export const logoutChecks: readonly Check<LogoutFacts>[] = [
  { code: 'logout.root', holds: ({ isRequest, id }) => isRequest && id !== '' },
  { code: 'logout.version', holds: ({ version }) => version === '2.0' },
  { code: 'logout.issuer', holds: ({ issuer, expectedIssuer }) => issuer === expectedIssuer },
  {
    code: 'logout.destination',
    holds: ({ destination, expectedDestination }) => destination === expectedDestination,
  },
  {
    code: 'logout.too_old',
    holds: ({ issuedAt, notOnOrAfter, now }) =>
      Math.abs(now - issuedAt) <= MAX_AGE_MS + SKEW_MS &&
      (notOnOrAfter === null || notOnOrAfter + SKEW_MS > now),
  },
  { code: 'logout.subject', holds: ({ nameId }) => nameId !== '' },
];

/**
 * Ends the sessions that a provider's logout names, once per message. Answers where the browser goes with our answer;
 * null when the provider names no address for it, or when this was the provider's answer to us.
 */
export async function takeLogout(
  parts: SamlParts,
  { provider, query }: { readonly provider: ProviderRow; readonly query: string },
  checks: readonly Check<LogoutFacts>[] = logoutChecks,
): Promise<string | null> {
  const { baseUrl, now, directory, keys, random } = parts;
  const own = addressesFor(baseUrl, provider.name);
  const { parameter, xml, relayState } = readRedirect(query, provider.metadata.certificates);
  if (parameter === 'SAMLResponse') return null;
  const facts = readLogout(xml, { issuer: provider.entity_id, destination: own.logout, now: now() });
  const failing = firstFailing(checks, facts);
  if (failing !== null) throw new LoginRefused(failing);
  const expiresAt = new Date(now() + MAX_AGE_MS + 2 * SKEW_MS);
  const isFirst = await consumeId(directory.database, { idp: provider.n, id: facts.id, expiresAt });
  if (!isFirst) throw new LoginRefused('logout.replayed');
  const { nameId, sessionIndexes } = facts;
  await endSessionsOf(directory.database, { source: provider.source_n, nameId, sessionIndexes });
  const url = provider.metadata.logoutAnswerUrl;
  if (url === null) return null;
  const heading = { id: `_${random(20).toString('hex')}`, at: new Date(now()), destination: url, own };
  const answer = logoutResponse(heading, facts.id);
  return redirectTo({
    url,
    parameter: 'SAMLResponse',
    xml: answer,
    relayState,
    privateKey: await keys.signing(),
  });
}

function readLogout(
  xml: string,
  expected: { readonly issuer: string; readonly destination: string; readonly now: number },
): LogoutFacts {
  const failing = firstFailing(censusChecks, takeCensus(xml));
  if (failing !== null) throw new LoginRefused(failing);
  const root = parseXml(xml);
  if (root === null) throw new LoginRefused('logout.root');
  return {
    isRequest: isNamed(root, 'protocol', 'LogoutRequest'),
    version: attributeOf(root, 'Version') ?? '',
    id: attributeOf(root, 'ID') ?? '',
    issuer: textIn(childNamed(root, 'assertion', 'Issuer')),
    destination: attributeOf(root, 'Destination'),
    issuedAt: instantIn(attributeOf(root, 'IssueInstant')),
    notOnOrAfter: instantOf(root, 'NotOnOrAfter'),
    nameId: textIn(childNamed(root, 'assertion', 'NameID')),
    sessionIndexes: childrenNamed(root, 'protocol', 'SessionIndex').map(textIn),
    ...{ expectedIssuer: expected.issuer, expectedDestination: expected.destination, now: expected.now },
  };
}

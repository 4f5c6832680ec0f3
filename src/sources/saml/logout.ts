/** Logout that the provider asks for, by redirect (SAML Profiles §4.4): sessions end on every instance, and nothing else. */
import { SKEW_MS } from '../../core/saml/guard.ts';
import { type Check, firstFailing, LoginRefused } from '../../core/saml/reason.ts';
import { consumeId } from '../../store/saml/requests.ts';
import type { ProviderRow } from '../../store/saml/providers.ts';
import { endSessionsOf } from '../../store/sessions.ts';
import { addressesFor } from './addresses.ts';
import { MAX_AGE_MS, readLogout } from './logout-message.ts';
import { logoutResponse } from './outgoing.ts';
import type { SamlParts } from './parts.ts';
import { type IncomingMessage, redirectTo } from './redirect.ts';
import { attributeOf, childNamed, childrenNamed, instantOf, textIn } from './verify/dom.ts';

/** What a logout request says besides what every message of a logout does. */
export interface LogoutSubject {
  readonly nameId: string;
  readonly notOnOrAfter: number | null;
  readonly now: number;
}

export const subjectChecks: readonly Check<LogoutSubject>[] = [
  {
    code: 'logout.too_old',
    holds: ({ notOnOrAfter, now }) => notOnOrAfter === null || notOnOrAfter + SKEW_MS > now,
  },
  { code: 'logout.subject', holds: ({ nameId }) => nameId !== '' },
];

/**
 * Ends the sessions that a provider's logout names, once per message. Answers where the browser goes with our answer;
 * null when the provider names no address for it.
 */
export async function takeLogoutRequest(
  parts: SamlParts,
  provider: ProviderRow,
  { xml, relayState }: IncomingMessage,
): Promise<string | null> {
  const { baseUrl, now, directory, keys, random } = parts;
  const own = addressesFor(baseUrl, provider.name);
  const root = readLogout(xml, {
    kind: 'LogoutRequest',
    ...{ issuer: provider.entity_id, destination: own.logout, now: now() },
  });
  const nameId = textIn(childNamed(root, 'assertion', 'NameID'));
  const subject = { nameId, notOnOrAfter: instantOf(root, 'NotOnOrAfter'), now: now() };
  const failing = firstFailing(subjectChecks, subject);
  if (failing !== null) throw new LoginRefused(failing);
  const id = attributeOf(root, 'ID') ?? '';
  const expiresAt = new Date(now() + MAX_AGE_MS + 2 * SKEW_MS);
  const isFirst = await consumeId(directory.database, { idp: provider.n, id, expiresAt });
  if (!isFirst) throw new LoginRefused('logout.replayed');
  const sessionIndexes = childrenNamed(root, 'protocol', 'SessionIndex').map(textIn);
  await endSessionsOf(directory.database, { source: provider.source_n, nameId, sessionIndexes });
  const url = provider.metadata.logoutAnswerUrl;
  if (url === null) return null;
  const heading = { id: `_${random(20).toString('hex')}`, at: new Date(now()), destination: url, own };
  return redirectTo({
    ...{ url, parameter: 'SAMLResponse', xml: logoutResponse(heading, id), relayState },
    privateKey: await keys.signing(),
  });
}

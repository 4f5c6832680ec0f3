/** Logout that starts here: our sessions end at once, and the browser goes on to the provider to end its own. */
import { LoginRefused } from '../../core/saml/reason.ts';
import { hashSecret } from '../../core/session.ts';
import type { DoorContext } from '../../http/context.ts';
import { findProviderOf, type ProviderRow } from '../../store/saml/providers.ts';
import { insertRequest, takeRequest } from '../../store/saml/requests.ts';
import { type EndedSession, endSessionsOf } from '../../store/sessions.ts';
import { addressesFor } from './addresses.ts';
import { readLogout } from './logout-message.ts';
import { logoutRequest } from './outgoing.ts';
import type { SamlParts } from './parts.ts';
import { type IncomingMessage, redirectTo } from './redirect.ts';
import { openTransaction, readTransaction } from './transaction.ts';
import { attributeOf, childNamed } from './verify/dom.ts';

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** Where the browser goes to end the provider's session too. */
export interface Onward {
  readonly address: string;
  /** What the provider is called. */
  readonly provider: string;
}

/**
 * Ends what else was signed in by the provider's session, on every instance, and asks the provider to end its own.
 * Null where there is nothing to ask: a session by a link, a provider that names no logout, whose metadata are over,
 * that was taken out of use, or that is set to `logout: here`.
 */
export async function beginLogout(
  parts: Omit<SamlParts, 'verifier' | 'metrics' | 'log'>,
  context: DoorContext,
  { source, nameId, sessionIndex }: EndedSession,
): Promise<Onward | null> {
  const { directory, sessions, random, now, baseUrl, keys } = parts;
  if (source === null || nameId === null) return null;
  const provider = await findProviderOf(directory.database, source);
  const url = provider?.metadata.logoutUrl ?? null;
  if (provider === null || url === null || provider.expired) return null;
  if (provider.settings.logout === 'here') return null;
  const sessionIndexes = sessionIndex === null ? [] : [sessionIndex];
  await endSessionsOf(directory.database, { source, nameId: nameId.value, sessionIndexes });
  const id = `_${random(20).toString('hex')}`;
  const relayState = random(16).toString('base64url');
  const browser = hashSecret(openTransaction(context, sessions.site, random));
  const request = { id, idp: provider.n, browser, relayState, purpose: 'logout', returnTo: '/' } as const;
  await insertRequest(directory.database, request);
  const own = addressesFor(baseUrl, provider.name);
  const heading = { id, at: new Date(now()), destination: url, own };
  const xml = logoutRequest(heading, { nameId, sessionIndex });
  const message = { url, parameter: 'SAMLRequest', xml, relayState } as const;
  return {
    address: redirectTo({ ...message, privateKey: await keys.signing() }),
    provider: provider.settings.title ?? provider.metadata.title ?? provider.name,
  };
}

/**
 * Takes the provider's answer to a logout that this browser began, once. True when it has ended its session and all
 * that hang on it. Refuses (LoginRefused) as readLogout, and `logout.unasked`.
 */
export async function takeLogoutAnswer(
  { directory, sessions, baseUrl, now }: SamlParts,
  provider: ProviderRow,
  { context, message }: { readonly context: DoorContext; readonly message: IncomingMessage },
): Promise<boolean> {
  const own = addressesFor(baseUrl, provider.name);
  const root = readLogout(message.xml, {
    kind: 'LogoutResponse',
    ...{ issuer: provider.entity_id, destination: own.logout, now: now() },
  });
  const request = await takeRequest(directory.database, {
    ...{ id: attributeOf(root, 'InResponseTo') ?? '', idp: provider.n },
    browser: hashSecret(readTransaction(context, sessions.site) ?? ''),
    relayState: message.relayState ?? '',
    purposes: ['logout'],
  });
  if (request === null) throw new LoginRefused('logout.unasked');
  const status = childNamed(root, 'protocol', 'Status');
  const code = status === null ? null : childNamed(status, 'protocol', 'StatusCode');
  return code !== null && attributeOf(code, 'Value') === SUCCESS;
}

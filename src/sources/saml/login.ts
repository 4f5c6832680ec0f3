/** A login: asking the provider, and taking its answer. */
import {
  type AssertionFacts,
  assertionChecks,
  chooseConfirmation,
  type Expected,
  SKEW_MS,
} from '../../core/saml/guard.ts';
import { readClaims } from '../../core/saml/claims.ts';
import type { SignedAssertion } from '../../core/saml/message.ts';
import { type Check, firstFailing, LoginRefused } from '../../core/saml/reason.ts';
import { hashSecret, SECRET_BYTES } from '../../core/session.ts';
import { type SignedInUser, signIn } from '../../directory/logins.ts';
import { perform } from '../../directory/work.ts';
import type { DoorContext } from '../../http/context.ts';
import type { Connection } from '../../store/database.ts';
import type { ProviderRow } from '../../store/saml/providers.ts';
import { consumeId, insertRequest, type RequestPurpose, takeRequest } from '../../store/saml/requests.ts';
import { readAcsForm } from './acs-form.ts';
import { addressesFor } from './addresses.ts';
import { authnRequest } from './outgoing.ts';
import type { SamlParts } from './parts.ts';
import { redirectTo } from './redirect.ts';
import { openTransaction, readTransaction } from './transaction.ts';
import { tryOut, type TriedLogin } from './trial.ts';

/** A path of this site; anything else leads to the first page. */
export function ownPath(text: string | null): string {
  return text !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(text) && text.length <= 2_000 ? text : '/';
}

/** Sends the browser to the provider, with a request that only it can have the answer to. */
export async function beginLogin(
  parts: SamlParts,
  context: DoorContext,
  asked: { readonly provider: ProviderRow; readonly purpose: RequestPurpose; readonly returnTo: string },
): Promise<string> {
  const { sessions, random, baseUrl, now, keys, directory } = parts;
  const { provider, purpose, returnTo } = asked;
  sessions.requireFitSite();
  if (provider.expired) throw new LoginRefused('provider.expired');
  const secret = openTransaction(context, sessions.site, random);
  // An xs:ID starts with a letter or underscore.
  const id = `_${random(20).toString('hex')}`;
  const relayState = random(16).toString('base64url');
  const request = { id, idp: provider.n, browser: hashSecret(secret), relayState, purpose, returnTo };
  await insertRequest(directory.database, request);
  const url = provider.metadata.loginUrl;
  const own = addressesFor(baseUrl, provider.name);
  const xml = authnRequest({ id, at: new Date(now()), destination: url, own });
  return redirectTo({ url, parameter: 'SAMLRequest', xml, relayState, privateKey: await keys.signing() });
}

/** What became of a provider's answer. */
export type Answered =
  | {
      readonly kind: 'signed-in';
      readonly secret: string;
      readonly returnTo: string;
      readonly user: SignedInUser;
    }
  | { readonly kind: 'tried'; readonly tried: TriedLogin };

/**
 * Takes an answer. The assertion and the request are used up before anything is done with what they say: an answer
 * that is refused then is not good a second time either. Refuses (LoginRefused) by the guard and by the directory.
 */
export async function takeAnswer(
  parts: SamlParts,
  context: DoorContext,
  provider: ProviderRow,
): Promise<Answered> {
  const { sessions, baseUrl, verifier, now, random, directory } = parts;
  if (provider.expired) throw new LoginRefused('provider.expired');
  const { xml, relayState } = await readAcsForm(context);
  const browser = readTransaction(context, sessions.site);
  if (browser === null) throw new LoginRefused('transaction.missing');
  const own = addressesFor(baseUrl, provider.name);
  const expected: Expected = { issuer: provider.entity_id, acs: own.acs, audience: own.entityId };
  const read = await verifier.response({
    ...{ xml, expected, certificates: provider.metadata.certificates },
    wantResponseSigned: provider.settings.wantResponseSigned,
  });
  if (read.kind === 'refused') throw new LoginRefused(read.reason);
  const { assertion, envelope } = read;
  const { inResponseTo, notOnOrAfter } = checkAssertion({ assertion, envelope, expected, now: now() });
  const { purpose, returnTo } = await useUp(directory.database, {
    ...{ provider, assertionId: assertion.id, inResponseTo, notOnOrAfter, browser, relayState },
  });

  const secret = random(SECRET_BYTES).toString('base64url');
  const login = {
    provider: {
      n: provider.n,
      name: provider.name,
      entityId: provider.entity_id,
      settings: provider.settings,
    },
    claims: readClaims(assertion, provider),
    session: sessionOf(assertion, secret),
    now: now(),
  };
  const by = {
    actor: { kind: 'idp', id: provider.name },
    onBehalfOf: null,
    source: provider.name,
    origin: { kind: 'assertion', id: assertion.id },
    requestId: context.state.requestId,
  } as const;
  if (purpose === 'test') return { kind: 'tried', tried: await tryOut(directory, by, login) };
  const { result } = await perform(directory, by, (work) => signIn(work, login));
  return { kind: 'signed-in', secret, returnTo, user: result };
}

/** Holds the signed assertion to the guard's lines. Answers the request that it is for, and until when it is good. */
export function checkAssertion(
  facts: Omit<AssertionFacts, 'confirmation'>,
  checks: readonly Check<AssertionFacts>[] = assertionChecks,
): { readonly inResponseTo: string; readonly notOnOrAfter: number } {
  const confirmation = chooseConfirmation(facts.assertion, facts.expected);
  const failing = firstFailing(checks, { ...facts, confirmation });
  if (failing !== null) throw new LoginRefused(failing);
  return {
    inResponseTo: confirmation?.inResponseTo ?? '',
    notOnOrAfter: confirmation?.notOnOrAfter ?? facts.now,
  };
}

async function useUp(
  connection: Connection,
  answer: {
    readonly provider: ProviderRow;
    readonly assertionId: string;
    readonly inResponseTo: string;
    readonly notOnOrAfter: number;
    readonly browser: string;
    readonly relayState: string;
  },
): Promise<{ readonly purpose: RequestPurpose; readonly returnTo: string }> {
  const { provider, assertionId, inResponseTo, notOnOrAfter, browser, relayState } = answer;
  // Twice the skew: clocks of instances may lie on either side of it.
  const expiresAt = new Date(Math.min(notOnOrAfter + 2 * SKEW_MS, Date.UTC(9999, 0)));
  const isFirst = await consumeId(connection, { idp: provider.n, id: assertionId, expiresAt });
  if (!isFirst) throw new LoginRefused('assertion.replayed');
  const request = await takeRequest(connection, {
    ...{ id: inResponseTo, idp: provider.n, browser: hashSecret(browser), relayState },
    purposes: ['login', 'test'],
  });
  if (request === null) throw new LoginRefused('request.unknown');
  return request;
}

function sessionOf({ nameId, authn }: SignedAssertion, secret: string) {
  const end = authn?.sessionNotOnOrAfter ?? null;
  return {
    hash: hashSecret(secret),
    nameId,
    sessionIndex: authn?.sessionIndex ?? null,
    notOnOrAfter: end === null ? null : new Date(end),
  };
}

/**
 * The door of SAML under every hostile message there is, without a database: what scripts/spare-guards.mjs bundles
 * anew for each line of the guard that it leaves out. Whatever gets past the door and would write is `passed`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { ProviderMetadata } from '../../src/core/saml/provider.ts';
import { defaultProviderSettings } from '../../src/core/saml/provider.ts';
import { hashSecret } from '../../src/core/session.ts';
import { buildApp } from '../../src/http/app.ts';
import { createSessions } from '../../src/http/session.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { samlDoor } from '../../src/sources/saml/door.ts';
import { verifyResponse } from '../../src/sources/saml/verify/response.ts';
import { corpus } from './corpus.ts';
import { hostileAnswers, hostileLogouts } from './logout-corpus.ts';
import { ENTITY, formOf, logoutAnswerQuery, logoutQuery, newKey, respond, type TestKey } from './provider.ts';

const root = 'http://localhost/saml/uni';
const asked = { id: '_asked', relayState: 'r', acs: `${root}/acs`, entityId: `${root}/metadata` };
const browser = 'b'.repeat(43);

/** What stands in the database, as far as the door asks. */
interface State {
  readonly isUsed?: boolean;
  readonly isExpired?: boolean;
  readonly isCalledOtherwise?: boolean;
  readonly isTooMany?: boolean;
}

/** One request of a browser, and the code that it must be refused with. */
export interface Trial {
  readonly name: string;
  readonly reason: string;
  readonly path: string;
  readonly form: string | null;
  readonly cookie: string;
  readonly state: State;
}

export interface Prepared {
  readonly key: TestKey;
  readonly trials: readonly Trial[];
}

/** Makes the key and all messages once. Identities are left out: they are the directory's to refuse. */
export function prepare(): Prepared {
  const key = newKey();
  const cookie = `muster-login=${browser}`;
  const good = new URLSearchParams(formOf(respond(asked, { key }), asked)).toString();
  const acs = { path: '/saml/uni/acs', form: good, cookie, state: {} };
  const logout = { form: null, cookie, state: {} };
  const destination = `${root}/logout`;
  const answer = { key, destination, inResponseTo: '_logout', relayState: 'r' };
  return {
    key,
    trials: [
      ...corpus
        .filter(({ reason }) => !reason.startsWith('identity.'))
        .map(({ name, reason, form }) => {
          const fields = form({ asked, key });
          const text = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
          return { ...acs, name, reason, form: text };
        }),
      { ...acs, name: 'a browser without a login', reason: 'transaction.missing', cookie: '' },
      { ...acs, name: 'an assertion used before', reason: 'assertion.replayed', state: { isUsed: true } },
      { ...acs, name: 'old metadata', reason: 'provider.expired', state: { isExpired: true } },
      {
        ...{ ...logout, path: '/saml/uni/login?again=true' },
        ...{ name: 'a login by old metadata', reason: 'provider.expired', state: { isExpired: true } },
      },
      {
        ...{ ...acs, name: 'another name', reason: 'provider.unknown' },
        state: { isCalledOtherwise: true },
      },
      { ...acs, name: 'one too many', reason: 'rate.limited', state: { isTooMany: true } },
      ...hostileLogouts.map(({ name, reason, query }) => ({
        ...{ ...logout, name, reason },
        path: `/saml/uni/logout?${query({ key, destination })}`,
      })),
      {
        ...{ ...logout, name: 'a logout used before', reason: 'logout.replayed', state: { isUsed: true } },
        path: `/saml/uni/logout?${logoutQuery({ key, destination })}`,
      },
      ...hostileAnswers.map(({ name, reason, change }) => ({
        ...{ ...logout, name, reason },
        path: `/saml/uni/logout?${logoutAnswerQuery({ ...answer, ...change })}`,
      })),
    ],
  };
}

/** Tries them in that order; answers the first that was not refused with its code, null when all were. */
export async function firstWrong(
  { key }: Prepared,
  trials: readonly Trial[],
): Promise<{ readonly name: string; readonly verdict: string } | null> {
  const site = await openDoor(key);
  try {
    for (const trial of trials) {
      const verdict = await site.judge(trial);
      if (verdict !== trial.reason) return { name: trial.name, verdict };
    }
    return null;
  } finally {
    await site.close();
  }
}

async function openDoor({ certificate, privateKey }: TestKey) {
  const now: { state: State; reason: string | null } = { state: {}, reason: null };
  const metadata: ProviderMetadata = {
    ...{ entityId: ENTITY, title: null, certificates: [certificate], wantsSignedRequests: false },
    ...{ loginUrl: 'https://idp.example.org/sso', logoutUrl: null, logoutAnswerUrl: null },
    ...{ scopes: [], validUntil: null },
  };
  const provider = () => ({
    ...{ n: 1, source_n: 9, name: now.state.isCalledOtherwise === true ? 'other' : 'uni' },
    ...{ entity_id: ENTITY, metadata, settings: defaultProviderSettings },
    expired: now.state.isExpired === true,
  });
  const standing: Readonly<Record<string, (values: readonly unknown[]) => readonly object[]>> = {
    idp_find: () => [provider()],
    saml_consume: () => (now.state.isUsed === true ? [] : [{ first: true }]),
    saml_request_take: ([id, , hash, relayState, purposes]) => {
      const isOurs = relayState === 'r' && hashSecret(browser).equals(hash as Buffer);
      const isLogin = (purposes as string[]).includes('login');
      return isOurs && id === (isLogin ? '_asked' : '_logout') ? [{ purpose: 'login', return_to: '/' }] : [];
    },
  };
  const database = {
    rows: (statement: { readonly name?: string }, values: readonly unknown[] = []) =>
      Promise.resolve(standing[statement.name ?? '']?.(values) ?? []),
    transaction: () => Promise.reject(new Error('It would have been written.')),
  };
  const log = pino(
    { level: 'warn' },
    {
      write: (line: string) => {
        now.reason = (JSON.parse(line) as { reason?: string }).reason ?? null;
      },
    },
  );
  const baseUrl = 'http://localhost';
  // What the door asks of a database is answered above; anything else would be a fault, and a verdict of its own.
  const connection = database as never;
  const app = buildApp({
    newId: () => 'trial',
    doors: [
      samlDoor({
        ...{ log, baseUrl, now: Date.now, metrics: createMetrics() },
        directory: { database: connection, wake: () => undefined },
        sessions: createSessions({ connection, baseUrl }),
        keys: { signing: async () => privateKey, certificates: async () => [certificate] } as never,
        verifier: { response: (task) => verifyResponse(task) },
        random: (bytes) => Buffer.alloc(bytes, 1),
        admits: () => now.state.isTooMany !== true,
        pages: { refused: () => '', tried: () => '', signedOut: () => '' },
      }),
    ],
    trustsProxy: false,
  });
  const server = createServer({ maxHeaderSize: 65_536 }, app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    judge: async ({ path, form, cookie, state }: Trial): Promise<string> => {
      Object.assign(now, { state, reason: null });
      const answer = await fetch(`${address}${path}`, {
        method: form === null ? 'GET' : 'POST',
        redirect: 'manual',
        headers: {
          ...(cookie === '' ? {} : { Cookie: cookie }),
          ...(form === null ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
        },
        ...(form === null ? {} : { body: form }),
      });
      await answer.arrayBuffer();
      return now.reason ?? `passed (${answer.status})`;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

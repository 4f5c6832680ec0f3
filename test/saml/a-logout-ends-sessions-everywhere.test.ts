import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createVerify, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { changeProvider } from '../../src/directory/identity-providers.ts';
import { csrfIn } from '../console/browser.ts';
import { type HostileAnswer, hostileAnswers, type HostileLogout, hostileLogouts } from './logout-corpus.ts';
import {
  formOf,
  logoutAnswerQuery,
  type LogoutAnswer,
  logoutQuery,
  type LogoutOptions,
  respond,
} from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
beforeAll(async () => {
  site = await openSamlSite({ instances: 2 });
});
afterAll(() => site.close());

async function signIn(uid: string, nameId: string, { sessionIndex = 's1', instance = 0 } = {}) {
  const browser = site.browser(instance);
  const asked = await site.ask(browser);
  const xml = respond(asked, { key: site.key, nameId, sessionIndex, attributes: { uid: [uid] } });
  await browser.post('/saml/uni/acs', formOf(xml, asked), FROM_PROVIDER);
  return browser;
}

const isSignedIn = async (browser: ReturnType<SamlSite['browser']>): Promise<boolean> =>
  (await browser.open('/')).text.includes('Sign out');

const query = (options: Partial<LogoutOptions> = {}): string =>
  logoutQuery({
    key: site.key,
    destination: `${site.address}/saml/uni/logout`,
    nameId: 'nobody',
    ...options,
  });

const send = (text: string, instance = 0) => site.browser(instance).open(`/saml/uni/logout?${text}`);

describe('a logout that the provider asks for', () => {
  it('ends the session on whatever instance it was begun, answers the provider, and changes no membership', async () => {
    const [one, other] = [await signIn('out', 'n-out'), await signIn('stays', 'n-stays', { instance: 1 })];
    const members = await site.database.rows({ text: 'select * from assertion' });
    const answer = await send(query({ nameId: 'n-out' }), 1);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Location')).toMatch(
      /^https:\/\/idp\.example\.org\/slo\?SAMLResponse=.*&RelayState=r1&SigAlg=.*&Signature=/,
    );
    expect(await isSignedIn(one)).toBe(false);
    expect(await isSignedIn(other)).toBe(true);
    expect(await site.database.rows({ text: 'select * from assertion' })).toEqual(members);
  });

  it('ends the sessions that it names, or all of that person', async () => {
    const first = await signIn('two', 'n-two', { sessionIndex: 'a' });
    const second = await signIn('two', 'n-two', { sessionIndex: 'b' });
    await send(query({ nameId: 'n-two', sessionIndex: 'a' }));
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, true]);
    await send(query({ nameId: 'n-two', sessionIndex: null }));
    expect(await isSignedIn(second)).toBe(false);
  });

  it('is done once', async () => {
    const text = query({ id: '_once' });
    expect((await send(text)).status).toBe(303);
    await send(text);
    expect(site.lastReason()).toBe('logout.replayed');
  });

  const refused = hostileLogouts.map((hostile): [string, HostileLogout] => [hostile.name, hostile]);
  it.each(refused)('%s is refused', async (_, { reason, query: make }) => {
    const browser = await signIn('kept', 'nobody');
    await send(make({ key: site.key, destination: `${site.address}/saml/uni/logout` }));
    expect(site.lastReason()).toBe(reason);
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('a logout that is begun here', () => {
  const leave = async (browser: ReturnType<SamlSite['browser']>) => {
    const page = await browser.open('/');
    const answer = await browser.post('/sign-out', { csrf: csrfIn(page) });
    const url = /^0; url=(.*)$/.exec(answer.headers.get('Refresh') ?? '')?.[1];
    if (url === undefined) return { answer, asked: null };
    const query = new URL(url).searchParams;
    const message = Buffer.from(query.get('SAMLRequest') ?? '', 'base64');
    const xml = inflateRawSync(message).toString('utf8');
    const id = / ID="([^"]+)"/.exec(xml)?.[1] ?? '';
    return { answer, asked: { url, xml, id, relayState: query.get('RelayState') ?? '' } };
  };
  const reply = (
    browser: ReturnType<SamlSite['browser']>,
    asked: { readonly id: string; readonly relayState: string } | null,
    options: Partial<LogoutAnswer> = {},
  ) => {
    const destination = `${site.address}/saml/uni/logout`;
    const { id: inResponseTo = '', relayState = '' } = asked ?? {};
    const answer = { key: site.key, destination, inResponseTo, relayState, ...options };
    return browser.open(`/saml/uni/logout?${logoutAnswerQuery(answer)}`);
  };

  it('ends the session here at once, asks the provider by a signed request that names it as the provider did, and takes the answer once', async () => {
    const browser = await signIn('away', 'n-away&co', { sessionIndex: 'own' });
    const twin = await signIn('away', 'n-away&co', { sessionIndex: 'own', instance: 1 });
    const other = await signIn('away', 'n-away&co', { sessionIndex: 'another', instance: 1 });
    const members = await site.database.rows({ text: 'select * from assertion' });
    const { answer, asked } = await leave(browser);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Security-Policy')).toContain("form-action 'self'");
    expect(await Promise.all([browser, twin, other].map(isSignedIn))).toEqual([false, false, true]);
    expect(asked?.url).toMatch(/^https:\/\/idp\.example\.org\/slo\?SAMLRequest=/);
    expect(asked?.xml).toMatch(
      /<saml:NameID Format="urn:oasis:names:tc:SAML:2\.0:nameid-format:transient">n-away&amp;co<\/saml:NameID><samlp:SessionIndex>own</,
    );
    const [certificate = ''] = await site.keys.certificates();
    const [signed = '', signature = ''] = (asked?.url.split('?')[1] ?? '').split('&Signature=');
    const isOurs = createVerify('sha256')
      .update(signed)
      .verify(
        new X509Certificate(Buffer.from(certificate, 'base64')).publicKey,
        Buffer.from(decodeURIComponent(signature), 'base64'),
      );
    expect(isOurs).toBe(true);
    const done = await reply(browser, asked);
    expect([done.status, done.text.includes('did not sign you out everywhere')]).toEqual([200, false]);
    await reply(browser, asked);
    expect(site.lastReason()).toBe('logout.unasked');
    expect(await site.database.rows({ text: 'select * from assertion' })).toEqual(members);
  });

  it('says so when the provider could not end everything', async () => {
    const browser = await signIn('partly', 'n-partly');
    const { asked } = await leave(browser);
    const status = 'urn:oasis:names:tc:SAML:2.0:status:PartialLogout';
    expect((await reply(browser, asked, { status })).text).toContain('did not sign you out everywhere');
  });

  it.each(hostileAnswers.map((hostile): [string, HostileAnswer] => [hostile.name, hostile]))(
    'takes no answer %s',
    async (_, { reason, change }) => {
      const browser = await signIn('asks', 'n-asks');
      const { asked } = await leave(browser);
      await reply(browser, asked, change);
      expect(site.lastReason()).toBe(reason);
    },
  );

  it('takes no answer in another browser than the one that left', async () => {
    const { asked } = await leave(await signIn('here', 'n-here'));
    await reply(site.browser(), asked);
    expect(site.lastReason()).toBe('logout.unasked');
  });

  it('stays here where the provider is set so', async () => {
    await site.do((work) => changeProvider(work, { name: 'uni', change: { logout: 'here' } }));
    const browser = await signIn('local', 'n-local');
    const { answer, asked } = await leave(browser);
    expect([answer.status, asked, await isSignedIn(browser)]).toEqual([303, null, false]);
    await site.do((work) => changeProvider(work, { name: 'uni', change: { logout: 'provider' } }));
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { corpus } from './corpus.ts';
import { formOf, inSeconds, metadataOf, respond, type ResponseOptions } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
beforeAll(async () => {
  site = await openSamlSite();
});
afterAll(() => site.close());

async function bring(form: Record<string, string> | string, browser: ReturnType<SamlSite['browser']>) {
  return browser.post(
    '/saml/uni/acs',
    typeof form === 'string' ? new URLSearchParams(form) : form,
    FROM_PROVIDER,
  );
}

describe('the corpus', () => {
  it('has 80 messages or more, each under a name of its own', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(80);
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  });

  it('would be signed in if nothing were wrong with it', async () => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    const answer = await bring(formOf(respond(asked, { key: site.key }), asked), browser);
    expect([answer.status, site.lastReason()]).toEqual([303, null]);
    expect((await browser.open('/')).text).toContain('alice');
  });

  it.each(corpus.map((message): [string, (typeof corpus)[number]] => [message.name, message]))(
    '%s',
    async (_, { reason, form }) => {
      const browser = site.browser();
      const asked = await site.ask(browser);
      site.logged.length = 0;
      const answer = await bring(form({ asked, key: site.key }), browser);
      expect(site.lastReason()).toBe(reason);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(browser.cookies.has('muster')).toBe(false);
    },
  );
});

describe('an answer is taken', () => {
  const uid = (name: string) =>
    `<saml:Attribute Name="uid"><saml:AttributeValue>${name}</saml:AttributeValue></saml:Attribute>`;
  const good: readonly [string, () => Partial<ResponseOptions>][] = [
    ['without a Destination', () => ({ destination: null })],
    ['without what is said twice', () => ({ responseIssuer: null, responseInResponseTo: null })],
    ['signed twice', () => ({ sign: ['assertion', 'response'] })],
    ['from a clock that is behind', () => ({ confirmedUntil: inSeconds(-20), notOnOrAfter: inSeconds(-20) })],
    ['from a clock that is ahead', () => ({ confirmedFrom: inSeconds(40), notBefore: inSeconds(40) })],
    [
      'with an attribute in two elements',
      () => ({ attributes: {}, rawAttributes: uid('alice') + uid('alice') }),
    ],
  ];
  it.each(good)('%s', async (_, optionsOf) => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    site.logged.length = 0;
    const answer = await bring(formOf(respond(asked, { key: site.key, ...optionsOf() }), asked), browser);
    expect([answer.status, site.lastReason()]).toEqual([303, null]);
    expect((await browser.open('/')).text).toContain('alice');
  });

  it('only with a signed response where the provider is set so', async () => {
    const entityId = 'https://strict.example.org/metadata';
    await site.addProvider('strict', metadataOf(site.key, { entityId }), { wantResponseSigned: true });
    const statuses: number[] = [];
    for (const sign of [['assertion'], ['response'], ['assertion', 'response']] as const) {
      const browser = site.browser();
      const asked = await site.ask(browser, { idp: 'strict' });
      const said = { issuer: entityId, responseIssuer: entityId, attributes: { uid: ['signed-twice'] } };
      const form = formOf(respond(asked, { key: site.key, sign, ...said }), asked);
      statuses.push((await browser.post('/saml/strict/acs', form, FROM_PROVIDER)).status);
    }
    expect(statuses).toEqual([403, 403, 303]);
  });
});

describe('what is said of a refusal', () => {
  it('is a sentence and the id of the request, and nothing of what was sent', async () => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    const answer = await bring(
      formOf(respond(asked, { key: site.key, audience: 'planted-name' }), asked),
      browser,
    );
    expect(answer.text).toContain(answer.headers.get('X-Request-Id'));
    expect(answer.text + site.logged.join('')).not.toContain('planted-name');
  });
});

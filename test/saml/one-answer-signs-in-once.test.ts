import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formOf, inSeconds, respond } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
beforeAll(async () => {
  site = await openSamlSite({ instances: 2 });
});
afterAll(() => site.close());

const ROUNDS = Number(process.env.MUSTER_TEST_SAML_RACES ?? 200);

describe('one assertion brought to two instances at once', () => {
  it(`has one winner each time, ${ROUNDS} times`, async () => {
    const race = async (): Promise<number> => {
      const [one, two] = [site.browser(0), site.browser(1)];
      const asked = await site.ask(one);
      for (const [name, value] of one.cookies) two.cookies.set(name, value);
      const form = formOf(respond(asked, { key: site.key }), asked);
      const answers = await Promise.all(
        [one, two].map((browser) => browser.post('/saml/uni/acs', form, FROM_PROVIDER)),
      );
      return answers.filter(({ status }) => status === 303).length;
    };
    const winners: number[] = [];
    for (let round = 0; round < ROUNDS; round += 10) {
      winners.push(...(await Promise.all(Array.from({ length: 10 }, race))));
    }
    expect(winners).toEqual(winners.map(() => 1));
    expect(site.lastReason()).toBe('assertion.replayed');
  }, 120_000);

  it('is of no use a second time, not even where it signed in', async () => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    const form = formOf(respond(asked, { key: site.key }), asked);
    expect((await browser.post('/saml/uni/acs', form, FROM_PROVIDER)).status).toBe(303);
    const session = browser.cookies.get('muster');
    for (const at of [0, 1]) {
      const again = site.browser(at);
      for (const [name, value] of browser.cookies) again.cookies.set(name, value);
      site.logged.length = 0;
      expect((await again.post('/saml/uni/acs', form, FROM_PROVIDER)).status).toBe(403);
      expect([site.lastReason(), again.cookies.get('muster')]).toEqual(['assertion.replayed', session]);
    }
    // Nor does another answer to the same request.
    const other = formOf(respond(asked, { key: site.key }), asked);
    await browser.post('/saml/uni/acs', other, FROM_PROVIDER);
    expect(site.lastReason()).toBe('request.unknown');
  });

  it('is of no use ten minutes after the login was begun', async () => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    const text = `update saml_request set expires_at = expires_at - interval '10 minutes' where id = $1`;
    await site.database.rows({ text }, [asked.id]);
    await browser.post('/saml/uni/acs', formOf(respond(asked, { key: site.key }), asked), FROM_PROVIDER);
    expect(site.lastReason()).toBe('request.unknown');
  });

  it('gives the browser a session of its own, and ends the one it had', async () => {
    const browser = site.browser();
    const secrets: string[] = [];
    for (const uid of ['before', 'after']) {
      const asked = await site.ask(browser);
      const xml = respond(asked, { key: site.key, attributes: { uid: [uid] } });
      await browser.post('/saml/uni/acs', formOf(xml, asked), FROM_PROVIDER);
      secrets.push(browser.cookies.get('muster') ?? '');
    }
    expect(new Set(secrets).size).toBe(2);
    const signedIn = async (secret: string): Promise<boolean> => {
      const page = site.browser();
      page.cookies.set('muster', secret);
      return (await page.open('/')).text.includes('Sign out');
    };
    expect(await Promise.all(secrets.map(signedIn))).toEqual([false, true]);
  });

  it('does not sign in another browser than the one that asked, nor one without a login under way', async () => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    const form = formOf(respond(asked, { key: site.key }), asked);
    await site.browser().post('/saml/uni/acs', form, FROM_PROVIDER);
    expect(site.lastReason()).toBe('transaction.missing');
    const thief = site.browser();
    await site.ask(thief);
    await thief.post('/saml/uni/acs', form, FROM_PROVIDER);
    expect(site.lastReason()).toBe('request.unknown');
  });

  it('ends with the session at the provider', async () => {
    const browser = site.browser();
    const asked = await site.ask(browser);
    const xml = respond(asked, {
      key: site.key,
      sessionNotOnOrAfter: inSeconds(600),
      attributes: { uid: ['ends'] },
    });
    await browser.post('/saml/uni/acs', formOf(xml, asked), FROM_PROVIDER);
    const rows = await site.database.rows<{ minutes: number }>({
      text: `select round(extract(epoch from s.expires_at - s.created_at) / 60)::int as minutes from session s
             join users u on u.n = s.user_n where u.user_name = 'ends'`,
    });
    expect(rows).toEqual([{ minutes: 10 }]);
  });
});

describe('the cookies of a login', () => {
  it('are __Host- and Secure over https, that of the login under way across sites, that of the session not', async () => {
    const secure = await openSamlSite({ baseUrl: 'https://muster.example.org' });
    try {
      const browser = secure.browser();
      const begun = await browser.open('/saml/uni/login');
      expect(begun.headers.getSetCookie()).toEqual([
        expect.stringMatching(
          /^__Host-muster-login=[\w-]{43}; Path=\/; HttpOnly; SameSite=None; Secure; Max-Age=600$/,
        ),
      ]);
      const asked = await secure.ask(browser);
      const form = formOf(respond(asked, { key: secure.key }), asked);
      const answer = await browser.post('/saml/uni/acs', form, FROM_PROVIDER);
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(
          /^__Host-muster=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=43200$/,
        ),
      ]);
    } finally {
      await secure.close();
    }
  });

  it('are given to nobody over plain http to another machine', async () => {
    const plain = await openSamlSite({ baseUrl: 'http://muster.example.org' });
    try {
      const answer = await plain.browser().open('/saml/uni/login');
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
      expect(answer.text).toContain('https');
    } finally {
      await plain.close();
    }
  });
});

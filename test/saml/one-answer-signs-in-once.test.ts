import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formOf, inSeconds, respond } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
beforeAll(async () => {
  site = await openSamlSite({ instances: 2 });
});
afterAll(() => site.close());

const ROUNDS = Number(process.env.SAML_RACES ?? 200);

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

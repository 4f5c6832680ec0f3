import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashSecret } from '../../src/core/session.ts';
import { changeUser } from '../../src/directory/users.ts';
import { pruneSessions } from '../../src/store/sessions.ts';
import { csrfIn } from './browser.ts';
import { openSite, type TestSite } from './site.ts';

let site: TestSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const grant = (user: number, permission: string) =>
  site.database.rows({ text: 'insert into permission_grant (holder_n, permission) values ($1, $2)' }, [
    user,
    permission,
  ]);
const secretOf = (link: string): string => link.split('/').at(-1) ?? '';

describe('a sign-in link', () => {
  it('signs its user in and leads to a page that says who it is and what it belongs to', async () => {
    const user = await site.user('wanda');
    const [own, internal] = [await site.group('own', user), await site.group('backstage', user)];
    await site.group('outer', own);
    await site.database.rows({ text: 'update groups set internal = false where n <> $1' }, [internal.n]);
    await grant(user.n, 'groups.manage');
    const browser = site.browser();
    const answer = await browser.open(await site.link(user.n));
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Location')).toBe('/');
    const page = await browser.open('/my-groups');
    expect(page.text).toContain('wanda');
    expect(page.text).toContain('groups.manage');
    expect(page.text).toMatch(/outer<\/th><td [^>]*>through own/);
    expect(page.text).not.toContain('backstage');
    expect(site.faults).toEqual([]);
  });

  it('is good for one use, whichever of many gets it', async () => {
    const link = await site.link((await site.user('once')).n);
    const answers = await Promise.all(Array.from({ length: 20 }, () => site.browser().open(link)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(19);
  });

  it('is dead after 15 minutes', async () => {
    const link = await site.link((await site.user('late')).n);
    await site.database.rows(
      { text: `update sign_in_link set expires_at = expires_at - interval '15 minutes' where hash = $1` },
      [hashSecret(secretOf(link))],
    );
    expect((await site.browser().open(link)).status).toBe(403);
  });

  it('is neither used up nor redeemed by a page that leads to it or a program that looks ahead', async () => {
    const link = await site.link((await site.user('ahead')).n);
    for (const headers of [{ 'Sec-Fetch-Site': 'cross-site' }, { 'Sec-Purpose': 'prefetch' }]) {
      const browser = site.browser();
      const answer = await browser.open(link, headers);
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('<form method="post"');
      expect(browser.cookies.size).toBe(0);
    }
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await site.browser().post(link, {}, foreign)).status).toBe(403);
    expect((await site.browser().post(link)).status).toBe(303);
  });

  it('for the administrator makes that account once, and finds it again', async () => {
    const [first, second] = [site.browser(), site.browser()];
    await first.open(await site.link('administrator'));
    await second.open(await site.link('administrator'));
    const ids = await Promise.all(
      [first, second].map(
        async (browser) => /<code>([^<]+)<\/code>/.exec((await browser.open('/my-groups')).text)?.[1],
      ),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(JSON.parse((await first.open('/api/v1/session')).text)).toMatchObject({ permissions: ['admin'] });
  });

  it('does not sign in an inactive user', async () => {
    const user = await site.user('gone');
    const link = await site.link(user.n);
    await site.do((work) =>
      changeUser(work, { user: user.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
    );
    expect((await site.browser().open(link)).status).toBe(403);
  });

  it('is refused over plain http to another machine', async () => {
    const plain = await openSite({ baseUrl: 'http://muster.example.org' });
    try {
      const answer = await plain.browser().open(await plain.link((await plain.user('plain')).n));
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('https');
    } finally {
      await plain.close();
    }
  });
});

describe('a session', () => {
  const signIn = async (name: string) => {
    const user = await site.user(name);
    const browser = site.browser();
    await browser.open(await site.link(user.n));
    return { user, browser };
  };
  const isSignedIn = async (browser: ReturnType<TestSite['browser']>): Promise<boolean> =>
    (await browser.open('/')).text.includes('Sign out');

  it('gets a new id at each sign-in, and the one before it ends', async () => {
    const { user, browser } = await signIn('renew');
    const before = browser.cookies.get('muster') ?? '';
    await browser.open(await site.link(user.n));
    expect(browser.cookies.get('muster')).not.toBe(before);
    const old = site.browser();
    old.cookies.set('muster', before);
    expect(await isSignedIn(old)).toBe(false);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each([
    ['is idle for 30 minutes', `seen_at = seen_at - interval '30 minutes'`],
    ['is 12 hours old', `expires_at = expires_at - interval '12 hours'`],
  ])('ends when it %s', async (_, set) => {
    const { user, browser } = await signIn(`ends ${set}`);
    expect(await isSignedIn(browser)).toBe(true);
    await site.database.rows({ text: `update session set ${set} where user_n = $1` }, [user.n]);
    expect(await isSignedIn(browser)).toBe(false);
    await pruneSessions(site.database);
    expect(await site.database.rows({ text: 'select from session where user_n = $1' }, [user.n])).toEqual([]);
  });

  it('ends with the user being deactivated (D-07)', async () => {
    const { user, browser } = await signIn('inactive');
    await site.do((work) =>
      changeUser(work, { user: user.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
    );
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('ends by its own form, and by no form of another site or session', async () => {
    const { browser } = await signIn('leaves');
    const csrf = csrfIn(await browser.open('/'));
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await browser.post('/sign-out', { csrf }, foreign)).status).toBe(403);
    expect((await browser.post('/sign-out', { csrf: 'x' })).status).toBe(403);
    expect((await browser.post('/sign-out', { csrf }, { Origin: 'null' })).status).toBe(403);
    expect(await isSignedIn(browser)).toBe(true);
    expect((await browser.post('/sign-out', { csrf })).status).toBe(303);
    expect(await isSignedIn(browser)).toBe(false);
    expect(browser.cookies.size).toBe(0);
  });

  it('stands in for a token at the API, and for changes has to bring its own token', async () => {
    const { user, browser } = await signIn('api');
    await grant(user.n, 'groups.manage');
    const read = await browser.open('/api/v1/session');
    expect(read.status).toBe(200);
    const body = JSON.parse(read.text) as { user: string; permissions: string[]; csrfToken: string };
    expect(body).toMatchObject({ user: user.id, permissions: ['groups.manage'] });
    const token = { 'X-CSRF-Token': body.csrfToken };
    expect((await browser.post('/api/v1/session')).status).toBe(403);
    expect(
      (await browser.post('/api/v1/session', {}, { ...token, Origin: 'https://evil.example' })).status,
    ).toBe(403);
    expect((await browser.post('/api/v1/session', {}, token)).status).toBe(405);
    expect((await site.browser().open('/api/v1/session')).status).toBe(401);
  });
});

describe('cookies and headers', () => {
  it('are __Host- and Secure over https, and neither on loopback', async () => {
    const secure = await openSite({ baseUrl: 'https://muster.example.org' });
    try {
      const over = await secure.browser().open(await secure.link((await secure.user('a')).n));
      expect(over.headers.get('Set-Cookie')).toMatch(
        /^__Host-muster=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=43200$/,
      );
    } finally {
      await secure.close();
    }
    const local = await site.browser().open(await site.link((await site.user('b')).n));
    expect(local.headers.get('Set-Cookie')).toMatch(
      /^muster=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    );
  });

  it('let nothing run or frame the pages that is not ours', async () => {
    const { headers } = await site.browser().open('/');
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    const style = await site.browser().open('/assets/style.css');
    expect(style.headers.get('Content-Type')).toContain('text/css');
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { screens } from '../../src/console/routes.ts';
import type { Screen } from '../../src/console/screen.ts';
import { type Answer, type Browser, csrfIn } from './browser.ts';
import { openSite, type TestSite } from './site.ts';

let site: TestSite;
let admin: Browser;
let csrf: string;
beforeAll(async () => {
  site = await openSite();
  admin = site.browser();
  await admin.open(await site.link('administrator'));
  csrf = csrfIn(await admin.open('/my-groups'));
});
afterAll(() => site.close());

const pathOf = ({ path }: Screen): string => path.replaceAll(/:\w+/g, () => randomUUID());
const forms = screens.filter(({ method }) => method === 'POST');
const written = async (): Promise<string> => {
  const text = 'select count(*)::int as n from change';
  return JSON.stringify(await site.database.rows({ text }));
};
/** The form as it sends itself: with a file where it takes one. */
async function send(
  screen: Screen,
  token: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const fields: Record<string, string> = token === '' ? {} : { csrf: token };
  if (screen.takes !== 'file') return (await admin.post(pathOf(screen), fields, headers)).status;
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  body.set('file', new Blob(['group,role,username,isgroup,action\n']), 'x.csv');
  const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const own = { Origin: site.address, 'Sec-Fetch-Site': 'same-origin', Cookie: cookie };
  const init = { method: 'POST', redirect: 'manual', body, headers: { ...own, ...headers } } as const;
  return (await fetch(`${site.address}${pathOf(screen)}`, init)).status;
}

describe('every form of the console', () => {
  it('is refused without the token of its session, and from anywhere but our own pages', async () => {
    expect(forms.length).toBeGreaterThan(30);
    const before = await written();
    const other = site.browser();
    await other.open(await site.link((await site.user('other')).n));
    const foreign = csrfIn(await other.open('/my-groups'));
    const since = await written();
    for (const screen of forms) {
      const { path } = screen;
      const answers = {
        tokenless: await send(screen, '', {}),
        'of another session': await send(screen, foreign, {}),
        'from another site': await send(screen, csrf, {
          Origin: 'https://evil.example',
          'Sec-Fetch-Site': 'cross-site',
        }),
        'from a sandbox': await send(screen, csrf, { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }),
        'from a sister site': await send(screen, csrf, { 'Sec-Fetch-Site': 'same-site' }),
      };
      for (const [how, status] of Object.entries(answers))
        expect({ path, how, status }).toEqual({ path, how, status: 403 });
    }
    expect(await written()).toBe(since);
    expect(since).not.toBe(before);
  });

  it('does nothing by being opened as an address', async () => {
    const before = await written();
    const onlyForms = forms.filter(
      ({ path }) => !screens.some((screen) => screen.method === 'GET' && screen.path === path),
    );
    for (const screen of onlyForms) expect((await admin.open(pathOf(screen))).status).toBe(404);
    expect(await written()).toBe(before);
  });

  it('asks whoever is not signed in to sign in, and changes nothing', async () => {
    const before = await written();
    for (const screen of forms.filter(({ takes }) => takes !== 'file')) {
      const answer = await site.browser().post(pathOf(screen), {});
      expect([screen.path, answer.status, answer.headers.get('Location')]).toEqual([screen.path, 303, '/']);
    }
    expect(await written()).toBe(before);
  });
});

describe('every page', () => {
  const policyOf = ({ headers }: Answer): string => headers.get('Content-Security-Policy') ?? '';

  it('says by its policy that nothing runs, loads or frames it but our own files', async () => {
    const pages = screens.filter(({ method }) => method === 'GET').map(pathOf);
    for (const browser of [admin, site.browser()])
      for (const path of [...pages, '/', '/sign-in/x', '/nowhere']) {
        const answer = await browser.open(path);
        const policy = policyOf(answer);
        expect({ path, policy }).toEqual({
          path,
          policy: expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
        });
        expect(policy).not.toMatch(/unsafe-|\*|https?:/);
        expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
        expect(answer.text).not.toMatch(/<script(?![^>]* src="\/assets\/)[^>]*>|\son\w+="|javascript:/i);
      }
  });
});

/** Whether the page says of a field that it is wrong. */
function isRed({ text }: Answer, name: string): boolean {
  const field = new RegExp(`<(?:input|textarea)[^>]* name="${name}"[^>]*>`).exec(text)?.[0] ?? '';
  expect(field).not.toBe('');
  return field.includes('aria-invalid="true"');
}

describe('the form of a client', () => {
  const fields = { name: 'okta', profile: 'auto', scope: 'scim.read', days: '', allow: '' };

  it('says what is wrong where it is wrong', async () => {
    const misplaced = await admin.post('/clients', { ...fields, csrf, allow: '10.0.0.1 foo' });
    expect(misplaced.status).toBe(422);
    expect(misplaced.text).toContain('foo is neither an address nor a range');
    expect([isRed(misplaced, 'name'), isRed(misplaced, 'allow')]).toEqual([false, true]);
    const taken = await admin.post('/clients', { ...fields, csrf, name: 'csv', allow: '10.0.0.1' });
    expect(taken.status).toBe(422);
    expect([isRed(taken, 'name'), isRed(taken, 'allow')]).toEqual([true, false]);
  });

  it('and of one that was revoked there is no page: the list of sources says so, and leads nowhere', async () => {
    const made = await admin.post('/clients', { ...fields, csrf });
    const path = /\/clients\/[0-9a-f-]{36}/.exec(made.text)?.[0] ?? '';
    expect((await admin.open('/sources')).text).toContain('href="/clients/okta"');
    expect((await admin.post(`${path}/revoke`, { csrf })).status).toBe(303);
    const { text } = await admin.open('/sources');
    expect(text).not.toContain('href="/clients/okta"');
    expect(text).toMatch(/okta <[^>]*>revoked</);
    expect((await admin.open('/clients/okta')).status).toBe(404);
  });
});

describe('the form of a group', () => {
  it('D-03: lets the console write the members of a reserved group besides, and takes that back', async () => {
    const { id } = await site.group('kept elsewhere');
    const standing = async () => {
      const text = `select g.version, s.name as source, g.console_besides as besides
                    from groups g left join source s on s.n = g.reserved_to where g.id = $1`;
      const [row] = await site.database.rows<{ version: number; source: string; besides: boolean }>(
        { text },
        [id],
      );
      return row ?? { version: 0, source: '', besides: null };
    };
    const path = `/groups/${id}/edit`;
    for (const besides of [true, false]) {
      const { version } = await standing();
      const fields = { csrf, version: String(version), name: 'kept elsewhere', reservedTo: 'csv' };
      const sent = await admin.post(path, besides ? { ...fields, consoleBesides: 'on' } : fields);
      expect(sent.status).toBe(303);
      expect(await standing()).toMatchObject({ source: 'csv', besides });
      const box = /<input[^>]*name="consoleBesides"[^>]*>/.exec((await admin.open(path)).text)?.[0] ?? '';
      expect(box.includes('checked')).toBe(besides);
    }
  });

  it('says of a source that there is none where it was named', async () => {
    const { id } = await site.group('trusting');
    for (const wrong of ['reservedTo', 'trustedSources']) {
      const fields = { csrf, version: '1', name: 'trusting', reservedTo: '', trustedSources: '' };
      const sent = await admin.post(`/groups/${id}/edit`, { ...fields, [wrong]: 'nobody' });
      expect(sent.status).toBe(422);
      const red = ['reservedTo', 'trustedSources'].filter((name) => isRed(sent, name));
      expect({ wrong, red }).toEqual({ wrong, red: [wrong] });
    }
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';
import { findProgram, needs } from '../support/needs.ts';
import { type SimpleSamlPhp, startSimpleSamlPhp } from '../support/simplesamlphp.ts';

const TOKEN = 'mst_the-token-of-the-simplesamlphp-test-01234';
/** One person as a provider may know her on different days. */
const mia = { uid: ['mia'], mail: ['mia@example.org'], displayName: ['Mia M.'] };
const accounts = {
  'mia:employed': { ...mia, eduPersonAffiliation: ['member', 'Employee'] },
  'mia:silent': mia,
  'mia:gone': { ...mia, eduPersonAffiliation: ['alum'] },
};

needs('simplesamlphp')('a person at SimpleSAMLphp', () => {
  let database: TestDatabase;
  let muster: Installation;
  let provider: SimpleSamlPhp;
  let browser: Browser;
  let context: BrowserContext;
  const ids = new Map<string, string>();

  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${muster.address}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  };
  const makeGroup = async (name: string): Promise<void> => {
    ids.set(name, (await ask<{ id: string }>('POST', '/groups', { name })).id);
  };
  const nest = (inner: string, outer: string): Promise<object> =>
    ask('PUT', `/groups/${ids.get(outer) ?? ''}/members/groups/${ids.get(inner) ?? ''}`);

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: findProgram('chromium') ?? '',
      args: ['--no-sandbox'],
    });
    context = await browser.newContext();
    database = await freshDatabase();
    muster = await makeInstallation({ DATABASE_URL: database.url, MUSTER_BOOTSTRAP_TOKEN: TOKEN });
    [provider] = await Promise.all([startSimpleSamlPhp(accounts), muster.serve()]);
    const added = await muster.run(
      'idp',
      'add',
      'ssp',
      '--metadata',
      provider.metadata,
      '--title',
      'ssp',
      '--trust',
      'userName',
    );
    expect(added).toMatchObject({ code: 0 });
    provider.trust([await (await fetch(`${muster.address}/saml/ssp/metadata`)).text()]);
    for (const name of ['affiliation.Employee', 'Staff', 'Building']) await makeGroup(name);
    await nest('affiliation.Employee', 'Staff');
    await nest('Staff', 'Building');
    await ask('POST', '/targets', {
      ...{ name: 'doors', type: 'file', mode: 'enforce', scope: { groups: [ids.get('Building')] } },
      settings: { file: 'doors.csv' },
    });
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await muster.remove();
    await provider.stop();
    await database.close();
  });

  /** Signs in through the provider's own page, and answers the page of Muster that this ends on. */
  const signIn = async (password: string): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(muster.address);
    await page.getByRole('link', { name: 'Sign in with ssp' }).click();
    await page.locator('input[name=username]').fill('mia');
    await page.locator('input[name=password]').fill(password);
    await page.locator('button[type=submit], #submit_button').first().click();
    await reach(page, page.getByRole('button', { name: 'Sign out' }));
    return page;
  };
  /** Waits for something on the page; else says what is there instead, and what the provider logged. */
  const reach = (page: Page, wanted: Locator): Promise<void> =>
    wanted.waitFor({ timeout: 15_000 }).catch(async () => {
      throw new Error(`${page.url()}: ${await page.innerText('body')}\n${provider.log().slice(-4_000)}`);
    });
  const signOut = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await reach(page, page.getByRole('heading', { name: 'You are signed out', exact: true }));
    await page.close();
  };
  /** Every group that she is in, through any depth, but the one that everybody is in. */
  const groups = async (): Promise<string[]> => {
    const { items: users } = await ask<{ items: { id: string }[] }>('GET', '/users?userName=mia');
    const path = `/users/${users[0]?.id ?? ''}/groups?effective=true`;
    const { items } = await ask<{ items: { name: string }[] }>('GET', path);
    return items.map(({ name }) => name).filter((name) => name !== 'Authenticated Users');
  };
  const downstream = (): string => readFileSync(join(muster.folder, 'data/targets/doors.csv'), 'utf8');
  /** What readers of changes were told of the outermost group. */
  const told = async (): Promise<string[]> => {
    const path = `/changes?type=membership.effective&group=${ids.get('Building') ?? ''}`;
    const { changes } = await ask<{ changes: { joined?: string[]; left?: string[] }[] }>('GET', path);
    return changes.map(({ joined = [], left = [] }) => `+${joined.length} -${left.length}`);
  };

  it('who is an employee there is in affiliation.Employee and, nested, in its outer groups, and downstream follows', async () => {
    const page = await signIn('employed');
    expect((await groups()).sort()).toEqual(['Building', 'Staff', 'affiliation.Employee']);
    await eventually(() => expect(downstream()).toContain('Building,,mia,false,import'));
    await eventually(async () => expect(await told()).toEqual(['+1 -0']));
    await signOut(page);
  }, 60_000);

  it('has been signed out there too: the next login asks for the password; a silent one takes nothing away (A-03)', async () => {
    const page = await signIn('silent');
    expect(await groups()).toContain('Building');
    await signOut(page);
  }, 60_000);

  it('whose next login says something else leaves all of them, and downstream follows (A-01)', async () => {
    const page = await signIn('gone');
    expect(await groups()).toEqual([]);
    await eventually(() => expect(downstream()).not.toContain('mia'));
    await eventually(async () => expect(await told()).toEqual(['+1 -0', '+0 -1']));
    await signOut(page);
    expect(provider.log()).not.toMatch(/PHP (Fatal|Parse)/);
  }, 60_000);
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';
import { needs } from '../support/needs.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openScreens, type Screens, type Visitor } from '../support/screen.ts';

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';
const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** An identity provider that speaks as Okta does: asks by userName, then creates; groups by PATCH. */
interface Provider {
  person(userName: string): Promise<string>;
  group(displayName: string, members: readonly string[]): Promise<string>;
  patch(group: string, op: 'add' | 'remove', person: string): Promise<void>;
}

function providerAt(base: string, token: string): Provider {
  const ask = async (method: string, path: string, body?: object): Promise<{ id: string }> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/scim+json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as { id: string };
  };
  return {
    person: async (userName) => {
      await ask(
        'GET',
        `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}&startIndex=1&count=100`,
      );
      const [givenName = '', familyName = ''] = userName.split('@')[0]?.split('.') ?? [];
      const name = { givenName, familyName };
      const emails = [{ primary: true, value: userName, type: 'work' }];
      const user = { schemas: [`${CORE}:User`], userName, name, emails, active: true };
      return (await ask('POST', '/Users', user)).id;
    },
    group: async (displayName, members) => {
      const body = { schemas: [`${CORE}:Group`], displayName, members: members.map((value) => ({ value })) };
      return (await ask('POST', '/Groups', body)).id;
    },
    patch: async (group, op, person) => {
      const operation =
        op === 'add'
          ? { op, path: 'members', value: [{ value: person }] }
          : { op, path: `members[value eq "${person}"]` };
      await ask('PATCH', `/Groups/${group}`, { schemas: [PATCH_OP], Operations: [operation] });
    },
  };
}

/** A service that is told of changes. */
interface Receiver {
  readonly url: string;
  /** Whom the messages that it accepted are about, by first name, in their order. */
  readonly came: string[];
  accepts: boolean;
  close(): Promise<void>;
}

async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const name = /"userName":"(\w+)\./.exec(body)?.[1];
      if (receiver.accepts && name !== undefined) receiver.came.push(name);
      response.writeHead(receiver.accepts ? 204 : 503, { Connection: 'close' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    came: [],
    accepts: true,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return receiver;
}

needs('chromium')('an operator in a browser, on a daemon of its own', () => {
  let database: TestDatabase;
  let muster: Installation;
  let service: QuirkServer;
  let receiver: Receiver;
  let screens: Screens;
  let operator: Visitor;
  let page: Page;

  beforeAll(async () => {
    database = await freshDatabase();
    const port = String(await freePort());
    const address = `http://127.0.0.1:${port}`;
    muster = await makeInstallation({
      ...{ DATABASE_URL: database.url, MUSTER_PORT: port, MUSTER_BASE_URL: address },
    });
    const { greeting } = await muster.serve();
    [service, receiver] = await Promise.all([startQuirkServer(), startReceiver()]);
    screens = await openScreens(address);
    operator = await screens.visit(/\/sign-in\/\S+/.exec(greeting)?.[0] ?? '', '/');
    ({ page } = operator);
  }, 180_000);
  afterAll(async () => {
    await screens.close();
    await muster.remove();
    await Promise.all([service.close(), receiver.close(), database.close()]);
  }, 60_000);

  const expectWhole = async (picture: string): Promise<void> => {
    expect(await operator.faultsInEveryForm(`journeys/${picture}`)).toEqual([]);
  };
  const press = (name: string): Promise<void> =>
    page.getByRole('main').getByRole('button', { name, exact: true }).click();
  const go = (name: string): Promise<void> =>
    page.getByRole('navigation').getByRole('link', { name }).click();

  let provider: Provider;
  let reader = '';
  let readers = '';

  it('connects an identity provider that speaks as Okta does, and sees its first push arrive at a service', async () => {
    // An empty directory says what to do first.
    await page.getByRole('heading', { name: 'First steps' }).waitFor();
    await expectWhole('first-push/1-empty');
    await page.getByRole('link', { name: 'Connect an identity provider over SCIM' }).click();
    await page.getByLabel('What it is').selectOption('okta');
    await page.getByLabel('Name').fill('okta');
    await expectWhole('first-push/2-client');
    await press('Connect');
    const base = (await page.getByRole('definition').first().textContent()) ?? '';
    const token = await page.getByLabel('Token').inputValue();
    await expectWhole('first-push/3-token');

    // What the page shows is all that the provider is told.
    provider = providerAt(base, token);
    await page.getByRole('link', { name: 'See what it sends' }).click();
    await page.getByText('It has not sent anything yet.').waitFor();
    const ada = await provider.person('ada.lovelace@uni.example');
    reader = await provider.person('grace.hopper@uni.example');
    readers = await provider.group('Readers', [ada]);
    // The page follows by itself.
    await page.getByRole('rowheader', { name: 'POST /Groups' }).waitFor();
    await expectWhole('first-push/4-requests');

    await go('Targets');
    await page.getByRole('link', { name: 'Add a target' }).click();
    await page.getByRole('link', { name: 'SCIM 2.0' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Library');
    await page.getByLabel('Address', { exact: true }).fill(service.url);
    await page.getByLabel('Token').fill('the-token-of-the-library');
    await page.getByLabel('The address may be one of a private network').check();
    await page.getByRole('textbox', { name: /^Groups/ }).fill('Readers');
    await press('Add');
    // A new target is observed first: its page says what it would be sent, and how to go on.
    await page.getByText('nothing is sent').waitFor();
    await page.getByRole('rowheader', { name: 'Readers' }).waitFor();
    await page.getByText('nothing sent yet').waitFor();
    await press('Start sending');
    await eventually(() => {
      expect(service.held().groups).toEqual({ Readers: ['ada.lovelace@uni.example'] });
    });
    await eventually(async () => {
      await page.goto('/targets');
      await page.getByRole('link', { name: 'Library' }).click();
      expect(await page.getByRole('cell', { name: 'settled' }).count()).toBe(2);
    });
    await expectWhole('first-push/5-arrived');

    await provider.patch(readers, 'add', reader);
    await eventually(() => {
      expect(service.held().groups.Readers).toHaveLength(2);
    });
    await page.goto('/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await page.getByRole('heading', { name: 'First steps' }).count()).toBe(0);
    await expectWhole('first-push/6-overview');
    expect(operator.complaints).toEqual([]);
  }, 180_000);

  it('sees that a service died, and that it has everything once it is back', async () => {
    await page.goto('/targets');
    await page.getByRole('link', { name: 'Library' }).click();
    service.quirks.trick = () => ({ kind: 'reset', done: false });
    await provider.patch(readers, 'remove', reader);
    // Nobody reloads: the page follows.
    await page.getByText('It is asked again by itself').waitFor({ timeout: 60_000 });
    expect(await page.getByText('does not answer').count()).toBeGreaterThan(0);
    // One count and one word for what is to be sent, wherever one looks.
    const group = page.getByRole('row', { name: /^Readers/ });
    await group.getByText('to be sent', { exact: true }).waitFor();
    expect(await group.getByText('settled').count()).toBe(0);
    const [sum = ''] = /To be sent: \d+\./.exec(await page.getByRole('main').innerText()) ?? [];
    expect(sum).not.toBe('');
    await expectWhole('dead-target/1-does-not-answer');
    await press('Test');
    await page.getByText('It cannot be used as it is.').waitFor();
    await expectWhole('dead-target/2-tested');
    await page.goto('/overview');
    await page.getByText('Library does not answer').waitFor();
    await page.getByText(sum).waitFor();
    await expectWhole('dead-target/3-overview');
    await page.getByRole('link', { name: 'Look: Library does not answer' }).click();
    expect(service.held().groups.Readers).toHaveLength(2);

    service.quirks.trick = () => null;
    // A person need not wait until Muster asks again.
    await press('Push now');
    await page.getByText('Done.').waitFor({ timeout: 60_000 });
    await eventually(() => {
      expect(service.held().groups).toEqual({ Readers: ['ada.lovelace@uni.example'] });
    });
    await expectWhole('dead-target/4-pushed');
    await page.goto('/targets');
    await page.getByRole('link', { name: 'Library' }).click();
    await page.getByText('answers', { exact: true }).waitFor();
    expect(await page.getByText('does not answer').count()).toBe(0);
    await expectWhole('dead-target/5-back');
    await page.goto('/overview');
    expect(await page.getByText('Library does not answer').count()).toBe(0);
    await page.goto('/targets');
    await page.getByRole('link', { name: 'Library' }).click();
    await page.getByRole('link', { name: 'History', exact: true }).click();
    const history = await page.locator('.log-head').allInnerTexts();
    expect(history.slice(0, 2)).toEqual(['Answers again Library', 'Stopped answering Library']);
    expect(operator.complaints).toEqual([]);
  }, 180_000);

  it('sees that the receiver of a webhook died, what waits for it, and delivers that once it is back', async () => {
    await page.goto('/targets/new?type=webhook');
    await page.getByLabel('Name', { exact: true }).fill('Events');
    await page.getByLabel('Address', { exact: true }).fill(receiver.url);
    await page.getByLabel('The address may be one of a private network').check();
    await page.getByLabel('Mode').selectOption('enforce');
    await page.getByText('Empty: every change.').waitFor();
    // Who joins “Authenticated Users” comes in messages of their own, as many as it happens.
    await page.getByLabel('Further settings').fill('{"types":["user.*"]}');
    await press('Add');
    await page.getByRole('link', { name: 'To the target' }).click();
    await page.getByText('nothing sent yet').waitFor();
    const tabs = page.getByRole('navigation', { name: 'About this target' }).getByRole('link');
    expect(await tabs.allInnerTexts()).toEqual(['Deliveries', 'History', 'Settings']);
    const at = page.url();
    await provider.person('first.message@uni.example');
    // Nobody reloads: the page follows.
    await page.getByRole('rowheader', { name: 'user created' }).waitFor();
    await page.getByText('answers', { exact: true }).waitFor();

    receiver.accepts = false;
    for (const who of ['second', 'third']) await provider.person(`${who}.message@uni.example`);
    await page.getByText('To be sent: 2.').waitFor();
    await page.getByRole('heading', { name: 'Next message' }).waitFor();
    await page.getByText('The exchange, without data').click();
    await expectWhole('dead-webhook/does-not-answer');
    await press('Deliver now');
    await page.getByText('What is left is sent when it does.').waitFor();
    await page.goto('/targets');
    const row = page.getByRole('row', { name: /^Events/ });
    expect(await row.getByRole('cell', { name: /^2/ }).count()).toBe(1);
    expect(await row.getByText('does not answer').count()).toBe(1);
    await page.goto('/overview');
    await page.getByText(/To be sent: 2\./).waitFor();
    await page.getByRole('link', { name: 'Look: Events does not answer' }).click();

    receiver.accepts = true;
    // A person need not wait until Muster asks again.
    await press('Deliver now');
    await page.getByText('Done.').waitFor({ timeout: 60_000 });
    expect(receiver.came).toEqual(['first', 'second', 'third']);
    await page.goto(at);
    await page.getByText('answers', { exact: true }).waitFor();
    expect(await page.getByText('does not answer').count()).toBe(0);
    expect(await page.getByRole('rowheader', { name: 'user created' }).count()).toBe(3);
    expect(await operator.faults()).toEqual([]);
    await page.goto(`${at}/history`);
    const history = await page.locator('.log-head').allInnerTexts();
    expect(history.slice(0, 2)).toEqual(['Answers again Events', 'Stopped answering Events']);
    await press('Pause');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await page.locator('.badges .badge').allInnerTexts()).toEqual(['paused']);
    expect(operator.complaints).toEqual([]);
  }, 180_000);

  it('sees what a service changed by itself and that it was put right, and what it refused with what was said', async () => {
    const open = async (tab: string): Promise<void> => {
      await page.goto('/targets');
      await page.getByRole('link', { name: 'Library' }).click();
      await page.getByRole('main').getByRole('link', { name: tab, exact: true }).click();
    };
    service.tamper(({ groups }) => groups.forEach(({ members }) => members.clear()));
    await open('Drift');
    await press('Look now');
    // Nobody reloads: the page follows.
    await page.getByRole('rowheader', { name: 'Readers' }).waitFor({ timeout: 60_000 });
    await page.getByText('members are missing: ada.lovelace@uni.example').waitFor();
    await eventually(() => {
      expect(service.held().groups).toEqual({ Readers: ['ada.lovelace@uni.example'] });
    });
    await eventually(async () => {
      await page.reload();
      expect(await page.getByRole('cell', { name: 'open', exact: true }).count()).toBe(0);
    });
    expect(await operator.faults()).toEqual([]);

    service.quirks.refuses = (write) =>
      write.includes('emmy.noether')
        ? { scimType: 'invalidValue', detail: 'Nobody of that desk here' }
        : null;
    await provider.patch(readers, 'add', await provider.person('emmy.noether@uni.example'));
    await open('Blocked');
    await eventually(async () => {
      await page.reload();
      expect(await page.getByRole('rowheader', { name: 'emmy.noether@uni.example' }).count()).toBe(1);
    });
    const refused = page.getByRole('row', { name: /emmy\.noether/ });
    await refused.getByText('blocked', { exact: true }).waitFor();
    await refused.getByText('The exchange, without data').click();
    await refused.getByText('POST').waitFor();
    await refused.getByText('"detail": "Nobody of that desk here"').waitFor();
    // What was sent is shown in its form: whom it is about is not kept.
    expect(await refused.getByText('[redacted]').count()).toBe(1);
    expect(await refused.locator('pre').getByText('emmy').count()).toBe(0);
    expect(await operator.faults()).toEqual([]);
    await page.goto('/overview');
    // The table says what the picture of lag draws.
    const lag = page.getByRole('table', { name: 'Targets' }).getByRole('row', { name: /^Library/ });
    expect(await lag.getByRole('cell').last().innerText()).toBe('1');
    await page.getByRole('link', { name: /^Look: .*Library/ }).click();
    expect(new URL(page.url()).pathname).toMatch(/^\/targets\//);
    expect(operator.complaints).toEqual([]);
  }, 180_000);

  it('finds out whom a service keeps out of a group and why, and has it sent again once that was mended', async () => {
    service.quirks.trick = ({ method, path }) =>
      method === 'PATCH' && path.startsWith('/Groups') ? { kind: 'answer', status: 501 } : null;
    await provider.patch(readers, 'add', reader);
    await page.goto('/targets');
    await page.getByRole('link', { name: 'Library' }).click();
    const at = page.url();
    const group = page.getByRole('row', { name: /^Readers/ });
    await eventually(async () => {
      await page.reload();
      expect(await group.getByText('1 there, 1 wait for their account, 1 refused').count()).toBe(1);
    });
    await page.getByText('2 blocked').waitFor();
    await page.getByRole('link', { name: 'See whom it refuses in Readers' }).click();
    const refused = page.getByRole('row', { name: /^grace\.hopper/ });
    await refused.getByText('The exchange, without data').click();
    await refused.getByText(/^PATCH http/).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await expectWhole('refused-membership/1-whom');
    await page.goto(`/groups/${readers}/targets`);
    await page
      .getByRole('main')
      .getByRole('link', { name: /blocked/ })
      .click();
    await refused.waitFor();
    await page.goto(`${at}/why?user=${reader}`);
    await page.getByText('grace.hopper@uni.example should be at Library.').waitFor();
    await page.getByText('Library refuses a membership of grace.hopper@uni.example.').waitFor();
    await refused.getByText('Readers').waitFor();
    expect(await operator.faults()).toEqual([]);

    service.quirks.trick = () => null;
    service.quirks.refuses = () => null;
    await page.goto(at);
    await press('Push now');
    await page.getByText('A push leaves alone what was refused before.').waitFor({ timeout: 60_000 });
    expect(service.held().groups.Readers).toHaveLength(1);
    await page.getByRole('link', { name: 'See what was refused' }).click();
    await press('Send again');
    await eventually(() => {
      expect(service.held().groups.Readers).toHaveLength(3);
    });
    await eventually(async () => {
      await page.reload();
      expect(await page.getByRole('button', { name: 'Send again' }).count()).toBe(0);
    });
    expect(operator.complaints).toEqual([]);
  }, 180_000);
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { defaultProviderSettings } from '../../src/core/saml/provider.ts';
import { CLOSED } from '../../src/core/targets/circuit.ts';
import { TOKEN_BYTES } from '../../src/core/token.ts';
import { createClient } from '../../src/directory/clients.ts';
import { openConflict } from '../../src/directory/conflicts.ts';
import { addProvider } from '../../src/directory/identity-providers.ts';
import { deleteUser } from '../../src/directory/users.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { findProvider } from '../../src/store/saml/providers.ts';
import { addTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { needs } from '../support/needs.ts';
import { openScreens, type Screens, type Visitor } from '../support/screen.ts';
import { openSite, type TestSite } from './site.ts';

needs('chromium')('an administrator', () => {
  let site: TestSite;
  let screens: Screens;
  let visitor: Visitor;
  let page: Page;
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    visitor = await screens.visit(await site.link('administrator'), '/');
    ({ page } = visitor);
  }, 60_000);
  afterAll(async () => {
    await screens.close();
    await site.close();
  });

  const upload = async (name: string, text: string): Promise<void> => {
    await page.goto('/imports/new');
    await page.getByLabel('What to do').selectOption('import');
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name }).waitFor();
    await eventually(async () => {
      const text = 'select from import_run where finished_at is null';
      expect(await site.database.rows({ text })).toHaveLength(0);
    });
  };
  const press = (name: string): Promise<void> => page.getByRole('main').getByRole('button', { name }).click();
  const seen = async (name: string): Promise<void> => {
    expect(await visitor.faultsInEveryForm(name)).toEqual([]);
  };
  const inState = async (state: string, target: string): Promise<number> => {
    const text =
      'select from target_object o join target t on t.n = o.target_n where t.id = $1 and o.state = $2';
    return (await site.database.rows({ text }, [target, state])).length;
  };
  const names = async (): Promise<readonly unknown[]> => {
    const text = `select user_name as name from users where deleted_at is null and user_name like 'k%' order by 1`;
    return (await site.database.rows<{ name: string }>({ text })).map(({ name }) => name);
  };

  it('merges two records of one person that a file took for one (D-10)', async () => {
    await page.goto('/conflicts');
    await page.getByText('Nothing is in dispute.').waitFor();
    await seen('conflicts-none');
    await upload('people.csv', 'userName,email,groups\nkim,kim@x.example,Choir\nkit,kit@x.example,Band\n');
    await upload('band.csv', 'group,role,username,isgroup\nBand,,kim|kit@x.example,\n');
    await page.goto('/overview');
    await page.getByRole('link', { name: 'Look: One conflict is open' }).click();
    await seen('conflicts');
    await page.getByRole('link', { name: /^One row finds several people/ }).click();
    await page.getByLabel('Who stays').selectOption('kit');
    await page.getByLabel('Reason').fill('They married.');
    await seen('conflict');
    await press('Merge them');
    await page.getByRole('status').getByText('It is decided.').waitFor();
    expect(await names()).toEqual(['kit']);
    await page.getByRole('link', { name: 'Decided' }).click();
    await page.getByRole('link', { name: /^One row finds several people/ }).click();
    await page.getByText('They married.').waitFor();
    expect(await page.getByRole('button', { name: 'Merge them' }).count()).toBe(0);
  }, 120_000);

  it('gives a client a name that it found taken, and takes it back', async () => {
    const wanted = {
      name: 'hr',
      profile: 'auto',
      namespace: 'own',
      scopes: ['scim.write'],
      allow: [],
    } as const;
    await site.do((work) =>
      createClient(work, { ...wanted, expiresAt: null }, { kind: 'random', bytes: randomBytes(TOKEN_BYTES) }),
    );
    await site.as('hr', (work) => openConflict(work, { kind: 'userName.taken', name: 'kit' }));
    const grants = async (): Promise<number> =>
      (await site.database.rows({ text: 'select from namespace_grant' })).length;
    await page.goto('/conflicts');
    await page.getByRole('link', { name: /^The userName kit belongs to a user/ }).click();
    await seen('conflict-of-a-client');
    await press('Let the client have it');
    expect(await grants()).toBe(1);
    await page.goto('/conflicts?state=decided');
    await page.getByRole('link', { name: /^The userName kit/ }).click();
    await press('Take it back from the client');
    await page.getByRole('status').getByText('does not have it any more').waitFor();
    expect(await grants()).toBe(0);
  }, 60_000);

  it('releases a name that is held back after its user has gone (D-08)', async () => {
    const gone = await site.user('lost.name');
    await site.do((work) => deleteUser(work, { user: gone.id, ifMatch: null }));
    await page.goto('/conflicts/held-keys');
    await page.getByRole('rowheader', { name: 'lost.name' }).waitFor();
    await seen('held-keys');
    await press('Release lost.name');
    await page.getByRole('status').getByText('lost.name may be signed in by again.').waitFor();
    expect(await page.getByRole('rowheader', { name: 'lost.name' }).count()).toBe(0);
  }, 60_000);

  it('changes what is set for an identity provider, and takes it out of use', async () => {
    const metadata = {
      ...{ entityId: 'https://idp.example/saml', title: 'Example University', certificates: [] },
      ...{ loginUrl: 'https://idp.example/sso', logoutUrl: null, logoutAnswerUrl: null },
      ...{ wantsSignedRequests: false, scopes: [], validUntil: null },
    };
    await site.do((work) =>
      addProvider(work, {
        ...{ name: 'university', metadataFrom: 'https://idp.example/metadata', signer: null, metadata },
        settings: defaultProviderSettings,
      }),
    );
    const kept = async () => (await findProvider(site.database, 'university'))?.settings;
    await page.goto('/providers/university');
    await seen('provider');
    await page.getByRole('link', { name: 'Settings', exact: true }).last().click();
    await page.getByLabel('Grace in hours').fill('0');
    await page.getByLabel('userName', { exact: true }).check();
    await press('Save');
    await page.getByText('Enter a whole number from 1 to 99,999.').waitFor();
    await seen('provider-settings');
    expect(await kept()).toEqual(defaultProviderSettings);
    await page.getByLabel('Grace in hours').fill('48');
    await press('Save');
    expect(await kept()).toMatchObject({ graceHours: 48, trustedFor: ['userName'] });
    await page.getByRole('link', { name: 'Take out of use' }).click();
    await press('Take out of use');
    await page.getByRole('status').getByText('Example University is out of use.').waitFor();
    expect(await kept()).toBeUndefined();
  }, 60_000);

  it('changes settings, credentials and guards of a target, and is told what cannot be', async () => {
    await openEpoch(site.database, site.address);
    const { target } = await addTarget(
      site.parts.targets,
      {
        ...{
          name: 'Wiki',
          type: 'scim',
          settings: { url: 'https://wiki.example/scim/v2', timeoutSeconds: 5 },
        },
        credentials: { bearer: 'old' },
      },
      attribution('console'),
    );
    const now = () => showTarget(site.parts.targets, target.id);
    await page.goto(`/targets/${target.id}/settings`);
    await page.getByLabel(/^Settings /).fill('{"url":');
    await press('Save');
    await page.getByText('This is no JSON object.').waitFor();
    await page.getByLabel(/^Settings /).fill('{"url": "https://wiki.example/scim/v2", "speed": 9}');
    await press('Save');
    await page.getByText(/speed/).first().waitFor();
    expect(await now()).toMatchObject({ version: target.version, settings: { timeoutSeconds: 5 } });
    await page.getByLabel(/^Settings /).fill('{"url": "https://new.example/scim/v2"}');
    await page.getByLabel('Name', { exact: true }).fill('New wiki');
    await page.getByLabel('Percent').fill('5');
    await page.getByLabel('New credentials').fill('{"bearer": "new"}');
    await seen('target-settings');
    await press('Save');
    await page.getByRole('status').getByText('New wiki was changed').waitFor();
    const changed = await now();
    expect(changed).toMatchObject({
      name: 'New wiki',
      settings: { url: 'https://new.example/scim/v2' },
      guards: { percent: 5, atLeast: 50 },
    });
    expect(changed.settings).not.toMatchObject({ timeoutSeconds: 5 });
    expect(visitor.complaints).toEqual([]);
    expect(site.faults).toEqual([]);
  }, 60_000);

  it('is told of a target what stands in its way, and sees its ledger to the end', async () => {
    const { target } = await addTarget(
      site.parts.targets,
      {
        ...{ name: 'Archive', type: 'scim', mode: 'enforce', credentials: { bearer: 'old' } },
        settings: { url: 'https://archive.example/scim/v2' },
      },
      attribution('console'),
    );
    const at = `/targets/${target.id}`;
    await page.goto(at);
    await page.getByText('No group: nothing is pushed.').waitFor();
    const write = (text: string, values: readonly unknown[] = []) =>
      site.database.rows({ text }, [target.id, ...values]);
    await write('update target set circuit = $2 where id = $1', [
      JSON.stringify({
        ...CLOSED,
        state: 'open',
        failures: 3,
        until: 1,
        failingSince: 1,
        why: 'ECONNREFUSED',
      }),
    ]);
    await page.reload();
    await page.getByText('It is asked again as soon as possible.').waitFor();
    expect(await page.getByText(/again just now/).count()).toBe(0);
    await write(
      `insert into target_object (target_n, kind, n, state, wanted, name, why)
       select t.n, 'g', 1000000 + g, case when g <= 60 then 'blocked' else 'conflict' end, true, 'set ' || g, 'refused it'
       from target t, generate_series(1, 61) as g where t.id = $1`,
    );
    await page.reload();
    await page.getByText('60 blocked, 1 in conflict').waitFor();
    await page.getByRole('link', { name: 'What is blocked', exact: true }).click();
    await page.getByRole('rowheader', { name: 'set 50', exact: true }).waitFor();
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByRole('rowheader', { name: 'set 51', exact: true }).waitFor();
    expect(await page.getByRole('rowheader').allInnerTexts()).toHaveLength(10);
    expect(await visitor.faults()).toEqual([]);
    const steps = [
      { operation: 'probe', what: '', outcome: 'noop' },
      { operation: 'circuit', what: 'open', outcome: 'connect ECONNREFUSED 192.0.2.1:443' },
    ].map((step) => ({ ...step, at: new Date().toISOString() }));
    const [push] = await site.database.rows<{ id: string }>(
      {
        text: `insert into target_push (target_n, steps, state, full_sweep, dry_run, asked_by)
               select n, $2::jsonb, 'done', false, false, 'ann' from target where id = $1 returning id`,
      },
      [target.id, JSON.stringify(steps)],
    );
    await page.goto(`${at}/pushes/${push?.id ?? ''}`);
    await page.getByRole('row', { name: /^ask whether it answers it answers/ }).waitFor();
    await page
      .getByRole('row', { name: /^stopped Nothing accepts connections there: 192\.0\.2\.1/ })
      .waitFor();
    await page.getByText('60 blocked, 1 in conflict').waitFor();
    await page.getByRole('link', { name: 'See what was refused' }).click();
    // The button has them due at once; nobody drives a target here.
    await press('Send again');
    await page.getByRole('status').getByText('What Archive refused is being sent again').waitFor();
    expect(await inState('blocked', target.id)).toBe(0);
    expect(await inState('due', target.id)).toBe(61);
    await page.goto(`${at}/history`);
    expect(await page.locator('.log-head').first().innerText()).toBe('Refused sent again Archive');
    expect(visitor.complaints).toEqual([]);
    expect(site.faults).toEqual([]);
  }, 60_000);

  it('alone decides: others who read the audit see the conflicts, everybody else nothing', async () => {
    const browser = site.browser();
    const user = await site.user('somebody');
    await browser.open(await site.link(user.n));
    expect((await browser.open('/conflicts')).status).toBe(404);
    expect((await browser.open('/conflicts/held-keys')).status).toBe(404);
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TOKEN_BYTES } from '../../src/core/token.ts';
import { createClient } from '../../src/directory/clients.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { addTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { needs } from '../support/needs.ts';
import { looks, openScreens, type Screens } from '../support/screen.ts';
import { openSite, type TestSite } from './site.ts';

const PEOPLE = 30;

/** A file of actions that puts people into a group, or takes them out. */
function fileOf(action: string): { name: string; mimeType: string; buffer: Buffer } {
  const rows = Array.from({ length: PEOPLE }, (_, at) => `Staff,member,person${at},false,${action}`);
  const text = ['group,role,username,isgroup,action', ...rows, 'Staff,member,,false,import'].join('\n');
  return { name: `staff-${action}.csv`, mimeType: 'text/csv', buffer: Buffer.from(`${text}\n`) };
}

needs('chromium')('files and plans in the browser', () => {
  let site: TestSite;
  let screens: Screens;
  let paths: readonly (readonly [name: string, path: string])[];
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    for (let at = 0; at < PEOPLE; at += 1) await site.user(`person${at}`);
    paths = await fill(site);
  }, 60_000);
  afterAll(async () => {
    await screens.close();
    await site.close();
  });

  it('holds a file that takes out many, shows whom it concerns, and carries it out once it is approved', async () => {
    const { page, faults, keepPicture } = await screens.visit(await site.link('administrator'), '/imports');
    await page.getByRole('link', { name: 'Upload a file' }).first().click();
    await keepPicture('imports-upload');
    await page.getByLabel('What to do').selectOption('import');
    await page.getByLabel('CSV file').setInputFiles(fileOf('import'));
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('link', { name: 'Download refused rows' }).waitFor();

    await page.goto('/imports/new');
    await page.getByLabel('What to do').selectOption('import');
    await page.getByLabel('CSV file').setInputFiles(fileOf('delete'));
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('A guard stopped this file').waitFor();
    expect(await page.getByText(`${PEOPLE} people stop belonging to something.`).isVisible()).toBe(true);
    expect(await faults()).toEqual([]);
    await keepPicture('imports-held');
    await page.getByRole('link', { name: 'Plans' }).click();
    await keepPicture('plans');
    await page.getByRole('link', { name: /staff-delete/ }).click();
    await keepPicture('plan-held');
    await page.getByLabel('Reason').fill('Everybody left.');
    await page.getByRole('button', { name: 'Approve and carry out' }).click();
    await page.getByText('Approved and carried out').waitFor();
    expect(await faults()).toEqual([]);
    await keepPicture('plan-applied');
    const left = await site.database.rows({ text: `select 1 from assertion where not suppressed` });
    expect(left).toHaveLength(0);
  }, 300_000);

  // The light and wide look is that of the journey above.
  it.each(looks.slice(1))(
    'leaves no screen broken: scripts $scripts, $colours, $width',
    async (look) => {
      const { page, faults, keepPicture, complaints } = await screens.visit(
        await site.link('administrator'),
        '/imports',
        look,
      );
      const seen = async (name: string): Promise<void> => {
        expect([name, await faults()]).toEqual([name, []]);
        await keepPicture(name);
      };
      for (const [name, path] of paths) {
        await page.goto(path);
        await seen(name);
      }
      await page.goto('/imports');
      await page.getByRole('link', { name: 'staff-import.csv' }).click();
      await seen('imports-run');
      expect(complaints).toEqual([]);
      expect(site.faults).toEqual([]);
    },
    300_000,
  );
});

/** What the screens of sources and targets show. */
async function fill(site: TestSite): Promise<readonly (readonly [string, string])[]> {
  const [ada, staff] = [await site.user('ada'), await site.group('Fellows')];
  const { client } = await site.do((work) =>
    createClient(
      work,
      {
        ...{ name: 'okta', profile: 'okta', namespace: 'all', scopes: ['scim.read', 'scim.write'] },
        ...{ allow: [], expiresAt: null },
      },
      { kind: 'random', bytes: randomBytes(TOKEN_BYTES) },
    ),
  );
  await openEpoch(site.database, site.address);
  const { target } = await addTarget(
    site.parts.targets,
    {
      ...{ name: 'Wiki', type: 'file', mode: 'enforce', settings: { file: 'wiki.csv' } },
      scope: { groups: [staff.id] },
    },
    attribution('console'),
  );
  return [
    ['imports', '/imports'],
    ['imports-new', '/imports/new'],
    ['plans', '/plans'],
    ['plans-all', '/plans?show=all'],
    ['users', '/users'],
    ['users-found', '/users?q=person1'],
    ['users-new', '/users/new'],
    ['user', `/users/${ada.id}`],
    ['user-edit', `/users/${ada.id}/edit`],
    ['user-delete', `/users/${ada.id}/delete`],
    ['targets', '/targets'],
    ['targets-new', '/targets/new'],
    ['targets-new-scim', '/targets/new?type=scim'],
    ['target', `/targets/${target.id}`],
    ['target-drift', `/targets/${target.id}/drift`],
    ['target-why', `/targets/${target.id}/why?user=${ada.id}`],
    ['target-history', `/targets/${target.id}/history`],
    ['target-settings', `/targets/${target.id}/settings`],
    ['sources', '/sources'],
    ['source', '/sources/csv'],
    ['clients', '/clients'],
    ['clients-new', '/clients/new'],
    ['client', `/clients/${client.id}`],
    ['activity', '/activity'],
    ['activity-user', `/activity?user=${ada.id}`],
    ['settings', '/settings'],
    ['doctor', '/doctor'],
    ['providers', '/providers'],
    ['providers-new', '/providers/new'],
  ];
}

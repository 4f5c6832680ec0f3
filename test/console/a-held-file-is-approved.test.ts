import { afterAll, beforeAll, expect, it } from '@jest/globals';
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
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    for (let at = 0; at < PEOPLE; at += 1) await site.user(`person${at}`);
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
  }, 120_000);

  it.each(looks)('leaves no screen broken: scripts $scripts, $colours, $width', async (look) => {
    const { page, faults, keepPicture, complaints } = await screens.visit(
      await site.link('administrator'),
      '/imports',
      look,
    );
    const seen = async (name: string): Promise<void> => {
      expect([name, await faults()]).toEqual([name, []]);
      await keepPicture(name);
    };
    await seen('imports');
    await page.goto('/imports/new');
    await seen('imports-new');
    await page.goto('/imports');
    await page.getByRole('link', { name: 'staff-import.csv' }).click();
    await seen('imports-run');
    await page.goto('/plans?show=all');
    await seen('plans-all');
    expect(complaints).toEqual([]);
    expect(site.faults).toEqual([]);
  });
});

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { permissions } from '../../src/core/permissions.ts';
import { readRule } from '../../src/core/rules.ts';
import { TOKEN_BYTES } from '../../src/core/token.ts';
import { createClient } from '../../src/directory/clients.ts';
import { changeGroup } from '../../src/directory/groups.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { addTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { needs } from '../support/needs.ts';
import { journeyLooks, type Look, openScreens, type Screens } from '../support/screen.ts';
import { openSite, type TestSite } from './site.ts';

const PEOPLE = 30;

/** Both colours, both widths, with scripts and without; not each with each, for there are many screens. */
const screenLooks: readonly Look[] = [
  { scripts: 'on', colours: 'dark', width: 'narrow' },
  { scripts: 'off', colours: 'light', width: 'wide' },
];

interface FileToSend {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

function csvOf(name: string, head: string, rows: readonly string[]): FileToSend {
  const text = [head, ...rows, ''].join('\n');
  return { name, mimeType: 'text/csv', buffer: Buffer.from(text) };
}

/** A file of actions that puts people into a group, or takes them out; its last row is refused. */
function fileOf(action: string, group: string): FileToSend {
  const rows = Array.from({ length: PEOPLE }, (_, at) => `${group},member,person${at},false,${action}`);
  const head = 'group,role,username,isgroup,action';
  return csvOf(`${group}-${action}.csv`, head, [...rows, `${group},member,,false,import`]);
}

async function send(page: Page, file: FileToSend): Promise<void> {
  await page.goto('/imports/new');
  await page.getByLabel('What to do').selectOption('import');
  await page.getByLabel('CSV file').setInputFiles(file);
  await page.getByRole('button', { name: 'Send' }).click();
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

  const grant = (holder: number, permission: string) =>
    site.database.rows({ text: 'insert into permission_grant (holder_n, permission) values ($1, $2)' }, [
      holder,
      permission,
    ]);

  it.each(journeyLooks)(
    'holds a file that takes out many, shows whom it concerns, and carries it out once it is approved: scripts $scripts, $colours, $width',
    async (look) => {
      const group = `Staff-${look.colours}-${look.scripts}`;
      const visitor = await screens.visit(await site.link('administrator'), '/imports', look);
      const { page } = visitor;
      const seen = async (picture: string): Promise<void> => {
        expect([picture, await visitor.faults()]).toEqual([picture, []]);
        await visitor.keepPicture(`journeys/held-file/${picture}`);
      };
      await page.getByRole('link', { name: 'Upload a file' }).first().click();
      await seen('1-upload');
      await send(page, fileOf('import', group));
      await page.getByRole('link', { name: 'Download refused rows' }).waitFor();

      await send(page, fileOf('delete', group));
      await page.getByText('A guard stopped this file').waitFor();
      expect(await page.getByText(`${PEOPLE} people stop belonging to something.`).isVisible()).toBe(true);
      await seen('2-held');
      if (look.width === 'narrow') await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('link', { name: 'Plans' }).click();
      await page.getByRole('link', { name: `${group}-delete` }).click();
      await seen('3-plan');
      await page.getByLabel('Reason').fill('Everybody left.');
      await page.getByRole('button', { name: 'Approve and carry out' }).click();
      await page.getByText('Approved and carried out').waitFor();
      await seen('4-carried-out');
      const left = await site.database.rows(
        {
          text: `select from assertion a join groups g on g.n = a.group_n where g.name = $1 and not a.suppressed`,
        },
        [group],
      );
      expect(left).toHaveLength(0);
      expect([...visitor.complaints, ...site.faults]).toEqual([]);
    },
    120_000,
  );

  it('J-20 says who may approve a file on a protected group, instead of offering it to those who may not', async () => {
    const helpdesk = await site.group('Helpdesk');
    const paula = await site.user('Paula');
    await site.do((work) =>
      changeGroup(work, {
        group: helpdesk.id,
        ifMatch: null,
        edit: (state) => ({ ...state, rule: readRule(site.parts.registry, 'title eq "Helper"') }),
      }),
    );
    await grant(helpdesk.n, 'users.manage');
    await grant(paula.n, 'plans.approve');
    const administrator = await screens.visit(await site.link('administrator'), '/imports');
    await send(administrator.page, csvOf('helpers.csv', 'userName,title', ['person1,Helper']));
    await administrator.page.getByText('A guard stopped this file').waitFor();
    const { pathname } = new URL(administrator.page.url());
    expect(await administrator.page.getByRole('button', { name: 'Approve and carry out' }).count()).toBe(1);

    const { page } = await screens.visit(await site.link(paula.n), pathname);
    await page.getByText('An administrator approves this: Helpdesk is protected.').waitFor();
    expect(await page.getByRole('button', { name: 'Approve and carry out' }).count()).toBe(0);
    await page.getByLabel('Reason').fill('Nobody told us.');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('status').getByText('Rejected; nothing of it was done').waitFor();
  }, 60_000);

  it.each(permissions)('shows whoever holds %s no way that is closed to them', async (permission) => {
    const user = await site.user(`holds ${permission}`);
    await grant(user.n, permission);
    const browser = site.browser();
    await browser.open(await site.link(user.n));
    const pages = [await browser.open('/'), await browser.open('/inbox')];
    const ways = new Set(
      pages.flatMap(({ text }) =>
        [...text.matchAll(/<a [^>]*href="(\/[^"#]*)"/g)].map(([, href = '']) => href),
      ),
    );
    const closed: string[] = [];
    for (const href of ways) {
      const { status } = await browser.open(href.replaceAll('&amp;', '&'));
      if (status !== 200) closed.push(`${href}: ${status}`);
    }
    expect(ways.size).toBeGreaterThan(0);
    expect(closed).toEqual([]);
  });

  it.each(screenLooks)(
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
      await page
        .getByRole('link', { name: /-import\.csv$/ })
        .first()
        .click();
      await seen('imports-run');
      await page.goto('/plans?show=all');
      await page
        .getByRole('link', { name: /-delete\.csv/ })
        .first()
        .click();
      const plan = page.url();
      await page.getByRole('link', { name: 'Show everybody' }).click();
      await seen('plan-people');
      await page.goto(plan);
      await page
        .getByRole('link', { name: /and \d+ more/ })
        .first()
        .click();
      await seen('plan-operation');
      await page.goto('/activity?type=membership.direct');
      await page
        .getByRole('link', { name: /and \d+ more/ })
        .first()
        .click();
      await seen('activity-entry');
      const [gone] = await site.database.rows<{ group: string; user: string }>({
        text: `select g.id as "group", u.id as "user" from membership_past p
               join source s on s.n = p.source_n and s.name = 'csv'
               join groups g on g.n = p.group_n join users u on u.n = p.member_n limit 1`,
      });
      await page.goto(`/groups/${gone?.group ?? ''}/why?user=${gone?.user ?? ''}`);
      await page.getByText('took them out').waitFor();
      await seen('group-why-ended');
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

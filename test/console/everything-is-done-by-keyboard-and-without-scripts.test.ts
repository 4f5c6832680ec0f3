import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { changeGroup } from '../../src/directory/groups.ts';
import { governGroup } from '../../src/directory/governance.ts';
import { joinGroup } from '../../src/directory/requests.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { eventually } from '../support/eventually.ts';
import { needs } from '../support/needs.ts';
import { openScreens, type Screens } from '../support/screen.ts';
import { openSite, type TestSite } from './site.ts';

/** Numbers every control of the page that can be used, and answers how many there are. */
const NUMBER_CONTROLS = `(() => {
  const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]';
  const usable = [...document.querySelectorAll(all)].filter((one) =>
    !one.disabled && one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }));
  usable.forEach((one, at) => one.setAttribute('data-nth', String(at)));
  return usable.map((one) => one.outerHTML.slice(0, 120));
})()`;

interface Focused {
  /** Number of the control; null for what is none, such as the page itself. */
  readonly nth: number | null;
  /** A visible ring, inside of the window. */
  readonly isSeen: boolean;
}

const FOCUSED = `(() => {
  const one = document.activeElement;
  const nth = one.getAttribute('data-nth');
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const box = one.getBoundingClientRect();
  const isInside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return { nth: nth === null ? null : Number(nth), isSeen: isInside && outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
})()`;

/** A field of a date has several places for the keys within it, so it may be where the keys are for some presses. */
const MOST_PRESSES_EACH = 8;

needs('chromium')('without a mouse', () => {
  let site: TestSite;
  let screens: Screens;
  let group: GroupRow;
  let paths: readonly string[];
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    const [ada, bert] = [await site.user('ada'), await site.user('bert')];
    group = await site.group('Mathematics', ada);
    const outer = await site.group('Science', group);
    await site.do(async (work) => {
      const flags = { internal: false, hidden: false, public: true };
      await changeGroup(work, { group: group.id, ifMatch: null, edit: (state) => ({ ...state, ...flags }) });
      await governGroup(work, { group: group.id, leaders: [{ type: 'user', id: ada.id }], at: 'change' });
    });
    await site.as('self-service', (work) =>
      joinGroup(work, { group: group.id, user: bert.id, reason: null }),
    );
    paths = [
      '/overview',
      '/my-groups',
      '/requests',
      '/groups?q=sci',
      `/groups/${group.id}/members?who=ber`,
      `/groups/${outer.id}/roles`,
      `/groups/${outer.id}/why?user=${ada.id}`,
      `/users/${ada.id}`,
      '/imports/new',
      '/targets/new?type=scim',
      '/activity',
    ];
  }, 60_000);
  afterAll(async () => {
    await screens.close();
    await site.close();
  });

  it('every control is come to by Tab, in its order, and is seen to be', async () => {
    const { page } = await screens.visit(await site.link('administrator'), '/');
    const found: unknown[] = [];
    for (const path of paths) {
      await page.goto(path);
      const controls = await page.evaluate<string[]>(NUMBER_CONTROLS);
      const come: number[] = [];
      for (let press = 0; press < controls.length * MOST_PRESSES_EACH; press += 1) {
        await page.keyboard.press('Tab');
        const { nth, isSeen } = await page.evaluate<Focused>(FOCUSED);
        if (nth === null || nth === come.at(-1)) continue;
        if (nth < (come.at(-1) ?? -1)) break;
        come.push(nth);
        if (!isSeen) found.push([path, 'focus is not seen', controls[nth]]);
        if (nth === controls.length - 1) break;
      }
      const missed = controls.filter((_, nth) => !come.includes(nth));
      if (missed.length > 0) found.push([path, 'never come to', missed]);
    }
    expect(found).toEqual([]);
  }, 120_000);

  const tabTo = async (page: Page, name: string): Promise<void> => {
    for (let press = 0; press < 200; press += 1) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate<string>(
        `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent).trim()`,
      );
      if (label.startsWith(name)) return;
    }
    throw new Error(`Tab never came to ${name}.`);
  };

  /** What was searched for may come once more while one tabs, and take the focus with it: then one tabs again. */
  const pressOn = async (page: Page, name: string, shows: ReturnType<Page['getByRole']>): Promise<void> => {
    await eventually(async () => {
      if (await shows.isVisible()) return;
      await tabTo(page, name);
      await page.keyboard.press('Enter');
      await shows.waitFor({ timeout: 3_000 });
    });
  };

  it('skips to the content, adds a member, opens what is folded, and answers a request, by keys alone', async () => {
    const visitor = await screens.visit(await site.link('administrator'), '/groups');
    const { page } = visitor;
    const { keyboard } = page;
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#content');
    // What comes after the skip is of the page, and not of the menu.
    await keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.closest("main") !== null')).toBe(true);

    await tabTo(page, 'Search groups by name');
    await keyboard.type('Math');
    await page.waitForURL(/q=Math/);
    await pressOn(page, 'Mathematics', page.getByRole('heading', { name: 'Mathematics', level: 1 }));
    await tabTo(page, 'Members');
    await keyboard.press('Enter');
    await page.waitForURL(/\/members$/);
    await tabTo(page, 'Find a user or a group');
    await keyboard.type('Science');
    await page.getByRole('button', { name: 'Add Science' }).waitFor();
    // It would close a circle, and the page says what to do.
    await pressOn(page, 'Add Science', page.getByRole('alert').getByText('Mathematics').first());
    await page.goto(`/groups/${group.id}/members`);
    await tabTo(page, 'As of a past moment');
    await keyboard.press('Enter');
    await page.getByLabel('Moment (UTC)').waitFor();

    await page.goto('/requests');
    await tabTo(page, 'Approve: bert');
    await keyboard.press('Space');
    await page.getByRole('status').getByText('bert').waitFor();
    expect(visitor.complaints).toEqual([]);
  }, 60_000);

  it('opens the menu of a narrow page by Enter and leaves it by Escape', async () => {
    const { page } = await screens.visit(await site.link('administrator'), '/groups', {
      ...{ scripts: 'on', colours: 'light', width: 'narrow' },
    });
    const menu = page.getByRole('navigation', { name: 'Menu' });
    expect(await menu.isVisible()).toBe(false);
    await tabTo(page, 'Menu');
    await page.keyboard.press('Enter');
    await menu.waitFor();
    // Beside the button there is no room to say so.
    await menu.getByText(/^Signed in as \S/).waitFor();
    await page.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Menu');
  }, 60_000);

  it('does without scripts: creates a group with roles and members, an account, and a trial of a file', async () => {
    const look = { scripts: 'off', colours: 'light', width: 'wide' } as const;
    const visitor = await screens.visit(await site.link('administrator'), '/groups', look);
    const { page } = visitor;
    const press = (name: string | RegExp): Promise<void> =>
      page.getByRole('main').getByRole('button', { name }).click();
    await page.getByRole('main').getByRole('link', { name: 'Create a group' }).first().click();
    await page.getByLabel('Name').fill('Choir');
    await page.getByLabel('Available').selectOption('publisher');
    await press('Add');
    expect(await page.getByLabel('Assigned').locator('option').allTextContents()).toEqual([
      'member',
      'publisher',
    ]);
    await page.getByRole('button', { name: 'Continue with members' }).last().click();
    await page.getByRole('searchbox', { name: 'Find a user or a group' }).fill('ada');
    await page.getByRole('search', { name: 'Find a user or a group' }).getByRole('button').click();
    await press('Add ada');
    await page.getByRole('link', { name: 'Manage ada' }).click();
    await page.getByLabel('may add members').check();
    await press('Save extended permissions');
    await page.getByText('The extended permissions were saved.').waitFor();
    await page.goto('/groups?q=Choir');
    await page.getByRole('link', { name: 'Choir' }).click();
    await page.getByRole('link', { name: 'Members', exact: true }).click();
    await page.getByText('adds members').waitFor();
    await press('Remove ada');
    await page.getByText('ada was removed.').waitFor();

    await page.goto('/users/new');
    await page.getByLabel('userName').fill('carla');
    await press('Create');
    await press('Deactivate');
    await page.getByText('carla is inactive').waitFor();

    await page.goto('/imports/new');
    const text = 'group,role,username,isgroup,action\nChoir,member,ada,false,import\n';
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'choir.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await press('Send');
    await page.getByRole('heading', { name: 'choir.csv' }).waitFor();
    expect(visitor.complaints).toEqual([]);
    expect(site.faults).toEqual([]);
  }, 90_000);

  it.each(['on', 'off'] as const)(
    'turns the pages of lists, forth and back: scripts %s',
    async (scripts) => {
      const PEOPLE = 70;
      const crowd = await site.group(`Crowd ${scripts}`);
      await site.database.rows(
        {
          text: `with made as (
            insert into users (user_name, user_name_key, created_by)
            select name, name, (select n from source where name = 'console')
            from generate_series(1, $2::int) i, lateral (select $3 || lpad(i::text, 3, '0') as name) named returning n)
          insert into assertion (group_n, member_n, source_n, member_kind)
          select $1, n, (select n from source where name = 'console'), 'u' from made`,
        },
        [crowd.n, PEOPLE, `walker.${scripts}.`],
      );
      const people = Array.from(
        { length: PEOPLE },
        (_, at) => `walker.${scripts}.${String(at + 1).padStart(3, '0')}`,
      );
      const look = { scripts, colours: 'light', width: 'wide' } as const;
      const visitor = await screens.visit(await site.link('administrator'), '/', look);
      const { page } = visitor;
      const expectNames = async (names: readonly string[]): Promise<void> => {
        await page.getByRole('rowheader', { name: names[0] ?? '' }).waitFor();
        const links = page.getByRole('rowheader').getByRole('link', { name: /^walker/ });
        expect(await links.allTextContents()).toEqual(names);
      };
      const pages = page.getByRole('navigation', { name: 'Pages' });
      await page.goto(scripts === 'on' ? `/groups/${crowd.id}/members` : '/users?q=walker.off');
      await expectNames(people.slice(0, 50));
      expect(await pages.getByRole('link', { name: 'First page' }).count()).toBe(0);
      await pages.getByRole('link', { name: 'Next page' }).click();
      await expectNames(people.slice(50));
      expect(await pages.getByRole('link', { name: 'Next page' }).count()).toBe(0);
      // Every page has its address: the browser's own way back leads to the one before.
      await page.goBack();
      await expectNames(people.slice(0, 50));
      await page.goForward();
      await expectNames(people.slice(50));
      await pages.getByRole('link', { name: 'First page' }).click();
      await expectNames(people.slice(0, 50));
      expect(visitor.complaints).toEqual([]);
    },
    60_000,
  );
});

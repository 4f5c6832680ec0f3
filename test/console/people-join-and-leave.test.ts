import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { randomUUID } from 'node:crypto';
import { changeGroup } from '../../src/directory/groups.ts';
import { joinGroup } from '../../src/directory/requests.ts';
import { governGroup } from '../../src/directory/governance.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { needs } from '../support/needs.ts';
import { journeyLooks, openScreens, type Screens, type Visitor } from '../support/screen.ts';
import { csrfIn } from './browser.ts';
import { openSite, type TestSite } from './site.ts';

needs('chromium')('with a browser', () => {
  let site: TestSite;
  let screens: Screens;
  let leader: UserRow;
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    leader = await site.user('Lea Leader');
  }, 60_000);
  afterAll(async () => {
    await screens.close();
    await site.close();
  });

  const club = async (name: string, isOpen: boolean): Promise<GroupRow> => {
    const group = await site.group(name);
    await site.do(async (work) => {
      const flags = { internal: false, hidden: false, public: true, open: isOpen };
      await changeGroup(work, { group: group.id, ifMatch: null, edit: (state) => ({ ...state, ...flags }) });
      await governGroup(work, { group: group.id, leaders: [{ type: 'user', id: leader.id }], at: 'change' });
    });
    return group;
  };
  const press = (page: Page, name: string): Promise<void> =>
    page.getByRole('main').getByRole('button', { name }).click();
  const expectWhole = async (visitor: Visitor, picture: string): Promise<void> => {
    expect([picture, await visitor.faults()]).toEqual([picture, []]);
    await visitor.keepPicture(`journeys/${picture}`);
  };

  it.each(journeyLooks)(
    'a leader answers a request (J-04, J-13, J-14): scripts $scripts, $colours, $width',
    async (look) => {
      const name = `Chess ${look.colours} ${look.scripts}`;
      const group = await club(name, false);
      const user = await site.user(`Emma ${look.colours} ${look.scripts}`);
      const emma = await screens.visit(await site.link(user.n), `/groups/${group.id}/join`, look);
      await emma.page.getByLabel('Why do you want to join?').fill('I play every day');
      await press(emma.page, 'Ask to join');
      await emma.page.getByRole('status').getByText(`You asked to join ${name}`).waitFor();
      await expectWhole(emma, '1-asked');

      const lea = await screens.visit(await site.link(leader.n), '/requests', look);
      await lea.page.getByText('I play every day').waitFor();
      await expectWhole(lea, '2-inbox-of-the-leader');
      await lea.page.getByRole('link', { name: `Deny: ${user.user_name ?? ''}` }).click();
      await lea.page.getByLabel('Reason').fill('Come to the tournament first');
      await press(lea.page, 'Deny');
      await lea.page.getByRole('status').getByText('was denied').waitFor();

      await emma.page.goto('/inbox');
      await emma.page.getByText('Come to the tournament first').waitFor();
      await emma.page.getByText('Your reason when you asked:').waitFor();
      await emma.page.getByText('Reason given with the answer:').waitFor();
      await expectWhole(emma, '3-denied');
      await emma.page.goto(`/groups/${group.id}/join`);
      await press(emma.page, 'Ask to join');
      // The link of the group, whole, to be passed on.
      await lea.page.goto(`/groups/${group.id}`);
      await lea.page.getByText(`${site.parts.baseUrl}/groups/${group.id}/join`).waitFor();
      await lea.page.goto(`/groups/${group.id}/requests`);
      await lea.page.getByRole('link', { name: `Approve, and say why: ${user.user_name ?? ''}` }).click();
      await lea.page.getByLabel('Your reason').fill('You came to the tournament');
      await press(lea.page, 'Approve');
      await lea.page.getByRole('status').getByText('was approved').waitFor();
      expect(new URL(lea.page.url()).pathname).toBe(`/groups/${group.id}/requests`);
      await emma.page.goto('/inbox');
      await emma.page.getByText('You came to the tournament').waitFor();
      await lea.page.goto(`/groups/${group.id}/members`);
      await lea.page.getByRole('rowheader', { name: user.user_name ?? '' }).waitFor();
      await expectWhole(lea, '4-a-member-now');
      expect([...emma.complaints, ...lea.complaints, ...site.faults]).toEqual([]);
    },
    90_000,
  );

  it.each(journeyLooks)(
    'a member joins, leaves, and sees why it cannot leave elsewhere (J-03, J-05): scripts $scripts, $colours, $width',
    async (look) => {
      const name = `Choir ${look.colours} ${look.scripts}`;
      await club(name, true);
      const user = await site.user(`Max ${look.colours} ${look.scripts}`);
      const inner = await site.group(`Inner ${look.colours} ${look.scripts}`, user);
      const outer = await site.group(`Outer ${look.colours} ${look.scripts}`, inner);
      await site.database.rows({ text: 'update groups set internal = false where n = any($1)' }, [
        [inner.n, outer.n],
      ]);
      const max = await screens.visit(await site.link(user.n), '/', look);
      await max.page
        .getByRole('searchbox', { name: 'Search groups that you may join' })
        .fill(name.slice(0, 8));
      await max.page.getByRole('button', { name: 'Search' }).click();
      await press(max.page, `Join ${name}`);
      await max.page.getByText(`You are now a member of ${name}.`).waitFor();
      await max.page.getByText(`through ${inner.name}`).first().waitFor();
      await max.page.getByText(`You are in ${outer.name} only through ${inner.name}; leave there.`).waitFor();
      await expectWhole(max, '5-joined');
      await max.page.getByRole('link', { name: `Why are you in ${outer.name}?` }).click();
      await max.page.getByText('you are listed there').waitFor();
      await expectWhole(max, '6-why-one-is-in-it');
      await max.page.goto('/my-groups');
      await press(max.page, `Leave ${name}`);
      await max.page.getByText(`You left ${name}.`).waitFor();
      expect(await max.page.getByRole('button', { name: `Leave ${name}` }).count()).toBe(0);
      expect([...max.complaints, ...site.faults]).toEqual([]);
    },
    90_000,
  );

  it('a hidden group is joined by its link after signing in, and by no look at it (J-02)', async () => {
    const group = await club('Hidden club', true);
    await site.database.rows({ text: 'update groups set hidden = true where n = $1' }, [group.n]);
    const user = await site.user('Nora');
    const isIn = async (): Promise<boolean> =>
      (
        await site.database.rows({ text: 'select from assertion where group_n = $1 and member_n = $2' }, [
          group.n,
          user.n,
        ])
      ).length > 0;
    const nora = await screens.visit(null, `/groups/${group.id}/join`);
    await nora.page.getByText('Sign in to go on').waitFor();
    await nora.page.goto(await site.link(user.n));
    expect(new URL(nora.page.url()).pathname).toBe(`/groups/${group.id}/join`);
    expect(await isIn()).toBe(false);
    await press(nora.page, 'Join');
    await nora.page.getByText('You are now a member of Hidden club.').waitFor();
    expect(await isIn()).toBe(true);
  }, 60_000);

  it('of a group that somebody may not ask to join its link tells no more than one that leads nowhere (J-09)', async () => {
    const group = await club('Secret society', false);
    await site.database.rows({ text: 'update groups set hidden = true, public = false where n = $1' }, [
      group.n,
    ]);
    const browser = site.browser();
    await browser.open(await site.link((await site.user('Ned')).n));
    const mainOf = async (id: string): Promise<unknown> => {
      const { status, text } = await browser.open(`/groups/${id}/join`);
      return { status, main: /<main[^]*<\/main>/.exec(text)?.[0] };
    };
    const told = await mainOf(group.id);
    expect(told).toMatchObject({
      status: 404,
      main: expect.stringContaining('There is no group here that you may ask to join'),
    });
    expect(await mainOf(randomUUID())).toEqual(told);
    const csrf = csrfIn(await browser.open('/my-groups'));
    expect((await browser.post(`/groups/${group.id}/join`, { csrf })).status).toBe(404);
    const asked = { text: 'select from join_request where group_n = $1' };
    expect(await site.database.rows(asked, [group.n])).toEqual([]);
  });

  it('an answer by one press leads back to the page that it was given on, and a refusal speaks to its reader', async () => {
    const group = await club('Rowing club', false);
    const lea = site.browser();
    await lea.open(await site.link(leader.n));
    const csrf = csrfIn(await lea.open('/my-groups'));
    const askers = { group: await site.user('Ole'), '': await site.user('Pia') };
    for (const [at, to] of [
      ['group', `/groups/${group.id}/requests`],
      ['', '/requests'],
    ] as const) {
      const wish = { group: group.id, user: askers[at].id, reason: null };
      await site.as('self-service', (work) => joinGroup(work, wish));
      const [row] = await site.database.rows<{ id: string }>(
        { text: 'select id from join_request where user_n = $1' },
        [askers[at].n],
      );
      const action = `/requests/${row?.id}/approve`;
      const forms = (await lea.open(to)).text.split('<form');
      const form = forms.find((part) => part.includes(`action="${action}"`)) ?? '';
      expect(/name="at" value="(\w*)"/.exec(form)?.[1] ?? '').toBe(at);
      const answer = await lea.post(action, { csrf, kind: 'join', at });
      expect([answer.status, answer.headers.get('Location')]).toEqual([303, to]);
    }
    const ole = site.browser();
    await ole.open(await site.link(askers.group.n));
    const fields = { csrf: csrfIn(await ole.open('/my-groups')), group: group.id };
    const again = await ole.post('/my-groups/join', fields);
    expect(again.status).toBe(409);
    expect(again.text).toContain('You are a member of Rowing club already.');
  });

  it('a member is told why she is in a group of hers, hidden too, and nothing of groups that are not (J-01, J-02)', async () => {
    const [mia, guest] = [await site.user('Mia'), await site.user('Gus')];
    const inner = await site.group('Soprano section', mia);
    const secret = await site.group('Unspoken board', inner);
    const outer = await site.group('Whole chorus', secret, guest);
    const other = await site.group('Others alone', guest);
    await site.database.rows(
      { text: 'update groups set internal = n = $1, hidden = true where n = any($2)' },
      [secret.n, [inner.n, secret.n, outer.n, other.n]],
    );
    const browser = site.browser();
    await browser.open(await site.link(mia.n));
    expect((await browser.open('/my-groups')).text).toContain(`href="/my-groups/${outer.id}/why"`);
    // Whoever else is asked for, it is about who asks.
    const told = await browser.open(`/my-groups/${outer.id}/why?user=${guest.id}`);
    expect(told.status).toBe(200);
    const tree = /<ul class="tree">[^]*?<\/main>/.exec(told.text)?.[0].replaceAll(/<[^>]*>/g, ' ') ?? '';
    expect(tree).toMatch(
      /Whole chorus\s+a group that is not shown to you\s+Soprano section\s+you are listed there\s+says console/,
    );
    expect(told.text).not.toContain('Unspoken board');
    expect(told.text).not.toContain('Gus');
    for (const { id } of [secret, other]) {
      expect((await browser.open(`/my-groups/${id}/why`)).status).toBe(404);
      expect((await browser.open(`/groups/${id}/why?user=${mia.id}`)).status).toBe(404);
    }
  });
});

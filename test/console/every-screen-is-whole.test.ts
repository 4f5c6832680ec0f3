import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { governGroup } from '../../src/directory/governance.ts';
import { joinGroup } from '../../src/directory/requests.ts';
import { setGroupRoles } from '../../src/directory/roles.ts';
import { changeGroup } from '../../src/directory/groups.ts';
import { needs } from '../support/needs.ts';
import { looks, openScreens, type Screens } from '../support/screen.ts';
import { openSite, type TestSite } from './site.ts';

needs('chromium')('every screen', () => {
  let site: TestSite;
  let screens: Screens;
  let paths: readonly (readonly [name: string, path: string])[];
  beforeAll(async () => {
    site = await openSite();
    screens = await openScreens(site.address);
    paths = await fill(site);
  }, 60_000);
  afterAll(async () => {
    await screens.close();
    await site.close();
  });

  it.each(looks)(
    'is whole, and axe finds nothing: scripts $scripts, $colours, $width',
    async (look) => {
      const outside = await screens.visit(null, '/', look);
      expect(await outside.faults()).toEqual([]);
      await outside.keepPicture('sign-in');
      const visitor = await screens.visit(await site.link('administrator'), '/', look);
      const found: unknown[] = [];
      for (const [name, path] of paths) {
        const answer = await visitor.page.goto(path);
        const faults = await visitor.faults();
        const isAnswered = answer?.status() === (name === 'not-found' ? 404 : 200);
        if (!isAnswered || faults.length > 0) found.push([name, answer?.status(), faults]);
        await visitor.keepPicture(name);
      }
      expect(found).toEqual([]);
      expect(visitor.complaints).toEqual([]);
      expect(site.faults).toEqual([]);
    },
    120_000,
  );
});

/** A small faculty, and the screens that show it. */
async function fill(site: TestSite): Promise<readonly (readonly [string, string])[]> {
  const people = [];
  for (const name of ['ada', 'bert', 'carla', 'dirk', 'emma']) people.push(await site.user(name));
  const [ada, bert, ...others] = people;
  if (ada === undefined || bert === undefined) throw new Error('Nobody is there.');
  const maths = await site.group('Mathematics', ada, bert);
  const physics = await site.group('Physics', bert, ...others);
  const science = await site.group('Faculty of Science', maths, physics);
  await site.group('University', science);
  const chess = await site.group('Chess club', ada);
  await site.do(async (work) => {
    await setGroupRoles(work, { group: science.id, roles: ['member', 'publisher'], at: 'change' });
    await changeGroup(work, {
      group: maths.id,
      ifMatch: null,
      edit: (state) => ({
        ...state,
        description: 'Everybody who counts',
        internal: false,
        hidden: false,
        open: true,
      }),
    });
  });
  await site.do(async (work) => {
    await changeGroup(work, {
      group: chess.id,
      ifMatch: null,
      edit: (state) => ({ ...state, internal: false, hidden: false, public: true }),
    });
    await governGroup(work, { group: chess.id, leaders: [{ type: 'user', id: ada.id }], at: 'change' });
  });
  const wish = { group: chess.id, user: bert.id, reason: 'I play every day' };
  const asked = await site.as('self-service', (work) => joinGroup(work, wish));
  if (asked.outcome !== 'requested') throw new Error('It should have to wait.');
  const { request } = asked;
  const group = `/groups/${maths.id}`;
  const whole = `/groups/${science.id}`;
  return [
    ['overview', '/overview'],
    ['my-groups', '/my-groups'],
    ['join', `${group}/join`],
    ['requests', '/requests'],
    ['requests-decided', '/requests?which=decided'],
    ['request-approve', `/requests/${request.id}/approve`],
    ['request-deny', `/requests/${request.id}/deny`],
    ['inbox', '/inbox'],
    ['group-requests', `/groups/${chess.id}/requests`],
    ['groups', '/groups'],
    ['groups-search', '/groups?q=fac'],
    ['groups-none', '/groups?q=zzz'],
    ['group-new', '/groups/new'],
    ['group', group],
    ['group-edit', `${group}/edit`],
    ['group-delete', `${group}/delete`],
    ['group-members', `${group}/members?who=car`],
    ['group-members-effective', `${whole}/members?list=effective`],
    ['group-member', `${group}/members/user/${ada.id}`],
    ['group-member-remove', `${whole}/members/group/${maths.id}/remove`],
    ['group-roles', `${whole}/roles`],
    ['group-leaders', `${group}/leaders?q=a`],
    ['group-nesting', `${whole}/nesting`],
    ['group-targets', `${group}/targets`],
    ['group-why', `${whole}/why?user=${bert.id}`],
    ['group-members-past', `${whole}/members?list=effective&at=${new Date().toISOString()}`],
    ['group-why-past', `${whole}/why?user=${bert.id}&at=${new Date().toISOString()}`],
    ['group-why-not', `${group}/why?user=${others[0]?.id ?? ''}`],
    ['group-history', `${group}/history`],
    ['conflicts', '/conflicts'],
    ['held-keys', '/conflicts/held-keys'],
    ['not-found', '/nothing/here'],
  ];
}

import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { screens } from '../../src/console/routes.ts';
import type { Permission } from '../../src/core/permissions.ts';
import { delegate } from '../../src/directory/delegations.ts';
import { governGroup } from '../../src/directory/governance.ts';
import { changeGroup } from '../../src/directory/groups.ts';
import { editMembers } from '../../src/directory/memberships.ts';
import { joinGroup } from '../../src/directory/requests.ts';
import { changeUser } from '../../src/directory/users.ts';
import { importFile } from '../../src/sources/feeds/import-file.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import { openEpoch } from '../../src/store/installation.ts';
import { findPerson } from '../../src/store/people.ts';
import { insertPlan } from '../../src/store/plans/plans.ts';
import type { UserRow } from '../../src/store/users.ts';
import { addTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { type Browser, csrfIn } from './browser.ts';
import { openSite, type TestSite } from './site.ts';

const PEOPLE = 130;

let site: TestSite;
let folder: string;
let admin: Browser;
let leader: UserRow;
let group: GroupRow;
/** The import that took everybody out, and its plan. */
let run: string;
let plan: string;
beforeAll(async () => {
  site = await openSite();
  folder = mkdtempSync(join(tmpdir(), 'muster-hr-'));
  admin = site.browser();
  await admin.open(await site.link('administrator'));
  leader = await site.user('lea');
  group = await site.group('dept.Chemistry');
  await site.do(async (work) => {
    await changeGroup(work, {
      group: group.id,
      ifMatch: null,
      edit: (state) => ({ ...state, internal: false }),
    });
    await governGroup(work, { group: group.id, leaders: [{ type: 'user', id: leader.id }], at: 'change' });
  });
  const people = Array.from({ length: PEOPLE }, (_, at) => `p${at}`);
  const staff = people.map((name, at) => `${name},Ann${at},Berg,dept.Chemistry`);
  await send('people.csv', ['userName,givenName,familyName,groups', ...staff]);
  const gone = people.map((name) => `dept.Chemistry,member,${name},false,delete`);
  const head = 'group,role,username,isgroup,action';
  ({ run, plan } = await send('graduation.csv', [
    head,
    ...gone,
    'Alumni,member,p1,false,import',
    'Alumni,member,new one,false,import',
  ]));
}, 60_000);
afterAll(async () => {
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

async function send(name: string, lines: readonly string[]): Promise<{ run: string; plan: string }> {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  const actor = { kind: 'feed', id: 'csv' } as const;
  const ended = await importFile(site.parts.imports, {
    ...{ source: 'csv', dryRun: false, actor, requestId: null, path },
  });
  return { run: ended.id, plan: ended.plan ?? '' };
}

async function browserOf({ n }: UserRow): Promise<Browser> {
  const browser = site.browser();
  await browser.open(await site.link(n));
  return browser;
}

/** Somebody with that permission, and nothing else. */
async function holderOf(permission: Permission): Promise<UserRow> {
  const user = await site.user(`${permission} ${randomUUID()}`);
  const grant = { text: 'insert into permission_grant (holder_n, permission) values ($1, $2)' };
  await site.database.rows(grant, [user.n, permission]);
  return user;
}

/** A member who may add and remove others (J-18). */
async function delegateOf(): Promise<UserRow> {
  const user = await site.user(`delegate ${randomUUID()}`);
  await site.do(async (work) => {
    await editMembers(work, { group: group.id, steps: [{ do: 'add', members: [user.id] }] });
    const may = { canAdd: true, canRemove: true };
    await delegate(work, { group: group.id, user: user.id, ...may });
  });
  return user;
}

async function approve(path: string, reason: string): Promise<void> {
  const page = await admin.open(path);
  const [, hash = ''] = /name="hash" value="([^"]+)"/.exec(page.text) ?? [];
  const answer = await admin.post(`${path}/approve`, { csrf: csrfIn(page), hash, reason });
  expect(answer.status).toBe(303);
}

/** Whether an address is of the pages with that path. */
function isOf(path: string, href: string): boolean {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(href.replace(/\?.*/, ''));
}

/** The text of a page that was answered with 200, without where its names may be broken. */
async function textOf(path: string, browser = admin): Promise<string> {
  const answer = await browser.open(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text.replaceAll('&amp;', '&').replaceAll('<wbr/>', '');
}

/** Every address of the page that begins so. */
function ways(text: string, beginning: string): string[] {
  const found = [...text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
  return found.filter((href) => href.startsWith(beginning));
}

describe('a held plan', () => {
  const heads = (text: string): string[] =>
    [...text.matchAll(/<th scope="row"[^>]*><a href="\/users\/[^"]*">([^<]*)</g)].map(
      ([, name = '']) => name,
    );

  it('names those whom it concerns, the first on its page, all of them on pages of their own', async () => {
    const page = await textOf(`/plans/${plan}`);
    expect(page).toContain(`${PEOPLE} people stop belonging to something.`);
    expect(heads(page)).toEqual(Array.from({ length: 10 }, (_, at) => `p${at}`));
    expect(page).toContain('Ann0 Berg');

    const [all = ''] = ways(page, `/plans/${plan}/people`).filter((href) => !href.includes('?'));
    const first = await textOf(all);
    const [next = ''] = ways(first, `${all}?after=`);
    const second = await textOf(next);
    expect([...heads(first), ...heads(second)]).toEqual(Array.from({ length: PEOPLE }, (_, at) => `p${at}`));
    expect(ways(second, `${all}?after=`)).toEqual([]);
    const [person = ''] = /\/users\/([0-9a-f-]+)/.exec(first)?.slice(1) ?? [];
    expect(await textOf(`${all}/${person}`)).toContain('dept.Chemistry');
    expect((await admin.open(`${all}/${leader.id}`)).status).toBe(404);
  });

  it('reaches the inbox of those who may decide, and of nobody else', async () => {
    const inbox = await textOf('/inbox');
    expect(inbox).toContain('A guard held graduation.csv of the feed csv.');
    // What needs them now leads to the one that is held, and the message too.
    expect(ways(inbox, '/plans/')).toEqual([`/plans/${plan}`, `/plans/${plan}`]);
    expect(ways(await textOf('/overview'), '/plans/')).toEqual([`/plans/${plan}`]);
    const browser = site.browser();
    await browser.open(await site.link(leader.n));
    expect(await textOf('/inbox', browser)).not.toContain('graduation.csv');
  });

  it('names those who leave one group, and those who are added, who may not exist yet', async () => {
    const page = await textOf(`/plans/${plan}`);
    const [ofGroup = ''] = ways(page, `/plans/${plan}/people?group=`);
    const leaving = await textOf(ofGroup);
    expect(leaving).toContain(`<a href="/groups/${group.id}">dept.Chemistry</a>`);
    expect(heads(leaving)).toHaveLength(100);
    const [joining = ''] = ways(page, `/plans/${plan}/people?list=joining`);
    const added = await textOf(joining);
    expect(heads(added)).toEqual(['p1']);
    expect(added).toContain('new one');
    expect(added).toContain('Alumni');
    expect(await textOf(`${joining}&after=999999999999999.1`)).toContain('Nobody');
  });

  it('names them on the page of the file too, without ways that are closed to whoever looks after sources', async () => {
    const keeper = await site.user('keeper of sources');
    await site.database.rows(
      { text: `insert into permission_grant (holder_n, permission) values ($1, 'sources.manage')` },
      [keeper.n],
    );
    const browser = site.browser();
    await browser.open(await site.link(keeper.n));
    const text = await textOf(`/imports/${run}`, browser);
    expect(heads(text)).toContain('p9');
    expect(ways(text, '/plans')).toEqual([]);
    expect(ways(await textOf(`/imports/${run}`), `/plans/${plan}/people`)).not.toEqual([]);
  });

  it('opens what an operation names besides', async () => {
    const [whole = ''] = ways(await textOf(`/plans/${plan}`), `/plans/${plan}/operations/`);
    const first = await textOf(whole);
    const [next = ''] = ways(first, `${whole}?after=`);
    const names = [...heads(first), ...heads(await textOf(next))];
    expect(names.sort()).toEqual(Array.from({ length: PEOPLE }, (_, at) => `p${at}`).sort());
    expect((await admin.open(`/plans/${plan}/operations/999999`)).status).toBe(404);
    expect((await admin.open(`/plans/${plan}/operations/x`)).status).toBe(404);
  });
});

describe('what a plan did, once it is approved', () => {
  let history: string;
  beforeAll(async () => {
    await approve(`/plans/${plan}`, 'They have graduated');
    history = await textOf(`/groups/${group.id}/history`);
  }, 60_000);

  it('stands in the history of the group with the plan, the file, who approved it and why', async () => {
    const [entry = ''] = history.split('<li>').filter((text) => /log-head.*graduation.csv/.test(text));
    expect(entry).toContain(`href="/plans/${plan}"`);
    expect(entry).toContain(`href="/imports/${run}"`);
    expect(entry).toMatch(/Approved by:<\/span> [^<]*Administrator/i);
    expect(entry).toContain('They have graduated');
  });

  it('stands there whole: who else went opens', async () => {
    const path = `/groups/${group.id}/history`;
    const [whole = ''] = ways(history, `${path}/`);
    const first = await textOf(whole);
    const [next = ''] = ways(first, `${whole}?after=`);
    const second = await textOf(next);
    for (let at = 0; at < PEOPLE; at += 1) expect(`${first}${second}`).toContain(`>p${at}</a>`);
    const other = await site.group('Others');
    expect((await admin.open(`/groups/${other.id}/history/${whole.split('/').at(-1)}`)).status).toBe(404);
  });

  it('is told in the activity as approved by a person, for the feed', async () => {
    const text = await textOf('/activity?type=plan.applied');
    const [entry = ''] = text.split('<li>').filter((part) => part.includes('graduation.csv'));
    expect(entry).toContain(`href="/plans/${plan}"`);
    expect(entry).toMatch(/<\/time> for csv/);
    expect(entry).toMatch(/Approved by:<\/span> [^<]*Administrator/i);
    expect(entry.match(/They have graduated/g)).toHaveLength(1);
    const [whole = ''] = ways(await textOf('/activity'), '/activity/entries/');
    expect(await textOf(whole)).toContain('Who came and went');
  });

  it('waits in no inbox any more', async () => {
    expect(await textOf('/inbox')).not.toContain('graduation.csv');
    expect(await textOf('/inbox?which=all')).toContain('graduation.csv');
  });

  it('is told a leader without ways that are closed to one', async () => {
    const browser = site.browser();
    await browser.open(await site.link(leader.n));
    const text = await textOf(`/groups/${group.id}/history`, browser);
    expect(text).toContain('They have graduated');
    expect([...ways(text, '/plans'), ...ways(text, '/imports')]).toEqual([]);
    const [whole = ''] = ways(text, `/groups/${group.id}/history/`);
    const names = await textOf(whole, browser);
    expect(names).toMatch(/<th scope="row"[^>]*>p1</);
    expect(ways(names, '/users/')).toEqual([]);
  });

  it('answers why one of them is not there with the line of the file, the plan, who approved it and why', async () => {
    const [person] = await site.database.rows<{ id: string }>({
      text: `select id from users where user_name = 'p7'`,
    });
    const why = `/groups/${group.id}/why?user=${person?.id ?? ''}`;
    const text = await textOf(why);
    expect(text).toContain('p7 is not in dept.Chemistry.');
    expect(text).toContain('Line 9 of graduation.csv took them out.');
    expect(text).toContain(`href="/plans/${plan}"`);
    expect(text).toContain(`href="/imports/${run}"`);
    expect(text).toMatch(/Approved by:<\/span> [^<]*Administrator/i);
    expect(text).toContain('They have graduated');
    const [whole = ''] = ways(text, `/groups/${group.id}/history/`);
    expect(await textOf(whole)).toContain('graduation.csv');

    const told = await textOf(why, await browserOf(leader));
    expect(told).toContain('Line 9 of graduation.csv took them out.');
    expect(told).toContain('They have graduated');
    expect(ways(told, '/plans')).toEqual([]);
    // A delegation opens no log (J-18).
    const known = await textOf(why, await browserOf(await delegateOf()));
    expect(known).toContain('Line 9 of graduation.csv took them out.');
    expect(known).not.toContain('They have graduated');
    // Who never was in a group is told nothing of the kind, and neither is who is in it.
    const alumni = await site.database.rows<{ id: string }>({
      text: `select id from groups where name = 'Alumni'`,
    });
    expect(await textOf(`/groups/${alumni[0]?.id ?? ''}/why?user=${person?.id ?? ''}`)).not.toContain(
      'took them out',
    );
  });

  it('answers why with the deactivation of an account that is listed still', async () => {
    const [user, others] = [await site.user('idle'), await site.group('Idlers')];
    await site.do((work) =>
      editMembers(work, { group: others.id, steps: [{ do: 'add', members: [user.id] }] }),
    );
    await site.do((work) =>
      changeUser(work, { user: user.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
    );
    const text = await textOf(`/groups/${others.id}/why?user=${user.id}`);
    expect(text).toContain('The account of idle was active until');
    expect(text).not.toContain('idle was listed in');
    // Whoever leads a group that it was never in is not told when, by whom and why.
    const strange = await textOf(`/groups/${group.id}/why?user=${user.id}`, await browserOf(leader));
    expect(strange).toContain('idle is not in dept.Chemistry.');
    expect(strange).not.toContain('The account of idle');
  });

  it('names whom it deleted without a way to a page that is gone', async () => {
    const left = await send('left.csv', ['userName,active,action', 'p20,,delete', 'p21,no,']);
    const text = await textOf(`/plans/${left.plan}`);
    expect(text).toContain('One account was deactivated. One account was deleted.');
    expect(text).toMatch(/1 users changed<\/li><li[^>]*>1 of them deactivated</);
    expect(text).toContain('User deactivated');
    expect(text).toMatch(/<th scope="row"[^>]*><a href="\/users\/[^"]*">p21</);
    expect(text).toMatch(/<th scope="row"[^>]*>p20</);
    const told = (await textOf('/activity?type=user.deleted')).split('<li>');
    const [entry = ''] = told.filter((part) => part.includes('left.csv'));
    expect(entry).toContain('p20');
    expect(ways(entry, '/users/')).toEqual([]);
  });

  it('says of an undo whose account is active again, and of one that was rejected what it would have done', async () => {
    const left = await send('off.csv', ['userName,active', 'p22,no']);
    const page = await admin.open(`/plans/${left.plan}`);
    const asked = await admin.post(`/plans/${left.plan}/undo`, { csrf: csrfIn(page) });
    expect(asked.status).toBe(303);
    const undo = asked.headers.get('location') ?? '';
    expect(await textOf(undo)).toContain('User active again');
    const reject = await admin.open(undo);
    const [, hash = ''] = /name="hash" value="([^"]+)"/.exec(reject.text) ?? [];
    await admin.post(`${undo}/reject`, { csrf: csrfIn(reject), hash, reason: 'p22 has left indeed' });
    expect(await textOf(undo)).toContain('Nobody would have stopped belonging to anything.');
  });

  it('calls people by the name that the file gives in parts', async () => {
    expect(await textOf('/users?q=p12')).toContain('Ann12 Berg');
    expect(await textOf('/settings')).toContain('not set');
  });

  it('breaks long names between their parts alone', async () => {
    expect((await admin.open('/groups?q=dept')).text).toContain('>dept.<wbr/>Chemistry</a>');
  });
});

describe('a way that a page shows', () => {
  let target: string;
  beforeAll(async () => {
    await openEpoch(site.database, site.address);
    const by = attribution('console');
    const settings = { url: 'https://hooks.example.org/hook' };
    const description = { name: 'Wiki', type: 'webhook', mode: 'enforce', settings };
    const made = await addTarget(site.parts.targets, { ...description, scope: { groups: [group.id] } }, by);
    target = made.target.id;
    await holdPush();
    const nested = await site.group('Chemists abroad', leader);
    const asking = await site.user('asking');
    await site.do(async (work) => {
      await editMembers(work, { group: group.id, steps: [{ do: 'add', members: [nested.id] }] });
      const flags = { internal: false, hidden: false, public: true };
      await changeGroup(work, { group: group.id, ifMatch: null, edit: (state) => ({ ...state, ...flags }) });
    });
    const wish = { group: group.id, user: asking.id, reason: null };
    await site.as('self-service', (work) => joinGroup(work, wish));
  });

  const holdPush = () =>
    site.do(({ tx, sourceN }) =>
      insertPlan(tx, {
        ...{ kind: 'push', state: 'held', subject: `target:${target}`, title: 'Push to Wiki', hash: '' },
        ...{ by: attribution('console'), sourceN, targetN: 1 },
        ...{ request: {}, counts: {}, people: 1, guards: [] },
      }),
    );

  /** Ways of the page's own part, one of each kind. */
  function waysOn(text: string): string[] {
    const main = text.slice(text.indexOf('<main'), text.indexOf('</main>'));
    const kinds = new Map(
      ways(main, '/').map((href) => [href.replace(/\?.*/, '').replace(/[0-9a-f-]{36}|\d+/g, 'N'), href]),
    );
    return [...kinds.values()];
  }

  const holders = ['users.manage', 'sources.manage', 'targets.manage', 'plans.approve'] as const;
  it.each([...holders, 'leader', 'delegate'] as const)('is open to whom it is shown: %s', async (who) => {
    const user = who === 'leader' ? leader : who === 'delegate' ? await delegateOf() : await holderOf(who);
    const [browser, person] = [await browserOf(user), await findPerson(site.database, user.id)];
    if (person === null) throw new Error('Nobody is there.');
    /** Whom the pages of a group are for depends on the group. */
    const isOpen = async (href: string): Promise<boolean> => {
      const screen = screens.find(({ method, path }) => method === 'GET' && isOf(path, href));
      if (screen === undefined) return false;
      if (screen.who !== undefined || !href.startsWith('/groups/')) return screen.who?.(person) ?? true;
      return (await browser.open(href)).status === 200;
    };
    const [wiki, of] = [`/targets/${target}`, `/groups/${group.id}`];
    const looked = ['/overview', '/targets', wiki, '/groups', `/imports/${run}`, `/plans/${plan}`];
    const inGroup = ['', '/members', '/targets', '/history', `/why?user=${leader.id}`];
    const found = new Map<string, string>();
    for (const path of [...looked, ...inGroup.map((tab) => `${of}${tab}`)]) {
      const { status, text } = await browser.open(path);
      if (status !== 200) continue;
      for (const href of waysOn(text.replaceAll('&amp;', '&'))) found.set(href, path);
    }
    const closed: unknown[] = [];
    for (const way of found) if (!(await isOpen(way[0]))) closed.push(way);
    expect(closed).toEqual([]);
    expect(found.size).toBeGreaterThan(5);
  });

  it('is told once of a push that is held anew with each change, and of one that was read besides', async () => {
    const told = async (): Promise<number> =>
      (await textOf('/inbox?which=all')).split('A guard held Push to Wiki.').length - 1;
    const before = await told();
    await holdPush();
    expect(await told()).toBe(before);
    await admin.post('/inbox/read', { csrf: csrfIn(await admin.open('/inbox')) });
    await holdPush();
    expect(await told()).toBeGreaterThan(before);
  });

  it('does not lead who asked for something that is held to a plan that others decide', async () => {
    const members = [];
    for (let at = 10; at < 22; at += 1) members.push(await site.user(`singer ${at}`));
    const choir = await site.group('Choir', ...members);
    await site.database.rows({ text: 'update groups set internal = false where n = $1' }, [choir.n]);
    const browser = await browserOf(await holderOf('groups.manage'));
    const csrf = csrfIn(await browser.open(`/groups/${choir.id}/delete`));
    expect((await browser.post(`/groups/${choir.id}/delete`, { csrf })).status).toBe(303);
    const text = await textOf(`/groups/${choir.id}`, browser);
    expect(text).toContain('It waits for approval.');
    expect(ways(text, '/plans')).toEqual([]);

    // Whom a group had that is deleted is in no log: the operation opens nevertheless.
    const [deletion = ''] = ways(await textOf('/plans'), '/plans/');
    await approve(deletion, 'Nobody sings');
    const [whole = ''] = ways(await textOf(deletion), `${deletion}/operations/`);
    expect(await textOf(whole)).toContain('singer 21');
    const told = (await textOf('/activity?type=group.deleted')).split('<li>');
    const [entry = ''] = told.filter((part) => part.includes('Choir'));
    expect(entry).toContain('Nobody sings');
    expect(ways(entry, `/groups/${choir.id}`)).toEqual([]);
  });
});

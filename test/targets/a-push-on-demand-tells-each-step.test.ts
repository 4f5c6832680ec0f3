import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { editMembers } from '../../src/directory/memberships.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { askForPush, type PushView, showPush } from '../../src/targets/admin/pushing.ts';
import { showSent } from '../../src/targets/admin/sent.ts';
import { changeTarget, pauseTarget, resumeTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

describe('O-11: a push on demand', () => {
  let on: TestTargets;
  let server: QuirkServer;
  let group: GroupRow;
  const users: UserRow[] = [];
  const by = attribution('console');
  const writes = (): number => server.seen.filter(({ method }) => method !== 'GET').length;

  const push = async (wish: { user?: string; full?: boolean; dryRun?: boolean }): Promise<PushView> => {
    const asked = await askForPush(on.targets, 'wiki', {
      ...{ user: wish.user ?? null, full: wish.full ?? false, dryRun: wish.dryRun ?? false, by: 'ann' },
    });
    return eventually(async () => {
      const done = await showPush(on.targets, asked.id);
      expect(done?.state).toBe('done');
      return done ?? asked;
    });
  };
  const told = ({ steps }: PushView): readonly string[] =>
    steps.map(({ operation, what, outcome }) => `${operation} ${what} ${outcome}`);
  const edit = (add: readonly UserRow[], remove: readonly UserRow[]): Promise<unknown> =>
    on.do((work) =>
      editMembers(work, {
        group: group.id,
        steps: [
          { do: 'add', members: add.map(({ id }) => id) },
          { do: 'remove', members: remove.map(({ id }) => id) },
        ],
      }),
    );

  beforeAll(async () => {
    [on, server] = await Promise.all([openTestTargets(), startQuirkServer()]);
    for (const name of ['ann', 'ben', 'cyd', 'dan']) users.push(await on.user(name));
    group = await on.group('staff', ...users.slice(0, 3));
    await on.add({
      ...{ name: 'wiki', type: 'scim', mode: 'observe', scope: { groups: [group.id] } },
      settings: { url: server.url, allowPrivate: true },
    });
  });
  afterAll(async () => {
    await on.close();
    await server.close();
    expect(on.faults).toEqual([]);
  });

  it('that is tried dry names every account, group and member in their order, and sends nothing (O-01)', async () => {
    const tried = await push({ dryRun: true });
    expect(told(tried)).toEqual([
      'create ann would be sent',
      'create ben would be sent',
      'create cyd would be sent',
      'create staff would be sent',
      'add-members staff: ann, ben, cyd would be sent once their accounts are there',
      'plan usersCreated 3',
      'plan groupsCreated 1',
    ]);
    expect(writes()).toBe(0);
  });

  it('says that nothing is sent to a target that observes', async () => {
    expect(told(await push({}))).toEqual(['mode observe nothing is sent in this mode']);
    expect(writes()).toBe(0);
  });

  it('names who would be added and who would be taken out', async () => {
    await resumeTarget(on.targets, 'wiki', by);
    await eventually(() => expect(server.held().groups.staff).toEqual(['ann', 'ben', 'cyd']));
    await changeTarget(on.targets, 'wiki', { change: { mode: 'observe', scope: { allUsers: true } }, by });
    // Until its driver goes by the new scope, who leaves the group would leave the target too, and come back.
    await eventually(async () => {
      expect(told(await push({ dryRun: true }))).toContain('create dan would be sent');
    });
    const before = writes();
    const [ann, , , dan] = users;
    if (ann === undefined || dan === undefined) throw new Error('users');
    await edit([dan], [ann]);
    expect(told(await push({ dryRun: true }))).toEqual([
      'create dan would be sent',
      'remove-members staff: ann would be sent',
      'add-members staff: dan would be sent once their accounts are there',
      'plan usersCreated 1',
      'plan membersRemoved 1',
    ]);
    expect(writes()).toBe(before);
  });

  it('of one user looks at that one at the target, prints each request, and leaves the others', async () => {
    await resumeTarget(on.targets, 'wiki', by);
    await eventually(() => expect(server.held().groups.staff).toEqual(['ben', 'cyd', 'dan'].sort()));
    server.tamper(({ users: accounts }) => {
      for (const account of accounts.values()) account.document.active = false;
    });
    const steps = told(await push({ user: 'ben' }));
    expect(steps.filter((step) => step.startsWith('GET '))).toHaveLength(1);
    expect(steps.filter((step) => step.startsWith('PATCH '))).toHaveLength(1);
    expect(steps.some((step) => /^re-enable ben applied$/.test(step))).toBe(true);
    expect(server.held().users).toEqual({ ann: false, ben: true, cyd: false, dan: false });
  });

  it('of everything looks at every object there', async () => {
    await push({ full: true });
    expect(server.held().users).toEqual({ ann: true, ben: true, cyd: true, dan: true });
  });

  it('that a guard holds says which plan, and sends nothing', async () => {
    await changeTarget(on.targets, 'wiki', { change: { guards: { percent: 0, atLeast: 0 } }, by });
    const before = writes();
    await edit([], users.slice(1, 3));
    const steps = told(await push({}));
    expect(steps).toEqual([
      expect.stringMatching(/^guard plan [0-9a-f-]{36} held: 2 member removals of 3 owned/),
    ]);
    expect(writes()).toBe(before);
  });

  it('is found afterwards in what was sent, newest first, with the names of members', async () => {
    const sent = await showSent(on.targets, 'wiki', { after: 0, limit: 100, since: new Date(0) });
    const line = ({ operation, object, members, outcome }: (typeof sent.items)[number]): string =>
      [operation, object.name, members?.names.join(' '), outcome]
        .filter((word) => word !== undefined)
        .join(' ');
    const lines = sent.items.map(line);
    expect(lines.at(-1)).toMatch(/^create (ann|ben|cyd) applied$/);
    expect(lines).toContain('add-members staff ann ben cyd applied');
    expect(lines).toContain('remove-members staff ann applied');
    expect(lines.indexOf('remove-members staff ann applied')).toBeLessThan(
      lines.indexOf('add-members staff ann ben cyd applied'),
    );
    const first = await showSent(on.targets, 'wiki', { after: 0, limit: 2, since: new Date(0) });
    const rest = await showSent(on.targets, 'wiki', {
      after: first.next ?? 0,
      limit: 100,
      since: new Date(0),
    });
    expect([...first.items, ...rest.items]).toEqual(sent.items);
  });

  it('is refused for a target that is off, for a part of what a webhook is sent, and of nobody', async () => {
    await on.add({ name: 'hook', type: 'webhook', settings: { url: 'https://hook.example.org' } });
    const wish = { user: null, full: false, dryRun: false, by: 'ann' };
    for (const part of [{ user: 'ann' }, { full: true }]) {
      const asked = askForPush(on.targets, 'hook', { ...wish, ...part });
      await expect(asked).rejects.toMatchObject({ code: 'target.invalid' });
    }
    await expect(
      showSent(on.targets, 'hook', { after: 0, limit: 1, since: new Date(0) }),
    ).rejects.toMatchObject({
      code: 'target.invalid',
    });
    const nobody = askForPush(on.targets, 'wiki', { ...wish, user: 'nobody' });
    await expect(nobody).rejects.toMatchObject({ code: 'user.not_found' });
    await pauseTarget(on.targets, 'wiki', by);
    await expect(askForPush(on.targets, 'wiki', wish)).rejects.toMatchObject({ code: 'target.invalid' });
  });
});

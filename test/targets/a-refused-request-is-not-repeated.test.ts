import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { changeGroup } from '../../src/directory/groups.ts';
import { addMember, removeMember } from '../../src/directory/memberships.ts';
import { ensureRoles, setGroupRoles } from '../../src/directory/roles.ts';
import { changeUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { askForLook } from '../../src/store/targets/drift.ts';
import { listTargets } from '../../src/store/targets/targets.ts';
import { showObjects } from '../../src/targets/admin/ledger.ts';
import { askForPush, showPush } from '../../src/targets/admin/pushing.ts';
import { changeTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import { servePushes } from '../../src/targets/engine/push-order.ts';
import { Recorder } from '../../src/targets/engine/recorder.ts';
import { attribution } from '../support/directory.ts';
import { driveTarget, type DrivenTarget } from '../support/driven-target.ts';
import {
  type QuirkServer,
  type Quirks,
  type SeenRequest,
  startQuirkServer,
} from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(60_000);

describe('O-06: what a target refuses', () => {
  let on: TestTargets;
  let users: UserRow[];
  let group: GroupRow;
  let other: GroupRow;
  const open: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    on = await openTestTargets({ drives: false });
    users = [await on.user('ann'), await on.user('bob'), await on.user('cay')];
    group = await on.group('Staff', ...users);
    other = await on.group('Other');
  });
  afterAll(async () => {
    for (const one of open) await one.close();
    await on.close();
    expect(on.faults).toEqual([]);
  });

  let made = 0;
  const begin = async (
    quirks: Partial<Quirks>,
    driving: Parameters<typeof driveTarget>[2] = {},
    { groups = [group, other], settings = {} }: Scope = {},
  ): Promise<Begun> => {
    const server = await startQuirkServer(quirks);
    made += 1;
    const name = `wiki-${made}`;
    await on.add({
      ...{ name, type: 'scim', mode: 'enforce', scope: { groups: groups.map(({ id }) => id) } },
      settings: { url: server.url, allowPrivate: true, ...settings },
    });
    const target = await driveTarget(on, name, driving);
    open.push(target, server);
    return { name, server, target };
  };
  const sentBy = async ({ server, target }: Begun): Promise<SeenRequest[]> => {
    const before = server.seen.length;
    await target.rest();
    return server.seen.slice(before);
  };
  /** What the ledger says of the members of a group at a target. */
  const membersOf = async (name: string, { id }: GroupRow): Promise<unknown> => {
    const query = { state: null, type: null, id, after: 0, limit: 10 } as const;
    return (await showObjects(on.targets, name, query)).items[0]?.members;
  };

  it.each([400, 403, 404, 409, 501])(
    'stays refused, and is shown so: members answered by %i',
    async (status) => {
      const begun = await begin({
        trick: (request) => (isOfMembers(request) ? { kind: 'answer', status } : null),
      });
      const { name, server, target } = begun;
      await target.rest();
      expect(server.seen.filter(isOfMembers).length).toBeLessThanOrEqual(2 * users.length);
      expect(await showTarget(on.targets, name)).toMatchObject({
        ...{ blocked: users.length, waiting: 0, pending: { membersAdded: 0, usersUpdated: 0 } },
      });
      expect(await membersOf(name, group)).toMatchObject({
        ...{ state: 'settled', applied: 0, toAdd: 0, blocked: users.length },
        why: expect.stringContaining(String(status)),
        lastAttempt: { exchange: { method: 'PATCH', status } },
      });
      // Every comparison of everything, and every look at the target, leaves it at that.
      await target.pass(3_600_000);
      expect(await sentBy(begun)).toEqual([]);
    },
  );

  it.each([412, 503])(
    'waits with its members when smaller parts of them are answered by %i',
    async (status) => {
      const begun = await begin(
        {
          trick: (request) => {
            if (!isOfMembers(request)) return null;
            const isWhole = [...request.body.matchAll(/"value":"/g)].length === users.length;
            return { kind: 'answer', status: isWhole ? 400 : status };
          },
        },
        { circuit: 'never opens' },
      );
      const counts: number[] = [];
      for (let second = 0; second < 8; second += 1) {
        counts.push((await sentBy(begun)).filter(isOfMembers).length);
        await begun.target.pass(1_000);
      }
      // The whole and its half, and at most one half more as soon as it was looked into.
      expect(counts[0]).toBeLessThanOrEqual(3);
      expect(counts.slice(4).filter((count) => count > 0).length).toBeLessThanOrEqual(2);
      expect(await showTarget(on.targets, begun.name)).toMatchObject({
        pending: { membersAdded: users.length },
      });
    },
  );

  it('is sent again when the user changes, when the membership does, and when a person asks for it', async () => {
    let refuses = true;
    const begun = await begin({
      trick: (request) => (refuses && isOfMembers(request) ? { kind: 'answer', status: 403 } : null),
    });
    const { name, server, target } = begun;
    await target.rest();
    refuses = false;
    expect(await sentBy(begun)).toEqual([]);
    const [ann, bob] = users;
    await on.do((work) =>
      changeUser(work, {
        ...{ user: ann?.id ?? ('' as never), ifMatch: null },
        edit: (state) => ({ ...state, document: { ...state.document, title: 'Dean' } }),
      }),
    );
    await target.rest();
    expect(server.held().groups.Staff).toEqual(['ann']);
    for (const verb of [removeMember, addMember]) {
      await on.do((work) => verb(work, { group: group.id, member: bob?.id ?? group.id }));
      await target.rest();
    }
    expect(server.held().groups.Staff).toEqual(['ann', 'bob']);
    expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 1 });
    target.driver.askForSweep();
    await target.rest();
    expect(server.held().groups.Staff).toEqual(['ann', 'bob', 'cay']);
    expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 0 });
    expect(await membersOf(name, group)).toMatchObject({ blocked: 0, why: null });
  });

  /** Carries out a push as its target's engine does. */
  const push = async ({ name, target }: Begun, user: UserRow | null): Promise<void> => {
    const wish = { user: user?.id ?? null, full: false, dryRun: false, by: 'ann' };
    await askForPush(on.targets, name, wish);
    await servePushes(on.database, target.driver, new Recorder());
  };
  const retitle = ({ id: user }: UserRow, title: string): Promise<unknown> =>
    on.do((work) =>
      changeUser(work, {
        ...{ user, ifMatch: null },
        edit: (state) => ({ ...state, document: { ...state.document, title } }),
      }),
    );

  it.each(['changes', 'is pushed'] as const)(
    'of somebody who keeps access by that is counted, and asked for again when the user %s',
    async (how) => {
      const leaver = await on.user(`leaver who ${how}`);
      const groups = [
        await on.group(`Left by who ${how}`, leaver),
        await on.group(`Kept by who ${how}`, leaver),
      ];
      const begun = await begin({}, {}, { groups });
      const { name, server, target } = begun;
      await target.rest();
      server.quirks.trick = (request) => (isOfMembers(request) ? { kind: 'answer', status: 403 } : null);
      const [left = group] = groups;
      await on.do((work) => removeMember(work, { group: left.id, member: leaver.id }));
      await target.rest();
      expect(await showTarget(on.targets, name)).toMatchObject({
        blocked: 1,
        pending: { membersRemoved: 0 },
      });
      expect(await membersOf(name, left)).toMatchObject({ applied: 1, blocked: 1 });
      server.quirks.trick = () => null;
      expect(await sentBy(begun)).toEqual([]);
      await (how === 'changes' ? retitle(leaver, 'Dean') : push(begun, leaver));
      await target.rest();
      expect(server.held().groups[left.name]).toEqual([]);
      expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 0 });
    },
  );

  it('of one member teaches no other way of taking out everybody (O-04)', async () => {
    const people = [await on.user('guarded'), await on.user('free'), await on.user('staying')];
    const [guarded, free] = people;
    const kept = await on.group('Guarded', ...people);
    const begun = await begin({}, {}, { groups: [kept] });
    const { name, server, target } = begun;
    await target.rest();
    let id = '';
    server.tamper(({ users: accounts }) => {
      for (const account of accounts.values()) if (account.name === 'guarded') ({ id } = account);
    });
    server.quirks.trick = ({ method, body }) =>
      method === 'PUT' || (method === 'PATCH' && body.includes('"remove"') && body.includes(id))
        ? { kind: 'answer', status: 403 }
        : null;
    const leave = (user: UserRow | undefined): Promise<unknown> =>
      on.do((work) => removeMember(work, { group: kept.id, member: user?.id ?? kept.id }));
    await leave(guarded);
    expect((await sentBy(begun)).filter(({ method }) => method === 'PUT')).toHaveLength(1);
    await leave(free);
    expect((await sentBy(begun)).filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(server.held().groups.Guarded).toEqual(['guarded', 'staying']);
    expect((await showTarget(on.targets, name)).learned).not.toHaveProperty('removal');
  });

  it('that passes by itself teaches no number of members smaller than what was taken before (O-04)', async () => {
    const begun = await begin({});
    const { name, server, target } = begun;
    await target.rest();
    expect(server.held().groups[group.name]).toHaveLength(users.length);
    const pair = [await on.user('one of two'), await on.user('two of two')];
    const two = await on.group('Pair', ...pair);
    server.quirks.trick = (request) => {
      const isPair = isOfMembers(request) && [...request.body.matchAll(/"value":"/g)].length === 2;
      return isPair ? { kind: 'answer', status: 400 } : null;
    };
    await on.do((work) => addMember(work, { group: other.id, member: two.id }));
    expect((await sentBy(begun)).filter(isOfMembers)).toHaveLength(3);
    expect(server.held().groups[other.name]).toEqual(['one of two', 'two of two']);
    expect((await showTarget(on.targets, name)).learned).not.toHaveProperty('chunk');
    await on.do((work) => removeMember(work, { group: other.id, member: two.id }));
  });

  it('in several groups at once passes over no way of taking members out (O-04)', async () => {
    const people = [await on.user('leaver of three'), await on.user('stayer in three')];
    const groups = [
      await on.group('One', ...people),
      await on.group('Two', ...people),
      await on.group('Three', ...people),
    ];
    const begun = await begin({ removal: ['value', 'put'] }, {}, { groups });
    await begun.target.rest();
    const [leaver] = people;
    for (const { id } of groups) {
      await on.do((work) => removeMember(work, { group: id, member: leaver?.id ?? id }));
    }
    expect((await sentBy(begun)).filter(({ method }) => method === 'PUT')).toEqual([]);
    expect((await showTarget(on.targets, begun.name)).learned).toMatchObject({ removal: 'value' });
    for (const { name } of groups) expect(begun.server.held().groups[name]).toEqual(['stayer in three']);
  });

  it('of a look holds up nothing: members of a list that cannot be read are sent again (O-04)', async () => {
    const leavers = [await on.user('leaves unseen'), await on.user('leaves later')];
    const kept = await on.group('Unseen', ...leavers);
    const begun = await begin({}, {}, { groups: [kept] });
    const { name, server, target } = begun;
    await target.rest();
    const isLookAtGroup = ({ method, path }: SeenRequest): boolean =>
      method === 'GET' && path.startsWith('/Groups/');
    server.quirks.trick = (request) => {
      if (isLookAtGroup(request)) return { kind: 'answer', status: 403 };
      return isOfMembers(request) ? { kind: 'reset', done: false } : null;
    };
    const [first, second] = leavers;
    await on.do((work) => removeMember(work, { group: kept.id, member: first?.id ?? kept.id }));
    expect((await sentBy(begun)).filter(isOfMembers).length).toBeLessThanOrEqual(2);
    server.quirks.trick = (request) => (isLookAtGroup(request) ? { kind: 'answer', status: 403 } : null);
    await target.pass(3_600_000);
    await target.rest();
    expect(server.held().groups[kept.name]).toEqual(['leaves later']);
    await on.do((work) => removeMember(work, { group: kept.id, member: second?.id ?? kept.id }));
    await target.rest();
    expect(server.held().groups[kept.name]).toEqual([]);
    expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 0, pending: { membersRemoved: 0 } });
  });

  it('of a user is not repeated where users are told their roles, which every comparison looks at (O-10)', async () => {
    const trick = ({ method, path }: SeenRequest) =>
      method === 'POST' && path === '/Users' ? ({ kind: 'answer', status: 400 } as const) : null;
    const begun = await begin({ trick }, {}, { settings: { roles: 'scim' } });
    await begun.target.rest();
    await begun.target.pass(3_600_000);
    expect(await sentBy(begun)).toEqual([]);
  });

  it('of a name that another group bears ends with that, and only then (O-09)', async () => {
    const first = await on.group('Ops Team');
    const second = await on.group('Ops-Team');
    const begun = await begin({}, {}, { groups: [first, second], settings: { profile: 'github-emu' } });
    const { name, server, target } = begun;
    await target.rest();
    expect(Object.keys(server.held().groups)).toEqual(['Ops Team']);
    expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 1 });
    await on.do((work) =>
      changeGroup(work, {
        group: first.id,
        ifMatch: null,
        edit: (state) => ({ ...state, name: 'Operators' }),
      }),
    );
    await target.rest();
    expect(Object.keys(server.held().groups).sort()).toEqual(['Operators', 'Ops-Team']);
    expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 0 });
  });

  it('and what failed waits no longer than until somebody asks for a push (O-11)', async () => {
    const begun = await begin({});
    const { server, target } = begun;
    server.quirks.trick = ({ method, path }) =>
      method === 'POST' && path === '/Users' ? { kind: 'answer', status: 500 } : null;
    for (let hour = 0; hour < 3; hour += 1) {
      await target.rest();
      await target.pass(3_600_000);
    }
    await target.rest();
    server.quirks.trick = () => null;
    expect(server.held().users).toEqual({});
    await push(begun, null);
    expect(server.held().users).toMatchObject({ ann: true, bob: true, cay: true });
  });

  it('of an account that was made anew brings it back into the groups of its roles, too (O-10)', async () => {
    const holder = await on.user('holder');
    const staff = await on.group('Editing', holder);
    await on.do((work) => ensureRoles(work, ['editor']));
    await on.do((work) => setGroupRoles(work, { group: staff.id, roles: ['editor'], at: 'change' }));
    const settings = { roles: 'groupPerRole', roleGroupName: 'r:{name}' };
    const { server, target } = await begin({}, {}, { groups: [staff], settings });
    await target.rest();
    server.tamper(({ users: accounts, groups }) => {
      accounts.clear();
      for (const { members } of groups.values()) members.clear();
    });
    await retitle(holder, 'Editor');
    await target.rest();
    expect(server.held().groups).toEqual({ Editing: ['holder'], 'r:editor': ['holder'] });
  });

  it.each([200, 302, 403, 404])(
    'is not what a service says that is away: all of it answers %i with a page, for more than a day',
    async (status) => {
      const [stayer, mover] = [await on.user(`stays for ${status}`), await on.user(`moves for ${status}`)];
      const leaver = await on.user(`leaves for ${status}`);
      const staff = await on.group(`Staff of ${status}`, stayer, mover, leaver);
      const guests = await on.group(`Guests of ${status}`, mover);
      const begun = await begin({}, {}, { groups: [staff, guests] });
      const { name, server, target } = begun;
      await target.rest();
      server.quirks.trick = () => ({ kind: 'page', status });
      // Looked at there first: were it taken for gone, so were its memberships, and none would be left to take away.
      await retitle(mover, 'Guest');
      await target.rest();
      for (const { id: member } of [mover, leaver]) {
        await on.do((work) => removeMember(work, { group: staff.id, member }));
      }
      const counts: number[] = [];
      for (let hour = 0; hour < 30; hour += 3) {
        counts.push((await sentBy(begun)).length);
        await target.pass(3 * 3_600_000);
      }
      expect(Math.max(...counts.slice(3))).toBe(1);
      expect(target.driver.context.circuit.state).toBe('quarantined');
      server.quirks.trick = () => null;
      await target.rest();
      expect(server.held()).toEqual({
        users: {
          [stayer.user_name ?? '']: true,
          [mover.user_name ?? '']: true,
          [leaver.user_name ?? '']: false,
        },
        groups: { [staff.name]: [stayer.user_name], [guests.name]: [mover.user_name] },
      });
      expect(await showTarget(on.targets, name)).toMatchObject({ blocked: 0, conflicts: 0 });
    },
  );

  it('leaves a push to the next driver where the target was changed meanwhile (O-11)', async () => {
    const { name, target } = await begin({});
    await target.rest();
    const wish = { user: null, full: false, dryRun: false, by: 'ann' };
    const { id } = await askForPush(on.targets, name, wish);
    const change = { guards: { percent: 50, atLeast: 50 } };
    await changeTarget(on.targets, name, { change, by: attribution('console') });
    await servePushes(on.database, target.driver, new Recorder());
    expect(target.driver.context.isOver()).toBe(true);
    expect(await showPush(on.targets, id)).toMatchObject({ state: 'running', steps: [] });
  });

  it.each(['lost', 'inactive'] as const)('is healed at once where the account was %s there', async (how) => {
    const begun = await begin({});
    const { server, target } = begun;
    await target.rest();
    const [ann] = users;
    server.tamper(({ users: accounts, groups }) => {
      const account = [...accounts.values()].find(({ name }) => name === 'ann');
      if (account === undefined) throw new Error('ann has no account.');
      if (how === 'inactive') account.document.active = false;
      else for (const { members } of groups.values()) members.delete(account.id);
      if (how === 'lost') accounts.delete(account.id);
    });
    server.quirks.trick = ({ method, path, body }) => {
      const isRefused = method === 'PATCH' && path.startsWith('/Groups') && server.held().users.ann !== true;
      return isRefused && body.includes('"add"') ? { kind: 'answer', status: 400 } : null;
    };
    await on.do((work) => addMember(work, { group: other.id, member: ann?.id ?? group.id }));
    await target.rest();
    expect(server.held()).toMatchObject({
      users: { ann: true, bob: true, cay: true },
      groups: { Other: ['ann'], Staff: ['ann', 'bob', 'cay'] },
    });
    await on.do((work) => removeMember(work, { group: other.id, member: ann?.id ?? group.id }));
  });

  it.each([
    ['loses every account that it confirms', 404, null],
    ['has every account inactive', 200, { active: false }],
  ] as const)('waits longer each time where the target %s', async (_what, status, shown) => {
    const begun = await begin({ shows: shown ?? {} });
    const { server, target } = begun;
    server.quirks.trick = (request) => {
      if (isOfMembers(request)) return { kind: 'answer', status: 400 };
      const isLook = request.method === 'GET' && /^\/Users\/[^?]/.test(request.path);
      return isLook && status === 404 ? { kind: 'answer', status } : null;
    };
    const counts: number[] = [];
    for (let hour = 0; hour < 4; hour += 1) {
      const sent = await sentBy(begun);
      counts.push(sent.filter((request) => !isProbe(request)).length);
      await target.pass(3_600_000);
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(40);
    const [row] = await on.database.rows<{ failures: number }>(
      {
        text: `select min(o.failures) as failures from target_object o join target t on t.n = o.target_n
             where o.kind = 'u' and t.name = $1`,
      },
      [begun.name],
    );
    expect(row?.failures).toBeGreaterThan(2);
  });

  it.each([
    ['a list of accounts', 409, isList],
    ['a list of accounts', 500, isList],
    ['an account that no list showed', 409, isLook],
    ['an account that no list showed', 412, isLook],
    ['an account that no list showed', 503, isLook],
  ] as const)(
    'waits longer each time in a full look: %s answered by %i (O-08)',
    async (_what, status, isHit) => {
      const begun = await begin({}, { circuit: 'never opens' });
      const { name, server, target } = begun;
      await target.rest();
      const [row] = await listTargets(on.database).then((rows) => rows.filter((each) => each.name === name));
      await askForLook(on.database, row?.n ?? 0);
      server.quirks.trick = (request) => {
        if (isHit(request)) return { kind: 'answer', status };
        // A list shows nobody; it is answered well, and forgotten.
        return isList(request) ? { kind: 'lie' } : null;
      };
      const counts: number[] = [];
      for (let second = 0; second < 16; second += 1) {
        await target.pass(1_000);
        counts.push((await sentBy(begun)).length);
      }
      expect(Math.max(...counts)).toBeLessThanOrEqual(12);
      expect(counts.slice(8).filter((count) => count > 0).length).toBeLessThanOrEqual(2);
    },
  );
});

function isList({ method, path }: SeenRequest): boolean {
  return method === 'GET' && path.includes('startIndex');
}

/** A look whether the service is there, which comes with an answer that says that it may not be. */
function isProbe({ method, path }: SeenRequest): boolean {
  return method === 'GET' && path.endsWith('count=1');
}

function isLook({ method, path }: SeenRequest): boolean {
  return method === 'GET' && path.startsWith('/Users/');
}

interface Scope {
  readonly groups?: readonly GroupRow[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

interface Begun {
  readonly name: string;
  readonly server: QuirkServer;
  readonly target: DrivenTarget;
}

function isOfMembers({ method, path, body }: SeenRequest): boolean {
  return method !== 'GET' && path.startsWith('/Groups/') && body.includes('"members');
}

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { addMember, editMembers, removeMember } from '../../src/directory/memberships.ts';
import { createUser } from '../../src/directory/users.ts';
import type { GroupRow } from '../../src/store/groups.ts';
import type { UserRow } from '../../src/store/users.ts';
import { deleteGroup } from '../../src/directory/groups.ts';
import { approvePlan, rejectPlan, requirePlan } from '../../src/plans/decisions.ts';
import { pushPlans } from '../../src/targets/admin/pushing.ts';
import { planPushUndo, planUndoSince } from '../../src/targets/admin/undoing.ts';
import { showObjects } from '../../src/targets/admin/ledger.ts';
import { changeTarget, resumeTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, type Quirks, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(120_000);

const operator = { ...attribution('console'), actor: { kind: 'operator', id: 'ann' } } as const;

describe('a target with quirks', () => {
  let on: TestTargets;
  const servers: QuirkServer[] = [];
  beforeAll(async () => {
    on = await openTestTargets();
  });
  afterAll(async () => {
    await on.close();
    await Promise.all(servers.map((server) => server.close()));
    expect(on.faults).toEqual([]);
  });

  let made = 0;
  const people = (count: number): Promise<UserRow[]> =>
    on.do(async (work) => {
      const rows = [];
      made += 1;
      for (let i = 0; i < count; i += 1) {
        const userName = `p${made}-${String(i).padStart(3, '0')}`;
        const document = { emails: [{ value: `${userName}@example.org`, primary: true }] };
        rows.push(await createUser(work, { userName, active: true, externalId: null, document }));
      }
      return rows;
    });
  const names = (users: readonly UserRow[]): string[] =>
    users.map(({ user_name: name }) => name ?? '').sort();

  /** A target with one group of so many members, once it holds them all. */
  const begin = async (
    name: string,
    {
      count,
      quirks = {},
      target = {},
      settings = {},
    }: { count: number; quirks?: Partial<Quirks>; target?: object; settings?: object },
  ): Promise<{ server: QuirkServer; group: GroupRow; users: UserRow[] }> => {
    const server = await startQuirkServer(quirks);
    servers.push(server);
    const users = await people(count);
    const group = await on.group(name, ...users);
    await on.add({
      name,
      type: 'scim',
      mode: 'enforce',
      scope: { groups: [group.id] },
      settings: { url: server.url, allowPrivate: true, timeoutSeconds: 1, ...settings },
      ...target,
    });
    return { server, group, users };
  };
  const holds = (server: QuirkServer, group: string, users: readonly UserRow[]): Promise<void> =>
    eventually(() => expect(server.held().groups[group]).toEqual(names(users)), 60_000);

  it.each([400, 413] as const)(
    'has its cap of members found behind a %i, and remembered (O-04)',
    async (status) => {
      const name = `capped-${status}`;
      const { server, users, group } = await begin(name, {
        count: 130,
        quirks: { membersCap: { count: 30, status } },
      });
      await holds(server, name, users);
      await eventually(async () => {
        const { learned } = await showTarget(on.targets, name);
        expect(learned).toMatchObject({ chunk: 25, evidence: { chunk: { code: status } } });
      });
      const refusals = server.seen.length;
      const more = await people(25);
      const add = { group: group.id, steps: [{ do: 'add' as const, members: more.map(({ id }) => id) }] };
      await on.do((work) => editMembers(work, add));
      await holds(server, name, [...users, ...more]);
      const sizes = server.seen
        .slice(refusals)
        .filter(({ method, path }) => method === 'PATCH' && path.startsWith('/Groups'))
        .map(
          ({ body }) =>
            (JSON.parse(body) as { Operations: { value: unknown[] }[] }).Operations[0]?.value.length ?? 0,
        );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(25);
    },
  );

  it('has the one member that it refuses left out, and all others in', async () => {
    const { server, users } = await begin('picky', { count: 40 });
    await holds(server, 'picky', users);
    const [bad] = users;
    const group = await on.group('picky-two', ...users);
    server.quirks.trick = ({ method, path, body }) => {
      const badId = idOf(server, bad);
      const isAbout = method === 'PATCH' && path.startsWith('/Groups') && body.includes(badId);
      return isAbout ? { kind: 'answer', status: 400 } : null;
    };
    await scopeTo('picky', [group.id]);
    await eventually(async () => {
      const status = await showTarget(on.targets, 'picky');
      expect(server.held().groups['picky-two']).toEqual(names(users.slice(1)));
      expect(status.blocked).toBe(1);
      expect(status.learned).not.toMatchObject({ evidence: { chunk: expect.anything() } });
    });
    // Whatever else happens to the list, why somebody is missing from it stays to be read.
    await on.do((work) => removeMember(work, { group: group.id, member: users[1]?.id ?? group.id }));
    await eventually(async () => {
      expect(server.held().groups['picky-two']).toEqual(names(users.slice(2)));
      const query = { state: null, type: null, id: group.id, after: 0, limit: 10 } as const;
      const { items } = await showObjects(on.targets, 'picky', query);
      expect(items[0]?.members).toMatchObject({
        ...{ state: 'settled', blocked: 1, toRemove: 0 },
        why: expect.stringContaining('400'),
      });
    });
    // A person lets it go on, as by `muster target resume`.
    server.quirks.trick = () => null;
    await resumeTarget(on.targets, 'picky', attribution('console'));
    await eventually(async () => {
      expect(server.held().groups['picky-two']).toEqual(names([...users.slice(0, 1), ...users.slice(2)]));
      expect(await showTarget(on.targets, 'picky')).toMatchObject({ blocked: 0 });
    });
  });

  it.each(['value', 'put'] as const)(
    'has its way of taking members out found: %s (O-04)',
    async (removal) => {
      const name = `removes-by-${removal}`;
      const { server, users, group } = await begin(name, { count: 5, quirks: { removal: [removal] } });
      await holds(server, name, users);
      const [leaver, ...others] = users;
      await on.do((work) => removeMember(work, { group: group.id, member: leaver?.id ?? group.id }));
      await holds(server, name, others);
      // It is remembered once it was taken.
      await eventually(async () => {
        expect((await showTarget(on.targets, name)).learned).toMatchObject({ removal });
      });
    },
  );

  it('has members taken out that it never lists (O-08)', async () => {
    const { server, users, group } = await begin('unreadable', {
      count: 6,
      quirks: { hidesMembers: true },
    });
    await holds(server, 'unreadable', users);
    const [leaver, ...others] = users;
    await on.do((work) => removeMember(work, { group: group.id, member: leaver?.id ?? group.id }));
    await holds(server, 'unreadable', others);
  });

  it('gets nothing of a push over the guard, and after approval exactly that (O-07)', async () => {
    const guards = { percent: 20, atLeast: 3 };
    const { server, users, group } = await begin('guarded', { count: 10, target: { guards } });
    await holds(server, 'guarded', users);
    await eventually(async () => expect((await showTarget(on.targets, 'guarded')).holds.members).toBe(10));
    const before = server.seen.length;
    const leavers = users.slice(0, 6).map(({ id }) => id);
    await on.do((work) =>
      editMembers(work, { group: group.id, steps: [{ do: 'remove', members: leavers }] }),
    );
    const hold = await eventually(async () => {
      const status = await showTarget(on.targets, 'guarded');
      expect(status.hold?.counts).toMatchObject({ membersRemoved: 6, usersDeactivated: 6 });
      return status.hold;
    });
    expect(server.seen.length).toBe(before);
    const decision = { plan: hold?.id ?? '', reason: 'term end', by: operator };
    const parts = { ...on.directory, kinds: {} };
    await expect(approvePlan(parts, { ...decision, hash: 'sha256:old' })).rejects.toThrow('look at it again');
    await approvePlan(parts, { ...decision, hash: hold?.hash ?? '' });
    await holds(server, 'guarded', users.slice(6));
    await eventually(() =>
      expect(Object.values(server.held().users).filter((active) => !active)).toHaveLength(6),
    );
  });

  it('gets back what an approved push took, when that is undone, until the directory asks again (O-07)', async () => {
    const guards = { percent: 20, atLeast: 3 };
    const { server, users, group } = await begin('undone', { count: 10, target: { guards } });
    await holds(server, 'undone', users);
    await eventually(async () => expect((await showTarget(on.targets, 'undone')).holds.members).toBe(10));
    const [leavers, stayers] = [users.slice(0, 6), users.slice(6)];
    const edit = (action: 'add' | 'remove', some: readonly UserRow[]) =>
      on.do((work) =>
        editMembers(work, { group: group.id, steps: [{ do: action, members: some.map(({ id }) => id) }] }),
      );
    const inactive = (): string[] =>
      Object.entries(server.held().users).flatMap(([name, active]) => (active ? [] : [name]));
    const parts = { ...on.directory, kinds: pushPlans(on.targets) };
    const approve = (plan: { id: string; hash: string }) =>
      approvePlan(parts, { plan: plan.id, hash: plan.hash, reason: 'asked for', by: operator });
    const applied = (plan: string) =>
      eventually(async () => {
        const row = await requirePlan(on.database, plan);
        expect(row.state).toBe('applied');
        return row;
      });
    const accounts = (): string[] => {
      let ids: string[] = [];
      server.tamper(({ users: held }) => (ids = [...held.keys()].sort()));
      return ids;
    };
    const before = accounts();

    await edit('remove', leavers);
    const hold = await eventually(async () => {
      const status = await showTarget(on.targets, 'undone');
      expect(status.hold?.counts).toMatchObject({ membersRemoved: 6, usersDeactivated: 6 });
      return status.hold;
    });
    await expect(
      planPushUndo(on.targets, await requirePlan(on.database, hold?.id ?? ''), operator),
    ).rejects.toThrow('it is held and has done nothing');
    await approve({ id: hold?.id ?? '', hash: hold?.hash ?? '' });
    await eventually(() => expect(inactive()).toEqual(names(leavers)));
    const push = await applied(hold?.id ?? '');

    const undo = await planPushUndo(on.targets, push, operator);
    expect(undo).toMatchObject({ state: 'held', kind: 'push-undo', undoes: push.id });
    expect(undo.counts).toEqual({ membersAdded: 6, usersReactivated: 6 });
    await approve(undo);
    await holds(server, 'undone', users);
    await eventually(() => expect(inactive()).toEqual([]));
    expect(accounts()).toEqual(before);
    expect((await showTarget(on.targets, 'undone')).kept).toBe(12);

    // Whom the directory asks for itself it may also take away again; the others stay.
    const [first] = leavers;
    await edit('add', leavers.slice(0, 1));
    await eventually(async () => expect((await showTarget(on.targets, 'undone')).kept).toBe(10));
    await edit('remove', leavers.slice(0, 1));
    await holds(server, 'undone', [...leavers.slice(1), ...stayers]);
    await eventually(() => expect(inactive()).toEqual([first?.user_name]));

    // Undone in its turn, it lets go of what it kept: a push that takes so much asks again.
    const letGo = await planPushUndo(on.targets, await applied(undo.id), operator);
    await approve(letGo);
    const again = await eventually(async () => {
      const status = await showTarget(on.targets, 'undone');
      expect(status.hold).toMatchObject({
        state: 'held',
        counts: { membersRemoved: 5, usersDeactivated: 5 },
      });
      expect(status.kept).toBe(0);
      return status.hold;
    });
    await approve({ id: again?.id ?? '', hash: again?.hash ?? '' });
    await holds(server, 'undone', stayers);
    await expect(planPushUndo(on.targets, await requirePlan(on.database, undo.id), operator)).rejects.toThrow(
      'nothing of it stands any more',
    );
  });

  it('gets back what went unasked since a moment, a deleted group with its members too (O-07)', async () => {
    const { server, users, group } = await begin('undone-since', { count: 4 });
    const other = await on.group('Undone other', ...users.slice(0, 3));
    await scopeTo('undone-since', [group.id, other.id]);
    await holds(server, 'Undone other', users.slice(0, 3));
    await holds(server, 'undone-since', users);
    const since = new Date();
    const by = operator;
    await expect(planUndoSince(on.targets, 'undone-since', { since, by })).rejects.toThrow(
      'Nothing that was',
    );
    await on.do((work) => deleteGroup(work, { group: other.id, ifMatch: null }));
    await on.do((work) => removeMember(work, { group: group.id, member: users[3]?.id ?? group.id }));
    await holds(server, 'undone-since', users.slice(0, 3));
    await eventually(() => {
      expect(Object.keys(server.held().groups)).toEqual(['undone-since']);
      expect(Object.values(server.held().users).filter((active) => !active)).toHaveLength(1);
    });
    const undo = await eventually(async () => {
      const plan = await planUndoSince(on.targets, 'undone-since', { since, by });
      expect(plan.counts).toEqual({ groupsCreated: 1, membersAdded: 4, usersReactivated: 1 });
      return plan;
    });
    const parts = { ...on.directory, kinds: pushPlans(on.targets) };
    await approvePlan(parts, { plan: undo.id, hash: undo.hash, reason: 'too early', by });
    await holds(server, 'Undone other', users.slice(0, 3));
    await holds(server, 'undone-since', users);
  });

  it('deletes who left once the grace time is over, ours alone, and makes anew who comes after it (O-05)', async () => {
    const { server, users, group } = await begin('graceful', { count: 2, settings: { deleteAfterDays: 2 } });
    const adopted = await on.user('graceful-adopted');
    await holds(server, 'graceful', users);
    server.tamper(({ users: accounts }) => {
      const document = { userName: 'graceful-adopted', active: true };
      const members = new Set<string>();
      accounts.set('theirs', { id: 'theirs', name: 'graceful-adopted', externalId: null, document, members });
    });
    await on.do((work) => addMember(work, { group: group.id, member: adopted.id }));
    await holds(server, 'graceful', [...users, adopted]);
    const [stayer, leaver] = users;
    const accountOf = (user: UserRow | undefined): string => idOf(server, user);
    const first = accountOf(leaver);
    for (const user of [leaver, adopted]) {
      await on.do((work) => removeMember(work, { group: group.id, member: user?.id ?? group.id }));
    }
    const states = { [stayer?.user_name ?? '']: true, [leaver?.user_name ?? '']: false };
    await eventually(() => expect(server.held().users).toEqual({ ...states, 'graceful-adopted': false }));
    const passDays = async (days: number): Promise<void> => {
      await on.database.rows({
        text: `update target_object set left_at = left_at - interval '${days} days' where left_at is not null`,
      });
      // A change of anything has the target compared whole, as every quarter of an hour.
      const change = { guards: { percent: 20 + days } };
      await changeTarget(on.targets, 'graceful', { change, by: attribution('console') });
    };
    await passDays(1);
    await on.do((work) => addMember(work, { group: group.id, member: leaver?.id ?? group.id }));
    await holds(server, 'graceful', users);
    expect(accountOf(leaver)).toBe(first);
    await on.do((work) => removeMember(work, { group: group.id, member: leaver?.id ?? group.id }));
    await eventually(() => expect(server.held().users).toEqual({ ...states, 'graceful-adopted': false }));
    await passDays(2);
    await eventually(() =>
      expect(server.held().users).toEqual({ [stayer?.user_name ?? '']: true, 'graceful-adopted': false }),
    );
    await on.do((work) => addMember(work, { group: group.id, member: leaver?.id ?? group.id }));
    await holds(server, 'graceful', users);
    expect(accountOf(leaver)).not.toBe(first);
  });

  it('that answers after our patience has every account and member once (O-06)', async () => {
    const count = Number(process.env.MUSTER_TEST_LATE ?? 4);
    let late = 0;
    const { server, users } = await begin('late', {
      count,
      settings: { concurrency: 1 },
      quirks: {
        takesDuplicates: true,
        trick: ({ method }) => {
          if (method === 'GET') return null;
          late += 1;
          return late % 2 === 1 ? { kind: 'delay', ms: 1_200 } : null;
        },
      },
    });
    await holds(server, 'late', users);
    expect(late).toBeGreaterThan(count);
    server.tamper(({ users: accounts }) => expect(accounts.size).toBe(count));
    expect(server.repeatedAdds()).toBe(0);
  });

  it('that says yes and does nothing is caught after the first five, and asked of a person (O-07)', async () => {
    const { server, users } = await begin('lying', {
      count: 40,
      quirks: {
        trick: ({ method, path }) =>
          method === 'GET' && /^\/Users\/[^?]/.test(path) ? { kind: 'answer', status: 404 } : null,
      },
    });
    const hold = await eventually(async () => {
      const status = await showTarget(on.targets, 'lying');
      expect(status.hold?.why[0]).toContain('said that it carried out');
      return status.hold;
    });
    expect(server.seen.filter(({ method }) => method === 'POST')).toHaveLength(5);
    server.quirks.trick = () => null;
    const parts = { ...on.directory, kinds: {} };
    const decision = { plan: hold?.id ?? '', hash: hold?.hash ?? '', reason: 'mended', by: operator };
    await approvePlan(parts, decision);
    await holds(server, 'lying', users);
  });

  it('stays as it is when the push over the guard is rejected, and is not asked about again', async () => {
    const guards = { percent: 20, atLeast: 3 };
    const { server, users, group } = await begin('kept', { count: 10, target: { guards } });
    await holds(server, 'kept', users);
    const leavers = users.slice(0, 6).map(({ id }) => id);
    await on.do((work) =>
      editMembers(work, { group: group.id, steps: [{ do: 'remove', members: leavers }] }),
    );
    const hold = await eventually(async () => {
      const status = await showTarget(on.targets, 'kept');
      expect(status.hold?.counts).toMatchObject({ membersRemoved: 6, usersDeactivated: 6 });
      return status.hold;
    });
    const parts = { ...on.directory, kinds: {} };
    await rejectPlan(parts, { plan: hold?.id ?? '', hash: null, reason: 'a mistake', by: operator });
    await on.do((work) => editMembers(work, { group: group.id, steps: [{ do: 'add', members: leavers }] }));
    await eventually(async () => {
      expect((await showTarget(on.targets, 'kept')).pending).toMatchObject({ membersRemoved: 0 });
      expect(server.held().groups.kept).toEqual(names(users));
    });
    const [row] = await on.database.rows<{ n: number }>({
      text: `select count(*)::int as n from plan p join target t on t.n = p.target_n where t.name = 'kept'`,
    });
    expect(row?.n).toBe(1);
  });

  it('is never emptied because nothing is desired any more (O-07)', async () => {
    const { server, users } = await begin('emptied', { count: 4 });
    await holds(server, 'emptied', users);
    await scopeTo('emptied', []);
    await eventually(async () =>
      expect((await showTarget(on.targets, 'emptied')).hold?.why[0]).toContain('Nothing is desired'),
    );
    expect(server.held().groups.emptied).toEqual(names(users));
  });

  it('never has two groups merged whose names it takes for one (O-09)', async () => {
    const { server, users, group } = await begin('Team A', {
      count: 2,
      settings: { profile: 'github-emu' },
    });
    await holds(server, 'Team A', users);
    const other = await on.group('Team_A', ...(await people(1)));
    const change = { scope: { groups: [group.id, other.id] } };
    await changeTarget(on.targets, 'Team A', { change, by: attribution('console') });
    await eventually(async () => {
      expect((await showTarget(on.targets, 'Team A')).blocked).toBe(1);
      expect(server.held().groups).toEqual({ 'Team A': names(users) });
    });
  });

  it('is observed before anything is repeated when connections are cut after sending', async () => {
    let cut = 0;
    const { server, users } = await begin('cut', {
      count: 30,
      quirks: {
        takesDuplicates: true,
        trick: ({ method, nth }) => {
          if (method === 'GET' || nth % 5 !== 0) return null;
          cut += 1;
          return { kind: 'reset', done: true };
        },
      },
    });
    await holds(server, 'cut', users);
    expect(cut).toBeGreaterThan(0);
    server.tamper(({ users: accounts }) => expect(accounts.size).toBe(30));
    expect(server.repeatedAdds()).toBe(0);
  });

  function idOf(server: QuirkServer, user: UserRow | undefined): string {
    let id = 'none';
    server.tamper(({ users }) => {
      id = [...users.values()].find(({ name }) => name === user?.user_name)?.id ?? id;
    });
    return id;
  }

  function scopeTo(target: string, groups: readonly string[]): Promise<unknown> {
    return changeTarget(on.targets, target, { change: { scope: { groups } }, by: attribution('console') });
  }
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { UserId } from '../../src/core/ids.ts';
import { changeGroup, type GroupState } from '../../src/directory/groups.ts';
import { addMember, editMembers } from '../../src/directory/memberships.ts';
import { changeUser, createUser } from '../../src/directory/users.ts';
import type { UserRow } from '../../src/store/users.ts';
import { askForObservation, showDrift, showObjects } from '../../src/targets/admin/ledger.ts';
import { changeTarget, showTarget } from '../../src/targets/admin/verbs.ts';
import { PROFILE_NAMES, PROFILES } from '../../src/targets/connectors/scim/profiles.ts';
import { attribution } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { PLAYED, type QuirkServer, type Quirks, startQuirkServer } from '../support/quirk-server.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

jest.setTimeout(120_000);

const PEOPLE = 110;

describe('a service with a profile', () => {
  let on: TestTargets;
  let users: UserRow[];
  const servers: QuirkServer[] = [];
  beforeAll(async () => {
    on = await openTestTargets();
    users = await on.do(async (work) => {
      const rows: UserRow[] = [];
      for (let i = 0; i < PEOPLE; i += 1) {
        const userName = `p${String(i).padStart(3, '0')}`;
        const document = {
          ...{ displayName: `P ${i}`, name: { givenName: 'P', familyName: String(i) } },
          emails: [{ value: `${userName}@old.example` }, { value: `${userName}@new.example`, primary: true }],
        };
        rows.push(await createUser(work, { userName, active: true, externalId: null, document }));
      }
      return rows;
    });
  });
  afterAll(async () => {
    await on.close();
    await Promise.all(servers.map((server) => server.close()));
    expect(on.faults).toEqual([]);
  });
  const names = (some: readonly UserRow[]): string[] => some.map(({ user_name: name }) => name ?? '').sort();

  it.each(Object.keys(PLAYED) as (keyof typeof PLAYED)[])(
    'gets its members and loses them, without one refusal: %s',
    async (profile) => {
      const server = await startQuirkServer(PLAYED[profile]);
      servers.push(server);
      const group = await on.group(`Team ${profile}`, ...users);
      await on.add({
        ...{ name: profile, type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
        settings: { url: server.url, allowPrivate: true, profile, groupName: '{name}' },
      });
      await eventually(() => expect(server.held().groups[`Team ${profile}`]).toEqual(names(users)), 60_000);
      const leavers = users.slice(0, 10).map(({ id }) => id);
      await on.do((work) =>
        editMembers(work, { group: group.id, steps: [{ do: 'remove', members: leavers }] }),
      );
      await eventually(() => {
        expect(server.held().groups[`Team ${profile}`]).toEqual(names(users.slice(10)));
      }, 60_000);
      const [row] = await on.database.rows<{ refused: number }>({
        text: `select count(*)::int as refused from target_attempt a join target t on t.n = a.target_n
               where t.name = '${profile}' and a.outcome = 'rejected'`,
      });
      expect(row?.refused).toBe(0);
      expect((await showTarget(on.targets, profile)).learned).toEqual({});
    },
  );

  it('that renames nothing says so of what was renamed, and is sent nothing of it', async () => {
    const server = await startQuirkServer(PLAYED.jfrog);
    servers.push(server);
    const group = await on.group('Fixed', ...users.slice(0, 2));
    await on.add({
      ...{ name: 'fixed', type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
      settings: { url: server.url, allowPrivate: true, profile: 'jfrog' },
    });
    await eventually(() => expect(server.held().groups.Fixed).toEqual(names(users.slice(0, 2))));
    const edit = (state: GroupState): GroupState => ({ ...state, name: 'Moved' });
    await on.do((work) => changeGroup(work, { group: group.id, ifMatch: null, edit }));
    await eventually(async () => {
      const query = { state: 'blocked', type: null, id: null, after: 0, limit: 10 } as const;
      const { items } = await showObjects(on.targets, 'fixed', query);
      expect(items[0]?.why).toContain('Fixed cannot become Moved, for jfrog renames nothing');
    });
    const patches = server.seen.filter(({ method, body }) => method === 'PATCH' && body.includes('Moved'));
    expect(patches).toEqual([]);
    // Its members are kept in step all the same.
    const added = { group: group.id, member: users[2]?.id ?? group.id };
    await on.do((work) => addMember(work, added));
    await eventually(() => expect(server.held().groups.Fixed).toEqual(names(users.slice(0, 3))));
  });

  it('has facts that come from its own documentation', () => {
    for (const name of PROFILE_NAMES) {
      const { from } = PROFILES[name];
      if (name !== 'auto') expect(from?.read).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  it('that demands what a user has not blocks that user with a sentence, before anything is sent', async () => {
    const server = await startQuirkServer(PLAYED['aws-identity-center']);
    servers.push(server);
    const nameless = await on.user('nameless');
    const group = await on.group('Nameless', nameless);
    await on.add({
      ...{ name: 'strict', type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
      settings: { url: server.url, allowPrivate: true, profile: 'aws-identity-center' },
    });
    await eventually(async () => {
      const query = { state: 'blocked', type: null, id: null, after: 0, limit: 10 } as const;
      const { items } = await showObjects(on.targets, 'strict', query);
      expect(items[0]?.why).toContain('nameless has no name.givenName, name.familyName, displayName');
    });
    expect(server.seen.filter(({ method, path }) => method === 'POST' && path === '/Users')).toEqual([]);
  });
});

const CORE = 'urn:ietf:params:scim:schemas:core:2.0:User';
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

describe('a service that refuses users with the enterprise extension (O-04)', () => {
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

  const person = (userName: string, department: string): Promise<UserRow> =>
    on.do((work) =>
      createUser(work, {
        ...{ userName, active: true, externalId: null },
        document: { title: 'Dr', [ENTERPRISE]: { department } },
      }),
    );
  const begin = async (name: string, departments: readonly string[], quirks: Partial<Quirks>) => {
    const server = await startQuirkServer(quirks);
    servers.push(server);
    const users = await Promise.all(departments.map((department, at) => person(`${name}-${at}`, department)));
    const group = await on.group(name, ...users);
    await on.add({
      ...{ name, type: 'scim', mode: 'enforce', scope: { groups: [group.id] } },
      settings: { url: server.url, allowPrivate: true },
    });
    return { server, group, users };
  };
  const naming = ({ seen }: QuirkServer, method: string): number =>
    seen.filter((request) => request.method === method && request.body.includes(ENTERPRISE)).length;
  const change = (target: string, settings: object) =>
    changeTarget(on.targets, target, { change: { settings }, by: attribution('console') });
  const retitle = (user: UserId, title: string) =>
    on.do((work) =>
      changeUser(work, {
        ...{ user, ifMatch: null },
        edit: (state) => ({ ...state, document: { ...state.document, title } }),
      }),
    );
  const titles = (server: QuirkServer): unknown[] => {
    const found: unknown[] = [];
    server.tamper(({ users }) => found.push(...[...users.values()].map(({ document }) => document.title)));
    return found.sort();
  };
  const unknownTo = (write: string): { scimType: string; detail: string } | null =>
    write.includes(ENTERPRISE)
      ? { scimType: 'invalidValue', detail: `schemas: ${ENTERPRISE} is not known here` }
      : null;

  it.each([
    ['and tells of its schemas', [CORE]],
    ['and tells nothing of itself', []],
  ] as const)('because it has none gets them without, for good: %s', async (_how, tellsOf) => {
    const name = `bare${tellsOf.length}`;
    const { server, group, users } = await begin(name, ['IT', 'IT', 'HR'], { tellsOf, refuses: unknownTo });
    await eventually(() => expect(server.held().groups[name]).toHaveLength(3));
    const { learned, blocked } = await showTarget(on.targets, name);
    expect(blocked).toBe(0);
    expect(learned).toMatchObject({
      refusedAttributes: [ENTERPRISE],
      evidence: { refusedAttributes: { code: 400 } },
    });
    const tried = naming(server, 'POST');
    const late = await person(`${name}-late`, 'Law');
    await on.do((work) => addMember(work, { group: group.id, member: late.id }));
    await retitle(users[0]?.id ?? late.id, 'Prof');
    await eventually(() => {
      expect(server.held().groups[name]).toHaveLength(4);
      expect(titles(server)).toEqual(['Dr', 'Dr', 'Dr', 'Prof']);
    });
    await askForObservation(on.targets, name);
    await eventually(async () => {
      const view = await showDrift(on.targets, name, { after: 0, limit: 10 });
      expect(view).toMatchObject({ askedAt: null, open: 0, items: [] });
      expect(view.observedAt).not.toBeNull();
    });
    expect([naming(server, 'POST'), naming(server, 'PATCH')]).toEqual([tried, 0]);
  });

  it('is asked again after a change of its settings, of users that it has too', async () => {
    const { server } = await begin('changed', ['IT', 'HR'], { tellsOf: [CORE], refuses: unknownTo });
    await eventually(() => expect(server.held().groups.changed).toHaveLength(2));
    await change('changed', { attributes: [ENTERPRISE], groupName: 'Changed {name}' });
    await eventually(async () => {
      expect(server.held().groups['Changed changed']).toHaveLength(2);
      expect(naming(server, 'PATCH')).toBeGreaterThan(0);
      const { learned, blocked } = await showTarget(on.targets, 'changed');
      expect(learned).toMatchObject({ refusedAttributes: [ENTERPRISE] });
      expect(blocked).toBe(0);
    });
    // A service that has learned it meanwhile gets it with the next change of settings.
    server.quirks.refuses = () => null;
    await change('changed', { attributes: ['title', ENTERPRISE] });
    await eventually(() => {
      const departments: unknown[] = [];
      server.tamper(({ users }) =>
        departments.push(...[...users.values()].map(({ document }) => document[`${ENTERPRISE}:department`])),
      );
      expect(departments.sort()).toEqual(['HR', 'IT']);
    });
    expect((await showTarget(on.targets, 'changed')).learned).toEqual({});
  });

  it.each([
    ['it has it and refuses a value', [CORE, ENTERPRISE], ENTERPRISE, 'Secret'],
    ['it tells nothing and refuses a value', [], `${ENTERPRISE}:department`, 'Secret'],
    ['it has none and refuses the name', [CORE], 'userName', '-0"'],
  ] as const)('for another reason keeps it, and the user is blocked: %s', async (how, tellsOf, path, bad) => {
    const name = `other${how.length}`;
    const refuses = (write: string) =>
      write.includes(bad) ? { scimType: 'invalidValue', detail: `${path} must not have ${bad}` } : null;
    const { server } = await begin(name, ['Secret', 'IT', 'HR'], { tellsOf, refuses });
    await eventually(async () => {
      expect(server.held().groups[name]).toEqual([`${name}-1`, `${name}-2`]);
      expect((await showTarget(on.targets, name)).blocked).toBe(1);
    });
    expect((await showTarget(on.targets, name)).learned).toEqual({});
    const query = { state: 'blocked', type: null, id: null, after: 0, limit: 10 } as const;
    const { items } = await showObjects(on.targets, name, query);
    expect(items[0]).toMatchObject({ name: `${name}-0`, why: expect.stringContaining(path) });
    server.tamper(({ users }) => {
      for (const { document } of users.values()) expect(document).toHaveProperty([ENTERPRISE]);
    });
    expect(server.seen.filter((request) => request.path.startsWith('/Schemas')).length).toBeLessThan(2);
  });
});

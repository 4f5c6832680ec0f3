import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { changeGroup, type GroupState } from '../../src/directory/groups.ts';
import { addMember, editMembers } from '../../src/directory/memberships.ts';
import { createUser } from '../../src/directory/users.ts';
import type { UserRow } from '../../src/store/users.ts';
import { showObjects } from '../../src/targets/admin/ledger.ts';
import { showTarget } from '../../src/targets/admin/verbs.ts';
import { PROFILE_NAMES, PROFILES } from '../../src/targets/connectors/scim/profiles.ts';
import { eventually } from '../support/eventually.ts';
import { PLAYED, type QuirkServer, startQuirkServer } from '../support/quirk-server.ts';
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

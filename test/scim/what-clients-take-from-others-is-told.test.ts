import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { guardTrips } from '../../src/core/client-guard.ts';
import { DEFAULT_LIMITS } from '../../src/core/plans/limits.ts';
import { addMember } from '../../src/directory/memberships.ts';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { listAlerts } from '../../src/store/alerts.ts';
import { watchRemovals } from '../../src/sources/scim/removal-watch.ts';
import { type Client, GROUP, idIn, openDoor, type TestDoor, USER } from './door.ts';

let door: TestDoor;
let number = 0;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());
beforeEach(async () => {
  await door.database.rows({ text: 'delete from alert' });
});

const alerts = () => listAlerts(door.database, { state: 'open', kind: null, before: null, limit: 100 });
const makeUsers = async (client: Client, count: number): Promise<string[]> => {
  const replies = await Promise.all(
    Array.from({ length: count }, () =>
      client.send('POST', '/Users', { schemas: [USER], userName: `u${(number += 1)}@x.test` }),
    ),
  );
  return replies.map(idIn);
};
const makeGroup = async (client: Client, members: readonly string[]): Promise<string> =>
  idIn(
    await client.send('POST', '/Groups', {
      schemas: [GROUP],
      displayName: `group ${(number += 1)}`,
      members: members.map((value) => ({ value })),
    }),
  );
const byHand = (group: string, member: string) =>
  door.write((work) => addMember(work, { group: group as GroupId, member: member as UserId }));

describe('D-03 a replacement that wipes the members of other sources', () => {
  it('raises the alert contested, by PATCH and by PUT, and is done', async () => {
    const client = await door.client({ name: 'replacing' });
    const [own = '', other = '', next = ''] = await makeUsers(client, 3);
    const group = await makeGroup(client, [own]);
    await byHand(group, other);
    const replace = (value: string) => ({ op: 'replace', path: 'members', value: [{ value }] });
    await client.patch(`/Groups/${group}`, replace(next));
    const [alert] = await alerts();
    expect(alert).toMatchObject({
      kind: 'contested',
      subject: group,
      times: 1,
      details: { client: 'replacing', members: 1, sources: ['console'] },
    });
    expect((await client.send('GET', `/Groups/${group}`)).body.members).toMatchObject([{ value: next }]);

    await byHand(group, other);
    await client.send('PUT', `/Groups/${group}`, { schemas: [GROUP], displayName: 'put', members: [] });
    expect(await alerts()).toMatchObject([{ kind: 'contested', times: 2 }]);
  });

  it('raises none for its own members, for members that stay, and for a removal that names them', async () => {
    const client = await door.client();
    const [own = '', other = ''] = await makeUsers(client, 2);
    const group = await makeGroup(client, [own]);
    await byHand(group, other);
    await client.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: [{ value: other }] });
    await client.patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${other}"]` });
    expect(await alerts()).toEqual([]);
  });

  it('is told of a client with a namespace of its own, too', async () => {
    const client = await door.client({ namespace: 'own' });
    const [own = '', shared = ''] = await makeUsers(client, 2);
    const group = await makeGroup(client, [own]);
    await byHand(group, shared);
    await client.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: [{ value: own }] });
    expect(await alerts()).toMatchObject([{ kind: 'contested', subject: group }]);
  });
});

describe('D-33 the guards of feeds, over an hour of a client', () => {
  it('count by the rules of D-31', () => {
    const none = { client: 'c', memberships: 0, asserted: 0, users: 0, usersLeft: 0, groups: [] };
    const group = { id: 'g', name: 'G' };
    expect(guardTrips({ ...none, memberships: 20 }, DEFAULT_LIMITS)).toEqual([]);
    expect(guardTrips({ ...none, memberships: 21 }, DEFAULT_LIMITS)).toMatchObject([
      { guard: 'removals', limit: 20 },
    ]);
    expect(guardTrips({ ...none, memberships: 21, asserted: 300 }, DEFAULT_LIMITS)).toEqual([]);
    expect(guardTrips({ ...none, memberships: 5_001, asserted: 50_000 }, DEFAULT_LIMITS)).toMatchObject([
      { limit: 5_000 },
    ]);
    expect(guardTrips({ ...none, users: 21, usersLeft: 100 }, DEFAULT_LIMITS)).toMatchObject([
      { guard: 'deactivations', limit: 20 },
    ]);
    expect(guardTrips({ ...none, users: 21, usersLeft: 500 }, DEFAULT_LIMITS)).toEqual([]);
    expect(guardTrips({ ...none, groups: [{ ...group, removed: 4, left: 0 }] }, DEFAULT_LIMITS)).toEqual([]);
    expect(
      guardTrips({ ...none, groups: [{ ...group, removed: 5, left: 0 }] }, DEFAULT_LIMITS),
    ).toMatchObject([{ guard: 'group-emptied', group, count: 5, limit: 4 }]);
    expect(guardTrips({ ...none, groups: [{ ...group, removed: 6, left: 14 }] }, DEFAULT_LIMITS)).toEqual([]);
    expect(
      guardTrips({ ...none, groups: [{ ...group, removed: 7, left: 13 }] }, DEFAULT_LIMITS),
    ).toMatchObject([{ guard: 'group-share', limit: 6 }]);
    expect(guardTrips({ ...none, groups: [{ ...group, removed: 7, left: 12 }] }, DEFAULT_LIMITS)).toEqual([]);
    const few = { ...none, groups: [{ ...group, removed: 1, left: 19 }] };
    expect(guardTrips(few, { ...DEFAULT_LIMITS, groupPercent: 0 })).toMatchObject([{ guard: 'group-share' }]);
  });

  it('are alerts and no refusals; one that is open or was just resolved is not raised again', async () => {
    const client = await door.client({ name: 'emptying' });
    const users = await makeUsers(client, 6);
    const group = await makeGroup(client, users);
    expect((await client.patch(`/Groups/${group}`, { op: 'remove', path: 'members' })).status).toBe(204);
    await watchRemovals(door.database, DEFAULT_LIMITS);
    await watchRemovals(door.database, DEFAULT_LIMITS);
    expect(await alerts()).toMatchObject([
      {
        kind: 'client.guard',
        subject: `emptying/group-emptied/${group}`,
        times: 1,
        details: { client: 'emptying', count: 6, limit: 4 },
      },
    ]);
    await door.database.rows({ text: 'update alert set resolved_at = now()' });
    await watchRemovals(door.database, DEFAULT_LIMITS);
    expect(await alerts()).toEqual([]);
  });

  it('do not count who came back', async () => {
    const client = await door.client();
    const users = await makeUsers(client, 6);
    const group = await makeGroup(client, users);
    await client.patch(`/Groups/${group}`, { op: 'remove', path: 'members' });
    const value = users.map((id) => ({ value: id }));
    await client.patch(`/Groups/${group}`, { op: 'add', path: 'members', value });
    await watchRemovals(door.database, DEFAULT_LIMITS);
    expect((await alerts()).filter(({ subject }) => subject.includes(group))).toEqual([]);
  });

  it('count users that were deactivated or deleted, and all removals together', async () => {
    const client = await door.client({ name: 'leaver' });
    const users = await makeUsers(client, 30);
    const groups = await Promise.all([1, 2, 3].map((part) => makeGroup(client, users.slice(0, 4 * part))));
    for (const group of groups) await client.patch(`/Groups/${group}`, { op: 'remove', path: 'members' });
    for (const [at, user] of users.slice(0, 22).entries()) {
      if (at % 2 === 0) await client.send('DELETE', `/Users/${user}`);
      else await client.patch(`/Users/${user}`, { op: 'replace', path: 'active', value: false });
    }
    await watchRemovals(door.database, DEFAULT_LIMITS);
    const subjects = (await alerts())
      .map(({ subject }) => subject)
      .filter((text) => text.startsWith('leaver/'));
    expect(subjects).toContain('leaver/removals');
    expect(subjects).toContain('leaver/deactivations');
  });
});

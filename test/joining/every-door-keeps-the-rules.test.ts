import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import type { Scope } from '../../src/core/scopes.ts';
import { csrfTokenOf, hashSecret } from '../../src/core/session.ts';
import { governGroup, grantPermission } from '../../src/directory/governance.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { addMember } from '../../src/directory/memberships.ts';
import { startSession } from '../../src/directory/sessions.ts';
import type { UserRow } from '../../src/store/users.ts';
import { type Answered, type ApiServer, startApi } from '../api/api-server.ts';
import { GROUP, idIn, openDoor } from '../scim/door.ts';

describe('restricted and protected groups over every door', () => {
  it('J-17, J-20: SCIM clients without admin are refused, whatever scope they have', async () => {
    const door = await openDoor();
    try {
      const { inner, guarded, restricted } = await door.write(async (work) => {
        const state = { ...newGroupState, internal: false };
        const made = {
          inner: await createGroup(work, { ...state, name: 'inner' }),
          guarded: await createGroup(work, { ...state, name: 'guarded' }),
          restricted: await createGroup(work, { ...state, name: 'restricted', restricted: true }),
        };
        await governGroup(work, { group: made.guarded.id, permissions: ['admin'], at: 'change' });
        await addMember(work, { group: made.guarded.id, member: made.inner.id });
        return made;
      });
      const client = await door.client({ scopes: ['scim.read', 'scim.write', 'groups.govern'] });
      const person = await client.send('POST', '/Users', { userName: 'mallory' });
      const value = [{ value: idIn(person) }];
      for (const { id } of [inner, guarded, restricted]) {
        const added = await client.patch(`/Groups/${id}`, { op: 'add', path: 'members', value });
        const put = await client.send('PUT', `/Groups/${id}`, {
          schemas: [GROUP],
          displayName: `mine ${id}`,
          members: value,
        });
        expect([added.status, put.status]).toEqual([403, 403]);
        expect((await client.send('DELETE', `/Groups/${id}`)).status).toBe(403);
      }
      const foot = await client.send('POST', '/Groups', { displayName: 'foot in the door', members: value });
      const nest = { op: 'add', path: 'members', value: [{ value: idIn(foot) }] };
      expect((await client.patch(`/Groups/${inner.id}`, nest)).status).toBe(403);
    } finally {
      await door.close();
    }
  });

  describe('the API', () => {
    let api: ApiServer;
    beforeAll(async () => {
      api = await startApi();
    });
    afterAll(() => api.close());

    const session = async (
      user: UserRow,
    ): Promise<(method: string, path: string, body?: unknown) => Promise<Answered>> => {
      const secret = randomBytes(32).toString('base64url');
      await api.do((work) =>
        startSession(work, {
          ...{ hash: hashSecret(secret), user: user.n, how: 'link', source: null },
          ...{ nameId: null, sessionIndex: null, notOnOrAfter: null },
        }),
      );
      const headers = {
        Cookie: `muster=${secret}`,
        Origin: 'http://localhost',
        'X-CSRF-Token': csrfTokenOf(secret),
      };
      return (method, path, body) => api.ask(method, path, { token: '', headers, body });
    };
    const make = async (name: string, more: object = {}): Promise<GroupId> =>
      (await api.ask('POST', '/groups', { body: { name, internal: false, hidden: false, ...more } })).body
        .id as GroupId;
    const grant = (user: { readonly id: UserId }, permission: string): Promise<void> =>
      api.do((work) => grantPermission(work, { user: user.id, permission }));

    it('J-17, J-20: tokens without admin are refused', async () => {
      const user = await api.user('token target');
      const scopes: Scope[] = ['directory.read', 'directory.write', 'groups.govern', 'requests.write'];
      const token = await api.tokenFor('limited', scopes);
      const [guarded, restricted] = [
        await make('api guarded', { permissions: ['admin'] }),
        await make('api restricted', { restricted: true }),
      ];
      for (const group of [guarded, restricted]) {
        const put = await api.ask('PUT', `/groups/${group}/members/users/${user.id}`, { token });
        expect(put.status).toBe(403);
      }
      const confer = await api.ask('PATCH', `/groups/${await make('api free')}`, {
        token,
        body: { permissions: ['admin'] },
      });
      expect([confer.status, confer.body.code]).toEqual([403, 'permission.not_held']);
      const direct = await api.ask('PUT', `/users/${user.id}/permissions/admin`, { token });
      expect([direct.status, direct.body.code]).toEqual([403, 'permission.not_held']);
      const lift = await api.ask('PATCH', `/groups/${restricted}`, { token, body: { restricted: false } });
      expect([lift.status, lift.body.code]).toEqual([403, 'group.restricted']);
    });

    it('J-03, J-14, J-15: people join, leave and lead by their session; a token does so in their name', async () => {
      const [user, leader] = [await api.user('s user'), await api.user('s leader')];
      await grant(user, 'groups.request');
      const [asUser, asLeader] = [await session(user), await session(leader)];
      const leaders = [{ type: 'user', id: leader.id }];
      const [open, led, other] = [
        await make('s open', { open: true }),
        await make('s led', { leaders }),
        await make('s other', { internal: true }),
      ];
      const shown = (await asUser('GET', `/users/${user.id}/joinable`)).body.items as { name: string }[];
      expect(shown.map(({ name }) => name)).toEqual(expect.arrayContaining(['s open', 's led']));
      expect((await asUser('POST', `/groups/${open}/join`, {})).body).toEqual({ outcome: 'joined' });
      const asked = await asUser('POST', `/groups/${led}/join`, { reason: 'please' });
      expect([asked.status, asked.body.request.state]).toEqual([202, 'pending']);
      const again = await api.ask('POST', `/groups/${led}/join`, { body: { user: user.id } });
      expect([again.status, again.body.code]).toEqual([409, 'request.pending']);
      expect((await asUser('POST', `/requests/${asked.body.request.id}/approve`, {})).status).toBe(403);
      const inbox = await asLeader('GET', '/inbox');
      expect(inbox.body.items[0]).toMatchObject({ type: 'request.created', request: { reason: 'please' } });
      const approved = await asLeader('POST', `/requests/${asked.body.request.id}/approve`, { reason: 'ok' });
      expect(approved.body).toMatchObject({ state: 'approved', decidedBy: { kind: 'user', id: leader.id } });
      expect((await asLeader('GET', `/groups/${led}/members`)).status).toBe(200);
      expect((await asLeader('GET', `/groups/${other}/members`)).status).toBe(404);
      expect((await asLeader('DELETE', `/groups/${led}/members/users/${user.id}`)).status).toBe(204);
      expect((await asLeader('PUT', `/groups/${other}/members/users/${user.id}`)).status).toBe(403);
      expect((await asUser('GET', '/users')).status).toBe(403);
      const inName = await api.ask('POST', `/groups/${open}/leave`, { body: { user: user.id } });
      expect(inName.body).toEqual({ outcome: 'left' });
      const nobody = await api.ask('POST', `/groups/${open}/join`, { body: {} });
      expect(nobody.status).toBe(400);
    });
  });
});

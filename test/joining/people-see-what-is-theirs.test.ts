import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addMember } from '../../src/directory/memberships.ts';
import type { Answered } from '../api/api-server.ts';
import { type Doors, openDoors } from './doors.ts';

describe('people', () => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await openDoors();
  });
  afterAll(() => doors.close());

  it('J-14, J-15: a leader sees members, requests and log of what it leads, and cannot tell what else there is', async () => {
    const [leader, user] = [await doors.user('sight leader'), await doors.asker('sight user')];
    const leaders = [{ type: 'user', id: leader.id }] as const;
    const [led, other, inward] = [
      await doors.make('sight led', {}, { leaders }),
      await doors.make('sight other'),
      await doors.make('sight internal', { internal: true }, { leaders }),
    ];
    await doors.put(other, user);
    await (
      await doors.session(user)
    )('POST', `/groups/${led.id}/join`, {});
    const ask = await doors.session(leader);
    expect((await ask('GET', `/groups/${led.id}/members`)).status).toBe(200);
    expect((await ask('GET', '/requests')).body.items).toHaveLength(1);
    const log = await ask('GET', `/changes?group=${led.id}`);
    expect(log.status).toBe(200);
    for (const group of [other, inward]) {
      expect((await ask('GET', `/groups/${group.id}/members`)).status).toBe(404);
      expect((await ask('GET', `/changes?group=${group.id}`)).status).toBe(404);
      // Nesting it in one's own would show who is in it.
      const nest = await ask('PUT', `/groups/${led.id}/members/groups/${group.id}`);
      expect([nest.status, nest.body.code]).toEqual([404, 'member.not_found']);
    }
    expect((await ask('GET', '/changes')).status).toBe(403);
    expect((await ask('GET', '/groups')).status).toBe(403);
    expect((await ask('GET', `/users/${user.id}/groups`)).status).toBe(404);
  });

  it('D-11, J-15: a leader is refused a circle without the names of groups that it does not lead', async () => {
    const leader = await doors.user('circle leader');
    const leaders = [{ type: 'user', id: leader.id }] as const;
    const [inner, outer, between] = [
      await doors.make('circle inner', {}, { leaders }),
      await doors.make('circle outer', {}, { leaders }),
      await doors.make('circle unseen'),
    ];
    await doors.do((work) => addMember(work, { group: between.id, member: inner.id }));
    await doors.do((work) => addMember(work, { group: outer.id, member: between.id }));
    const ask = await doors.session(leader);
    const closed = await ask('PUT', `/groups/${inner.id}/members/groups/${outer.id}`);
    expect(closed.body).toMatchObject({ code: 'nesting.cycle' });
    expect(JSON.stringify(closed.body)).toContain('a group that you cannot see');
    expect(JSON.stringify(closed.body)).not.toContain('circle unseen');
  });

  it('J-01, J-09, J-15: no answer, whatever its status, names a group that is not shown, or tells whether there is one', async () => {
    const [user, leader] = [await doors.user('guessing'), await doors.user('guessing leader')];
    const leaders = [{ type: 'user', id: leader.id }] as const;
    const [internal, closed, outer, own, between, inner] = [
      await doors.make('Secret board', { internal: true }),
      await doors.make('Secret circle', { hidden: true }),
      await doors.make('guessed outer', { open: true, public: true }),
      await doors.make('guessed own', {}, { leaders }),
      await doors.make('Secret between'),
      await doors.make('guessed inner', {}, { leaders }),
    ];
    await doors.put(internal, user);
    await doors.put(outer, internal);
    await doors.put(between, own);
    await doors.put(inner, between);
    const nowhere = '00000000-0000-4000-8000-000000000000';
    const [ask, askAsLeader] = [await doors.session(user), await doors.session(leader)];
    const told: [string, Answered][] = [
      ['join internal', await ask('POST', `/groups/${internal.id}/join`, {})],
      ['leave internal', await ask('POST', `/groups/${internal.id}/leave`, {})],
      ['join without permission', await ask('POST', `/groups/${closed.id}/join`, {})],
      ['leave through internal', await ask('POST', `/groups/${outer.id}/leave`, {})],
      ['cycle', await askAsLeader('PUT', `/groups/${own.id}/members/groups/${inner.id}`)],
    ];
    for (const [how, { status, body }] of told) {
      expect([how, status]).toEqual([how, how === 'cycle' || how.includes('through') ? 409 : 403]);
      expect([how, JSON.stringify(body)]).toEqual([how, expect.not.stringContaining('Secret')]);
    }
    for (const group of [internal.id, closed.id, nowhere]) {
      expect((await ask('GET', `/requests?group=${group}`)).body).toEqual({ items: [], next: null });
      for (const path of ['', '/members'])
        expect([path, (await ask('GET', `/groups/${group}${path}`)).status]).toEqual([path, 404]);
      // What needs a scope is refused before anything is looked for, whether there is such a group or not.
      const why = await ask('GET', `/groups/${group}/members/${user.id}/explanation`);
      expect(why.status).toBe(403);
    }
    for (const other of [leader.id, nowhere]) {
      expect((await ask('GET', `/requests?user=${other}`)).body).toEqual({ items: [], next: null });
      for (const path of ['', '/groups', '/joinable', '/entitlements'])
        expect([path, [403, 404].includes((await ask('GET', `/users/${other}${path}`)).status)]).toEqual([
          path,
          true,
        ]);
    }
  });

  it('J-13: the feed tells of every decision, with who, in whose name, and why', async () => {
    const [leader, user] = [await doors.user('told leader'), await doors.asker('told user')];
    const leaders = [{ type: 'user', id: leader.id }] as const;
    const group = await doors.make('told', {}, { leaders });
    const asked = await (await doors.session(user))('POST', `/groups/${group.id}/join`, { reason: 'please' });
    const { id } = asked.body.request as { id: string };
    const token = await doors.tokenFor('portal', ['directory.read', 'requests.write']);
    const body = { reason: 'welcome', user: leader.id };
    const decided = await doors.ask('POST', `/requests/${id}/approve`, { token, body });
    const cursor = decided.headers.get('Muster-Cursor') ?? '';
    const feed = await doors.ask('GET', `/changes?group=${group.id}&type=request.*&atLeast=${cursor}`);
    expect(feed.body.changes).toMatchObject([
      {
        type: 'request.created',
        actor: { kind: 'user', id: user.id },
        source: 'self-service',
        reason: 'please',
      },
      {
        type: 'request.approved',
        actor: { kind: 'client', id: 'portal' },
        onBehalfOf: leader.id,
        reason: 'welcome',
      },
    ]);
  });

  it('J-01, J-02: people see their own groups, hidden ones too, and no internal one', async () => {
    const user = await doors.user('sees own');
    const [hidden, inward] = [
      await doors.make('own hidden', { hidden: true }),
      await doors.make('own internal', { internal: true }),
    ];
    for (const group of [hidden, inward]) await doors.put(group, user);
    const ask = await doors.session(user);
    const own = await ask('GET', `/users/${user.id}/groups?effective=true`);
    expect((own.body.items as { name: string }[]).map(({ name }) => name)).toEqual(['own hidden']);
    expect((await ask('GET', `/groups/${hidden.id}`)).status).toBe(200);
    expect((await ask('GET', `/groups/${inward.id}`)).status).toBe(404);
  });

  it('J-18: who holds a delegation adds or removes, and nothing else, over its session', async () => {
    const [holder, user] = [await doors.user('delegate'), await doors.user('delegated')];
    const [group, inner] = [await doors.make('delegating'), await doors.make('delegate inner')];
    await doors.put(group, holder);
    const path = `/groups/${group.id}`;
    expect((await doors.run('delegation', 'set', group.id, holder.id, '--add')).code).toBe(0);
    const ask = await doors.session(holder);
    expect((await ask('PUT', `${path}/members/users/${user.id}`)).status).toBe(201);
    expect((await ask('DELETE', `${path}/members/users/${user.id}`)).status).toBe(403);
    expect((await ask('PUT', `${path}/members/groups/${inner.id}`)).status).toBe(404);
    expect((await ask('PATCH', path, { open: true })).status).toBe(403);
    expect((await ask('GET', `/changes?group=${group.id}`)).status).toBe(404);
    expect(
      (await ask('PUT', `${path}/delegations/${user.id}`, { canAdd: true, canRemove: true })).status,
    ).toBe(403);
    await doors.run('delegation', 'end', group.id, holder.id);
    expect((await ask('PUT', `${path}/members/users/${holder.id}`)).status).toBe(403);
  });
});

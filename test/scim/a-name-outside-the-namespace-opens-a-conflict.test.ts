import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerConflict, revokeGrant } from '../../src/directory/conflicts.ts';
import { createStub } from '../../src/directory/users.ts';
import { listConflicts } from '../../src/store/conflicts.ts';
import { openCommandLine } from '../support/command-line.ts';
import { type Client, GROUP, idIn, openDoor, type TestDoor, USER } from './door.ts';

let door: TestDoor;
let everyone: Client;
beforeAll(async () => {
  door = await openDoor();
  everyone = await door.client({ name: 'everyone' });
});
afterAll(() => door.close());

const conflicts = (state: 'open' | 'decided' | null = 'open') =>
  listConflicts(door.database, { state, before: null, limit: 100 });
const decide = (conflict: string, decision: 'granted' | 'dismissed') =>
  door.write((work) => answerConflict(work, { conflict, decision, reason: 'same person' }));
const filterFor = (userName: string) => `/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`;

describe('a circle of groups that leads out of the namespace of a client', () => {
  it('is refused without the names of the groups that the client does not see (D-11)', async () => {
    const own = await door.client({ namespace: 'own' });
    const group = async (by: Client, displayName: string, ...members: readonly string[]) =>
      idIn(
        await by.send('POST', '/Groups', {
          ...{ schemas: [GROUP], displayName },
          members: members.map((value) => ({ value })),
        }),
      );
    const inner = await group(own, 'inner of mine');
    const outer = await group(own, 'outer of mine');
    const between = await group(everyone, 'secret project', inner);
    await everyone.patch(`/Groups/${outer}`, { op: 'add', path: 'members', value: [{ value: between }] });
    const close = { op: 'add', path: 'members', value: [{ value: outer }] };
    const told = (await own.patch(`/Groups/${inner}`, close)).body;
    expect(told).toMatchObject({ status: '400', scimType: 'invalidValue' });
    expect(told.detail).toContain('outer of mine > a group that you cannot see > inner of mine');
    expect((await everyone.patch(`/Groups/${inner}`, close)).body.detail).toContain('secret project');
  });
});

describe('a userName that is taken outside of the namespace of a client', () => {
  it('is 409 without a word about its owner, and a conflict that counts up', async () => {
    const owned = idIn(await everyone.send('POST', '/Users', { schemas: [USER], userName: 'ann@x.test' }));
    const own = await door.client({ name: 'narrow', namespace: 'own' });
    const body = { schemas: [USER], userName: 'Ann@x.test' };
    const refused = await own.send('POST', '/Users', body);
    expect(refused.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    expect(JSON.stringify(refused.body)).not.toContain(owned);
    expect(JSON.stringify(refused.body)).not.toContain('everyone');
    await own.send('POST', '/Bulk', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
      Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: body }],
    });
    const mine = idIn(await own.send('POST', '/Users', { schemas: [USER], userName: 'mine@x.test' }));
    expect(
      (await own.patch(`/Users/${mine}`, { op: 'replace', path: 'userName', value: 'ann@x.test' })).status,
    ).toBe(409);
    expect(await conflicts()).toMatchObject([
      { kind: 'userName.taken', client: 'narrow', node_id: owned, name: 'Ann@x.test', times: 3 },
    ]);
  });

  it('is the client’s own once an administrator grants it, until that is taken back', async () => {
    const [conflict] = await conflicts();
    const own = await door.client({ name: 'narrow 2', namespace: 'own' });
    expect((await own.send('POST', '/Users', { schemas: [USER], userName: 'ann@x.test' })).status).toBe(409);
    const asked = (await conflicts()).find(({ client }) => client === 'narrow 2');
    expect((await own.send('GET', filterFor('ann@x.test'))).body.totalResults).toBe(0);
    const id = asked?.id ?? '';
    const ann = `/Users/${asked?.node_id ?? ''}`;
    expect((await own.send('GET', ann)).status).toBe(404);

    expect(await decide(id, 'granted')).toMatchObject({ decision: 'granted', reason: 'same person' });
    await expect(decide(id, 'dismissed')).rejects.toMatchObject({ code: 'conflict.decided' });
    expect((await own.send('GET', filterFor('ann@x.test'))).body.totalResults).toBe(1);
    expect((await own.patch(ann, { op: 'replace', path: 'displayName', value: 'Ann' })).status).toBe(200);
    const group = await own.send('POST', '/Groups', {
      schemas: [GROUP],
      displayName: 'with ann',
      members: [{ value: asked?.node_id ?? '' }],
    });
    expect(group.body.members).toMatchObject([{ value: asked?.node_id }]);
    expect((await own.send('POST', '/Users', { schemas: [USER], userName: 'ann@x.test' })).status).toBe(409);
    expect((await conflicts()).filter(({ client }) => client === 'narrow 2')).toEqual([]);

    await door.write((work) => revokeGrant(work, id));
    expect((await own.send('GET', ann)).status).toBe(404);
    expect((await own.send('GET', `/Groups/${idIn(group)}`)).body.members).toBeUndefined();
    await decide(conflict?.id ?? '', 'dismissed');
    await expect(door.write((work) => revokeGrant(work, conflict?.id ?? ''))).rejects.toMatchObject({
      code: 'conflict.not_found',
    });
  });

  it('of a group is a conflict as well', async () => {
    const owned = idIn(await everyone.send('POST', '/Groups', { schemas: [GROUP], displayName: 'Staff' }));
    const own = await door.client({ name: 'narrow 3', namespace: 'own' });
    const refused = await own.send('POST', '/Groups', { schemas: [GROUP], displayName: 'staff' });
    expect(refused.body).toMatchObject({ status: '409', scimType: 'uniqueness' });
    const asked = (await conflicts()).find(({ client }) => client === 'narrow 3');
    expect(asked).toMatchObject({ kind: 'displayName.taken', node_id: owned });
    await decide(asked?.id ?? '', 'granted');
    expect((await own.send('GET', `/Groups/${owned}`)).status).toBe(200);
  });

  it('opens none for a client that sees everything, nor for a name in its own namespace', async () => {
    const own = await door.client({ name: 'narrow 4', namespace: 'own' });
    const body = { schemas: [USER], userName: 'twice@x.test' };
    await own.send('POST', '/Users', body);
    expect((await own.send('POST', '/Users', body)).status).toBe(409);
    expect((await everyone.send('POST', '/Users', body)).status).toBe(409);
    expect((await conflicts()).filter(({ name }) => name === 'twice@x.test')).toEqual([]);
  });

  it('of a stub that another source made is taken over, and seen from then on', async () => {
    const stub = await door.write((work) => createStub(work, { userName: 'stub@x.test', document: {} }));
    const own = await door.client({ name: 'narrow 5', namespace: 'own' });
    const made = await own.send('POST', '/Users', { schemas: [USER], userName: 'stub@x.test' });
    expect([made.status, idIn(made)]).toEqual([201, stub.id]);
    expect((await own.send('GET', `/Users/${stub.id}`)).status).toBe(200);
  });

  it('is listed, granted, taken back and dismissed at the command line', async () => {
    const commands = await openCommandLine(door.url);
    try {
      await everyone.send('POST', '/Users', { schemas: [USER], userName: 'zoe@x.test' });
      const own = await door.client({ name: 'narrow 6', namespace: 'own' });
      const ask = () => own.send('POST', '/Users', { schemas: [USER], userName: 'zoe@x.test' });
      await ask();
      const listed = async (...words: string[]) => {
        const { out } = await commands.run('conflicts', 'list', '--json', ...words);
        const all = JSON.parse(out) as { id: string; client?: string; decision?: string }[];
        return all.filter(({ client }) => client === 'narrow 6');
      };
      const [conflict] = await listed();
      const id = conflict?.id ?? '';
      expect((await commands.run('conflicts', 'list')).out).toMatch(
        /narrow 6 +zoe@x\.test +1 .*grant, dismiss/,
      );
      expect(await commands.run('conflicts', 'grant', id, '--reason', 'same person')).toMatchObject({
        code: 0,
        err: 'narrow 6 and zoe@x.test: granted.\n',
      });
      expect((await own.send('GET', filterFor('zoe@x.test'))).body.totalResults).toBe(1);
      expect((await commands.run('conflicts', 'dismiss', id)).code).toBe(8);
      expect((await commands.run('conflicts', 'revoke', id)).code).toBe(0);
      expect((await own.send('GET', filterFor('zoe@x.test'))).body.totalResults).toBe(0);
      await ask();
      const again = (await listed('--kind', 'userName.taken'))[0]?.id ?? '';
      expect((await commands.run('conflicts', 'dismiss', again)).code).toBe(0);
      expect(await listed()).toEqual([]);
      expect((await listed('--state', 'decided')).map(({ decision }) => decision)).toEqual([
        'dismissed',
        'granted',
      ]);
      expect((await commands.run('conflicts', 'grant', 'no-id')).code).toBe(2);
      expect((await commands.run('conflicts', 'list', '--state', 'some')).code).toBe(2);
    } finally {
      await commands.close();
    }
  });
});

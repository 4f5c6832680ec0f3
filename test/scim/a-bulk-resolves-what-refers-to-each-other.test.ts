import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/scim/json.ts';
import { type Client, GROUP, openDoor, PATCH, type TestDoor, USER } from './door.ts';
import { ENTERPRISE } from './support.ts';

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
let door: TestDoor;
let client: Client;

beforeAll(async () => {
  door = await openDoor();
  client = await door.client();
});
afterAll(() => door.close());

interface Result {
  readonly method: string;
  readonly status: string;
  readonly bulkId?: string;
  readonly location?: string;
  readonly version?: string;
  readonly response?: JsonObject;
}

async function bulk(operations: readonly Json[], more: JsonObject = {}): Promise<readonly Result[]> {
  const reply = await client.send('POST', '/Bulk', { schemas: [BULK], ...more, Operations: operations });
  expect(reply.status).toBe(200);
  return reply.body.Operations as unknown as readonly Result[];
}

function user(bulkId: string, more: JsonObject = {}): JsonObject {
  return {
    method: 'POST',
    path: '/Users',
    bulkId,
    data: { schemas: [USER], userName: `${bulkId}@x.test`, ...more },
  };
}

function group(bulkId: string, members: readonly string[]): JsonObject {
  const data = { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) };
  return { method: 'POST', path: '/Groups', bulkId, data };
}

async function at(result: Result | undefined): Promise<JsonObject> {
  return (await client.send('GET', (result?.location ?? '').slice(door.baseUrl.length))).body;
}

describe('A Bulk (RFC 7644 §3.7)', () => {
  it('resolves references forward and backward, and answers in the order of the request', async () => {
    const results = await bulk([group('g1', ['bulkId:u1', 'bulkId:u2']), user('u1'), user('u2')]);
    expect(results.map(({ bulkId, status }) => [bulkId, status])).toEqual([
      ['g1', '201'],
      ['u1', '201'],
      ['u2', '201'],
    ]);
    expect(results[0]?.version).toMatch(/^W\//);
    expect((await at(results[0])).members).toHaveLength(2);
  });

  it('resolves a circle of references', async () => {
    const manager = (bulkId: string): JsonObject => ({
      [ENTERPRISE]: { manager: { value: `bulkId:${bulkId}` } },
    });
    const results = await bulk([
      user('c1', manager('c2')),
      user('c2', manager('c3')),
      user('c3', manager('c1')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['201', '201', '201']);
    const people = await Promise.all(results.map(at));
    const bosses = people.map(
      (person) => (person[ENTERPRISE] as { manager: { value: string } }).manager.value,
    );
    expect(bosses).toEqual([people[1]?.id, people[2]?.id, people[0]?.id]);
    // What was made without its references has another version once it has them.
    expect(results.map(({ version }) => version)).toEqual(
      people.map(({ meta }) => (meta as { version: string }).version),
    );
    expect(results.map(({ version }) => version)).toContain('W/"2"');
  });

  it('takes a whole value for a reference, in a body, a path and a comparison; in a longer text it is text', async () => {
    const patch = (path: string, ...operations: readonly Json[]) => ({
      method: 'PATCH',
      path,
      data: { schemas: [PATCH], Operations: operations },
    });
    const results = await bulk([
      user('w1', { title: 'see bulkId:nobody', nickName: 'bulkId:nobody is text' }),
      group('w2', ['bulkId:w1']),
      patch('/Groups/bulkId:w2', { op: 'add', path: 'externalId', value: 'not bulkId:w2' }),
      patch('groups/bulkId%3Aw2/?attributes=displayName', {
        op: 'remove',
        path: 'members[value eq "bulkId:w1"]',
      }),
      { method: 'DELETE', path: '/Users/bulkId:w1?x=1' },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['201', '201', '204', '200', '204']);
    const made = results.slice(0, 2).map(({ location }) => location);
    expect(results.slice(2).map(({ location }) => location)).toEqual([made[1], made[1], made[0]]);
    const left = await at(results[1]);
    expect(left).toMatchObject({ externalId: 'not bulkId:w2' });
    expect(left).not.toHaveProperty('members');
  });

  it('gives the address of each resource, plain, and none of what was never made', async () => {
    const [made] = await bulk([user('a1')]);
    const id = (made?.location ?? '').split('/').at(-1) ?? '';
    const results = await bulk([
      { method: 'DELETE', path: `users/${id}/?attributes=userName` },
      { method: 'DELETE', path: `/Users/${id}` },
      { method: 'DELETE', path: '/Users/bulkId:none' },
      { method: 'DELETE', path: 'https://elsewhere.test/Users/x' },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['204', '404', '400', '404']);
    expect(results.map(({ location }) => location)).toEqual([
      made?.location,
      made?.location,
      undefined,
      undefined,
    ]);
  });

  it('gives a circle up only after trying it: nested groups cannot form one (D-11)', async () => {
    const results = await bulk([group('n1', ['bulkId:n2']), group('n2', ['bulkId:n1'])]);
    expect(results.map(({ status }) => status).sort()).toEqual(['201', '409']);
    const refused = results.find(({ status }) => status === '409');
    expect(refused?.response).toMatchObject({ status: '409' });
    const found = await client.send(
      'GET',
      `/Groups?filter=${encodeURIComponent(`displayName eq "${refused?.bulkId ?? ''}"`)}`,
    );
    expect(found.body.totalResults).toBe(0);
  });

  it('takes bulkId in paths, for what is patched, replaced and deleted', async () => {
    const results = await bulk([
      user('p1'),
      {
        method: 'PATCH',
        path: '/Users/bulkId:p1',
        data: { schemas: [PATCH], Operations: [{ op: 'add', path: 'title', value: 'T' }] },
      },
      user('p2'),
      { method: 'DELETE', path: '/Users/bulkId:p2' },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['201', '200', '201', '204']);
    expect(await at(results[0])).toMatchObject({ title: 'T' });
  });

  it('tells errors one by one, and stops after failOnErrors of them', async () => {
    const wrong = { method: 'POST', path: '/Users', bulkId: 'w', data: { schemas: [USER] } };
    const results = await bulk([wrong, user('f1'), { ...wrong, bulkId: 'w2' }, user('f2')], {
      failOnErrors: 2,
    });
    expect(results.map(({ status }) => status)).toEqual(['400', '201', '400']);
    expect(results[0]?.response).toMatchObject({ scimType: 'invalidValue' });
    const dependent = await bulk([
      { ...wrong, bulkId: 'w3' },
      group('d1', ['bulkId:w3']),
      group('d2', ['bulkId:unknown']),
    ]);
    expect(dependent.map(({ status }) => status)).toEqual(['400', '409', '400']);
  });

  it('leaves nothing half made where it stops in the middle of a circle', async () => {
    const beside = (bulkId: string, ...others: readonly string[]): JsonObject =>
      group(
        bulkId,
        others.map((other) => `bulkId:${other}`),
      );
    // Of the circle of two the first is made, then what needs only it fails, then all stops.
    const wrong = {
      method: 'PATCH',
      path: '/Groups/bulkId:h1',
      data: { schemas: [PATCH], Operations: [{ op: 'remove', path: 'displayName' }] },
    };
    const stopped = await bulk([beside('h1', 'h2'), wrong, user('h2', { nickName: 'bulkId:h1' })], {
      failOnErrors: 1,
    });
    expect(stopped.map(({ status }) => status)).toEqual(['409', '400']);
    const filter = encodeURIComponent('displayName eq "h1"');
    expect((await client.send('GET', `/Groups?filter=${filter}`)).body.totalResults).toBe(0);
    // Where all of the circle is there by then, its references are given.
    const whole = await bulk([beside('h1', 'h3'), user('h3', { nickName: 'bulkId:h1' }), wrong], {
      failOnErrors: 1,
    });
    expect(whole.map(({ status }) => status)).toEqual(['201', '201', '400']);
    expect((await at(whole[0])).members).toHaveLength(1);
  });

  it('refuses a reference that nothing makes, and leaves nothing of such an operation undone in silence', async () => {
    const [made] = await bulk([group('names itself', [])]);
    const data = {
      schemas: [PATCH],
      Operations: [
        { op: 'add', path: 'members', value: [{ value: 'bulkId:p' }] },
        { op: 'replace', path: 'displayName', value: 'renamed' },
      ],
    };
    const path = (made?.location ?? '').slice(door.baseUrl.length);
    expect(await bulk([{ method: 'PATCH', bulkId: 'p', path, data }])).toMatchObject([{ status: '400' }]);
    expect((await at(made)).displayName).toBe('names itself');
  });

  it('holds an operation to its version', async () => {
    const [made] = await bulk([user('v1')]);
    const path = (made?.location ?? '').slice(door.baseUrl.length);
    const results = await bulk([
      { method: 'DELETE', path, version: 'W/"9"' },
      { method: 'DELETE', path, version: 'W/"1"' },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['412', '204']);
  });

  it('has limits: 1,000 operations and 1 MiB, else 413', async () => {
    const many = Array.from({ length: 1_001 }, () => ({ method: 'DELETE', path: '/Users/x' }));
    expect((await client.send('POST', '/Bulk', { schemas: [BULK], Operations: many })).status).toBe(413);
    expect((await client.send('POST', '/Bulk', 'x'.repeat(1_048_577))).status).toBe(413);
  });

  it('refuses what is no message, and does not hold another Bulk, paths or methods that are not there', async () => {
    for (const body of [
      {},
      { Operations: [{ method: 'POST', path: '/Users', data: {} }] },
      { Operations: [{ method: 'GET', path: '/Users' }] },
    ]) {
      expect((await client.send('POST', '/Bulk', body)).status).toBe(400);
    }
    const results = await bulk([
      { method: 'POST', path: '/Bulk', bulkId: 'b', data: {} },
      { method: 'POST', path: '/Cars', bulkId: 'c', data: {} },
      { method: 'DELETE', path: '/Users' },
    ]);
    expect(results.map(({ status }) => status)).toEqual(['400', '404', '405']);
  });

  it('reaches nothing outside the namespace of the client', async () => {
    const [made] = await bulk([user('foreign')]);
    const path = (made?.location ?? '').slice(door.baseUrl.length);
    const own = await door.client({ namespace: 'own' });
    const reply = await own.send('POST', '/Bulk', {
      schemas: [BULK],
      Operations: [{ method: 'DELETE', path }],
    });
    expect(reply.body.Operations).toMatchObject([{ status: '404' }]);
  });
});

describe('A search (RFC 7644 §3.4.3)', () => {
  it('takes in its body what a list takes in its URL, for a type and for all', async () => {
    await client.send('POST', '/Users', {
      schemas: [USER],
      userName: 'search@x.test',
      displayName: 'Searched',
    });
    await client.send('POST', '/Groups', { schemas: [GROUP], displayName: 'Searched' });
    const body = {
      filter: 'displayName eq "searched"',
      attributes: ['displayName'],
      startIndex: 1,
      count: 10,
    };
    const search = async (path: string, more: JsonObject = {}) =>
      (await client.send('POST', `${path}/.search`, { ...body, ...more })).body;
    expect(await search('/Users')).toMatchObject({
      totalResults: 1,
      Resources: [{ displayName: 'Searched', schemas: [USER] }],
    });
    expect((await search('/Users')).Resources?.[0]).not.toHaveProperty('userName');
    expect(await search('/Groups')).toMatchObject({ totalResults: 1, Resources: [{ schemas: [GROUP] }] });
    expect(await search('')).toMatchObject({
      totalResults: 2,
      Resources: [{ schemas: [USER] }, { schemas: [GROUP] }],
    });
    expect(await search('', { startIndex: 2 })).toMatchObject({
      totalResults: 2,
      itemsPerPage: 1,
      Resources: [{ schemas: [GROUP] }],
    });
    expect(await search('', { filter: 'userName eq "search@x.test"' })).toMatchObject({ totalResults: 1 });
    expect(await search('', { filter: 'colour eq "x"' })).toMatchObject({ scimType: 'invalidFilter' });
    const root = await client.send('GET', `/?filter=${encodeURIComponent('displayName eq "searched"')}`);
    expect(root.body.totalResults).toBe(2);
  });

  it('pages by cursor', async () => {
    const first = await client.send('POST', '/Users/.search', { cursor: '', count: 1 });
    const next = await client.send('POST', '/Users/.search', {
      cursor: first.body.nextCursor ?? null,
      count: 1,
    });
    expect(next.body.Resources?.[0]?.id).not.toBe(first.body.Resources?.[0]?.id);
  });
});

describe('/Me (RFC 7644 §3.11)', () => {
  it('is nobody with the token of a client', async () => {
    expect((await client.send('GET', '/Me')).status).toBe(404);
  });
});

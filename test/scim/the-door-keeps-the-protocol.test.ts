import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '../../src/core/scim/json.ts';
import { overloadOf } from '../../src/http/edge.ts';
import { eventually } from '../support/eventually.ts';
import { type Client, ERROR, GROUP, idIn, openDoor, PATCH, type TestDoor, USER } from './door.ts';
import { ENTERPRISE } from './support.ts';

let door: TestDoor;
let client: Client;

beforeAll(async () => {
  door = await openDoor();
  client = await door.client();
});
afterAll(() => door.close());

function operationIn({ Operations: operations }: JsonObject): Json {
  return (operations as readonly Json[])[0] ?? null;
}

let made = 0;
function person(more: object = {}): { readonly userName: string; readonly schemas: readonly string[] } {
  made += 1;
  return { schemas: [USER], userName: `p${made}@x.test`, ...more };
}

async function newUser(more: object = {}): Promise<string> {
  return idIn(await client.send('POST', '/Users', person(more)));
}

async function newGroup(more: object = {}): Promise<string> {
  made += 1;
  return idIn(await client.send('POST', '/Groups', { schemas: [GROUP], displayName: `g${made}`, ...more }));
}

describe('Users', () => {
  it('are created with id, meta and Location, in the media type of SCIM (RFC 7644 §3.3)', async () => {
    const reply = await client.send('POST', '/Users', {
      ...person({
        externalId: 'e1',
        name: { familyName: 'F' },
        emails: [{ value: 'a@x.test', type: 'work' }],
        password: 'pw',
      }),
      id: 'mine',
      meta: { version: 'mine' },
      groups: [{ value: 'g' }],
      [ENTERPRISE]: { department: 'D' },
    });
    const id = idIn(reply);
    const location = `${door.baseUrl}/Users/${id}`;
    expect(reply.status).toBe(201);
    expect(reply.headers.get('content-type')).toBe('application/scim+json');
    expect(reply.headers.get('location')).toBe(location);
    expect(reply.headers.get('etag')).toBe('W/"1"');
    expect(reply.body).toMatchObject({
      schemas: [USER, ENTERPRISE],
      externalId: 'e1',
      active: true,
      meta: { resourceType: 'User', location, version: 'W/"1"' },
    });
    expect(reply.body).not.toHaveProperty('password');
    expect(reply.body).not.toHaveProperty('groups');
    const again = await client.send('GET', `/Users/${id}`);
    expect(again.body).toEqual(reply.body);
  });

  it('have one userName each, whatever its case: 409 uniqueness', async () => {
    await client.send('POST', '/Users', { schemas: [USER], userName: 'Twin@x.test' });
    const reply = await client.send('POST', '/Users', { schemas: [USER], userName: 'TWIN@X.TEST' });
    expect(reply.status).toBe(409);
    expect(reply.body).toMatchObject({ schemas: [ERROR], status: '409', scimType: 'uniqueness' });
  });

  it('are replaced: what is left out is cleared, but not whether they are active (RFC 7644 §3.5.1)', async () => {
    const id = await newUser({ title: 'T', active: false, nickName: 'N' });
    const reply = await client.send('PUT', `/Users/${id}`, { ...person(), nickName: 'M' });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ nickName: 'M', active: false, meta: { version: 'W/"2"' } });
    expect(reply.body).not.toHaveProperty('title');
    expect((await client.send('PUT', `/Users/00000000-0000-4000-8000-000000000000`, person())).status).toBe(
      404,
    );
  });

  it('keep their version where a write changes nothing (D-04)', async () => {
    const body = person({ title: 'T', emails: [{ value: 'x@x.test' }] });
    const id = idIn(await client.send('POST', '/Users', body));
    await client.send('PUT', `/Users/${id}`, body);
    await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'T' });
    await client.patch(`/Users/${id}`, { op: 'add', path: 'emails', value: [{ value: 'X@x.test' }] });
    const reply = await client.patch(`/Users/${id}`);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ meta: { version: 'W/"1"' } });
  });

  it('are gone at once when deleted, and the userName is free (D-06)', async () => {
    const body = person();
    const id = idIn(await client.send('POST', '/Users', body));
    expect((await client.send('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await client.send('GET', `/Users/${id}`)).status).toBe(404);
    expect((await client.send('DELETE', `/Users/${id}`)).status).toBe(404);
    expect((await client.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'T' })).status).toBe(
      404,
    );
    const again = await client.send('POST', '/Users', body);
    expect(again.status).toBe(201);
    expect(idIn(again)).not.toBe(id);
  });

  it('name their manager by its name', async () => {
    const boss = await newUser({ displayName: 'The Boss' });
    const id = await newUser({ [ENTERPRISE]: { manager: boss } });
    expect((await client.send('GET', `/Users/${id}`)).body[ENTERPRISE]).toEqual({
      manager: { value: boss, $ref: `${door.baseUrl}/Users/${boss}`, displayName: 'The Boss' },
    });
  });

  it('show the groups they are in, directly and through others; inactive ones show none', async () => {
    const id = await newUser();
    const inner = await newGroup({ members: [{ value: id }] });
    const outer = await newGroup({ members: [{ value: inner, type: 'Group' }] });
    expect((await client.send('GET', `/Users/${id}`)).body.groups).toMatchObject([
      { value: inner, type: 'direct', $ref: `${door.baseUrl}/Groups/${inner}` },
      { value: outer, type: 'indirect' },
    ]);
    const found = await client.send(
      'GET',
      `/Users?filter=${encodeURIComponent(`groups.value eq "${outer}"`)}`,
    );
    expect(found.body.Resources?.map((user) => user.id)).toEqual([id]);
    await client.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false });
    expect((await client.send('GET', `/Users/${id}`)).body).not.toHaveProperty('groups');
    expect((await client.send('GET', `/Groups/${inner}`)).body.members).toMatchObject([
      { value: id, type: 'User' },
    ]);
  });

  it('have an externalId for each client (RFC 7643 §3.1)', async () => {
    const other = await door.client();
    const id = await newUser({ externalId: 'Mine' });
    expect((await other.send('GET', `/Users/${id}`)).body).not.toHaveProperty('externalId');
    await other.patch(`/Users/${id}`, { op: 'add', path: 'externalId', value: 'Theirs' });
    expect((await client.send('GET', `/Users/${id}`)).body).toMatchObject({ externalId: 'Mine' });
    const search = (value: string): string =>
      `/Users?filter=${encodeURIComponent(`externalId eq "${value}"`)}`;
    expect((await client.send('GET', search('Mine'))).body.totalResults).toBe(1);
    expect((await client.send('GET', search('mine'))).body.totalResults).toBe(0);
    expect((await client.send('GET', search('Theirs'))).body.totalResults).toBe(0);
    expect((await other.send('GET', search('Theirs'))).body.totalResults).toBe(1);
  });
});

describe('Groups', () => {
  it('take users and groups as members, and change by members alone', async () => {
    const [one, two] = [await newUser(), await newUser()];
    const nested = await newGroup();
    const id = await newGroup({ members: [{ value: one }, { value: nested }] });
    const reply = await client.patch(
      `/Groups/${id}`,
      { op: 'remove', path: `members[value eq "${one}"]` },
      { op: 'add', path: 'members', value: [{ value: two, display: 'x' }] },
    );
    expect(reply.status).toBe(204);
    const group = await client.send('GET', `/Groups/${id}`);
    expect(group.body.members).toMatchObject([
      { value: two, type: 'User' },
      { value: nested, type: 'Group' },
    ]);
    expect(reply.headers.get('etag')).toBe(group.headers.get('etag'));
  });

  it('keep their version where members stay as they were (D-04)', async () => {
    const one = await newUser();
    const id = await newGroup({ members: [{ value: one }] });
    const before = (await client.send('GET', `/Groups/${id}`)).headers.get('etag');
    await client.patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: one }] });
    await client.patch(`/Groups/${id}`, {
      op: 'remove',
      path: 'members',
      value: [{ value: await newUser() }],
    });
    await client.patch(`/Groups/${id}`, { op: 'replace', path: 'members', value: [{ value: one }] });
    expect((await client.send('GET', `/Groups/${id}`)).headers.get('etag')).toBe(before);
  });

  it('are replaced as a set, and emptied by an empty list', async () => {
    const [one, two] = [await newUser(), await newUser()];
    const id = await newGroup({ members: [{ value: one }] });
    const name = (await client.send('GET', `/Groups/${id}`)).body.displayName ?? null;
    const put = await client.send('PUT', `/Groups/${id}`, {
      schemas: [GROUP],
      displayName: name,
      members: [{ value: two }],
    });
    expect(put.body.members).toMatchObject([{ value: two }]);
    await client.patch(`/Groups/${id}`, { op: 'replace', value: { members: [] } });
    expect((await client.send('GET', `/Groups/${id}`)).body).not.toHaveProperty('members');
  });

  it('refuse members that do not exist and cycles: 400 invalidValue (D-11)', async () => {
    const inner = await newGroup();
    const outer = await newGroup({ members: [{ value: inner }] });
    const cycle = await client.patch(`/Groups/${inner}`, {
      op: 'add',
      path: 'members',
      value: [{ value: outer }],
    });
    expect(cycle).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    for (const value of ['00000000-0000-4000-8000-000000000000', 'string id 1']) {
      const dangling = await client.patch(`/Groups/${inner}`, {
        op: 'add',
        path: 'members',
        value: [{ value }],
      });
      expect(dangling).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    }
  });

  it('remove members by any filter over them', async () => {
    const [one, nested] = [await newUser(), await newGroup()];
    const id = await newGroup({ members: [{ value: one }, { value: nested }] });
    await client.patch(`/Groups/${id}`, { op: 'remove', path: 'members[type eq "Group"]' });
    expect((await client.send('GET', `/Groups/${id}`)).body.members).toMatchObject([{ value: one }]);
  });

  it('refuse to make another of a member: 400 mutability; what fits nothing is noTarget where that is strict', async () => {
    const [one, two] = [await newUser(), await newUser()];
    const id = await newGroup({ members: [{ value: one }] });
    const strict = await door.client({ profile: 'strict' });
    const replace = (by: Client, path: string, value: Json) =>
      by.patch(`/Groups/${id}`, { op: 'replace', path, value });
    const members = async () =>
      ((await client.send('GET', `/Groups/${id}`)).body.members as readonly { value: string }[]).map(
        ({ value }) => value,
      );
    const ofOne = `members[value eq "${one}"]`;
    for (const by of [client, strict]) {
      for (const [path, value] of [
        [ofOne, { value: two }],
        [ofOne, two],
        [`${ofOne}.value`, two],
        ['members[type eq "User"]', { value: two }],
      ] as const) {
        if (by === strict && typeof value === 'string' && path === ofOne) continue;
        expect((await replace(by, path, value)).body).toMatchObject({
          status: '400',
          scimType: 'mutability',
        });
      }
      expect((await replace(by, ofOne, { value: one, type: 'User' })).status).toBe(204);
      expect(await members()).toEqual([one]);
      const nobody = await replace(by, 'members[type eq "Group"]', { type: 'Group' });
      expect(nobody.body).toMatchObject({ status: '400', scimType: 'noTarget' });
    }
    const absent = `members[value eq "${two}"]`;
    expect((await replace(strict, absent, { value: two })).body.scimType).toBe('noTarget');
    expect((await replace(client, absent, { value: two })).status).toBe(204);
    expect(await members()).toEqual([one, two]);
    // What may not be written says nothing: nobody is taken out by it.
    expect((await replace(client, ofOne, { display: 'x' })).status).toBe(204);
    expect(await members()).toEqual([one, two]);
  });

  it('hold a strict client to the type that it says of a member', async () => {
    const [user, nested] = [await newUser(), await newGroup()];
    const id = await newGroup({ members: [{ value: user }] });
    const strict = await door.client({ profile: 'strict' });
    const change = (by: Client, op: string, value: Json) =>
      by.patch(`/Groups/${id}`, { op, path: 'members', value });
    const asUser = [{ value: nested, type: 'User' }];
    expect((await change(strict, 'add', asUser)).body).toMatchObject({ scimType: 'invalidValue' });
    expect((await change(strict, 'add', [{ value: nested, type: 'Car' }])).status).toBe(400);
    expect((await change(strict, 'remove', [{ value: user, type: 'Group' }])).status).toBe(204);
    expect((await client.send('GET', `/Groups/${id}`)).body.members).toMatchObject([{ value: user }]);
    expect((await change(client, 'add', asUser)).status).toBe(204);
    expect((await client.send('GET', `/Groups/${id}`)).body.members).toMatchObject([
      { value: user, type: 'User' },
      { value: nested, type: 'Group' },
    ]);
    expect((await change(strict, 'remove', [{ value: nested, type: 'group' }])).status).toBe(204);
    expect((await client.send('GET', `/Groups/${id}`)).body.members).toMatchObject([{ value: user }]);
  });

  it('show their flags, which only a client with groups.govern may write', async () => {
    const extension = 'urn:muster:params:scim:schemas:extension:2.0:Group';
    const governor = await door.client({ scopes: ['scim.read', 'scim.write', 'groups.govern'] });
    const id = await newGroup({ [extension]: { open: true, description: 'D' } });
    expect((await client.send('GET', `/Groups/${id}`)).body[extension]).toMatchObject({
      open: false,
      kind: 'regular',
    });
    const reply = await governor.patch(
      `/Groups/${id}`,
      { op: 'replace', path: `${extension}:open`, value: true },
      { op: 'add', path: `${extension}:roles`, value: ['publisher'] },
    );
    expect(reply.status).toBe(204);
    expect((await client.send('GET', `/Groups/${id}`)).body[extension]).toMatchObject({
      open: true,
      roles: ['publisher'],
    });
  });
});

describe('Lists', () => {
  it('are paged by index, ordered by creation, and never hold more than asked for (RFC 7644 §3.4.2.4)', async () => {
    const ids = [];
    for (let at = 0; at < 5; at += 1) ids.push(await newUser({ title: 'paged' }));
    const list = async (query: string) =>
      (await client.send('GET', `/Users?filter=title+eq+%22paged%22&${query}`)).body;
    expect(await list('startIndex=2&count=2')).toMatchObject({
      totalResults: 5,
      itemsPerPage: 2,
      startIndex: 2,
      Resources: [{ id: ids[1] }, { id: ids[2] }],
    });
    expect(await list('startIndex=-3&count=1')).toMatchObject({
      totalResults: 5,
      startIndex: 1,
      itemsPerPage: 1,
    });
    expect(await list('count=0')).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] });
    expect(await list('count=-1')).toMatchObject({ totalResults: 5, Resources: [] });
    expect(await list('startIndex=99')).toMatchObject({ totalResults: 5, itemsPerPage: 0, Resources: [] });
    expect(await client.send('GET', '/Users?count=many')).toMatchObject({
      status: 400,
      body: { scimType: 'invalidValue' },
    });
  });

  it('are paged by cursor, bound to client, query and count, and for a time (RFC 9865)', async () => {
    for (let at = 0; at < 3; at += 1) await newUser({ title: 'cursor', nickName: `n${2 - at}` });
    const path = '/Users?filter=title+eq+%22cursor%22&sortBy=nickName&count=2';
    const first = await client.send('GET', `${path}&cursor=`);
    expect(first.body).toMatchObject({
      totalResults: 3,
      itemsPerPage: 2,
      Resources: [{ nickName: 'n0' }, { nickName: 'n1' }],
    });
    expect(first.body).not.toHaveProperty('startIndex');
    const cursor = first.body.nextCursor as string;
    expect(cursor).toMatch(/^[\w-]+$/);
    const last = await client.send('GET', `${path}&cursor=${cursor}`);
    expect(last.body).toMatchObject({ itemsPerPage: 1, Resources: [{ nickName: 'n2' }] });
    expect(last.body).not.toHaveProperty('nextCursor');
    const refused = async (by: Client, query: string) => (await by.send('GET', query)).body.scimType;
    expect(await refused(client, `${path}&cursor=x${cursor}`)).toBe('invalidCursor');
    expect(await refused(client, `/Users?count=2&cursor=${cursor}`)).toBe('invalidCursor');
    expect(
      await refused(client, `/Users?filter=title+eq+%22cursor%22&sortBy=nickName&count=3&cursor=${cursor}`),
    ).toBe('invalidCount');
    expect(await refused(client, '/Users?count=two&cursor=')).toBe('invalidCount');
    expect(await refused(await door.client(), `${path}&cursor=${cursor}`)).toBe('invalidCursor');
    door.advance(3_601_000);
    expect(await refused(client, `${path}&cursor=${cursor}`)).toBe('expiredCursor');
  });

  it('are sorted by type and case, missing values last ascending and first descending (RFC 7644 §3.4.2.3)', async () => {
    const names = ['b', null, 'A', 'c'];
    for (const displayName of names)
      await newUser({ title: 'sorted', ...(displayName === null ? {} : { displayName }) });
    const sorted = async (query: string) =>
      (await client.send('GET', `/Users?filter=title+eq+%22sorted%22&${query}`)).body.Resources?.map(
        (user) => user.displayName,
      );
    expect(await sorted('sortBy=displayName')).toEqual(['A', 'b', 'c', undefined]);
    expect(await sorted('sortBy=DISPLAYNAME&sortOrder=Descending')).toEqual([undefined, 'c', 'b', 'A']);
    expect(await sorted('sortBy=displayName&startIndex=2&count=2')).toEqual(['b', 'c']);
  });

  it('give cursors that they take, however long what they are sorted by', async () => {
    const long = '\u0001😀'.repeat(4_500);
    for (const end of ['a', 'b', 'c']) await newUser({ title: 'long', displayName: `${long}${end}` });
    await newUser({ title: 'long', displayName: 'last' });
    for (const [order, ids] of [
      ['sortBy=displayName', ['a', 'b', 'c', 'last']],
      ['sortBy=displayName&sortOrder=descending', ['last', 'a', 'b', 'c']],
    ] as const) {
      const found: unknown[] = [];
      for (let cursor: unknown = ''; typeof cursor === 'string' && found.length < 9;) {
        const page = `/Users?filter=title+eq+%22long%22&${order}&count=1&attributes=displayName&cursor=${cursor}`;
        const { status, body } = await client.send('GET', page);
        expect(status).toBe(200);
        found.push((body.Resources?.[0]?.displayName as string | undefined)?.replace(long, ''));
        cursor = body.nextCursor;
      }
      expect(found).toEqual(ids);
    }
  });

  it('refuse filters that cannot be read: 400 invalidFilter', async () => {
    for (const filter of ['userName xx "1"', 'colour eq "red"', 'password eq "x"']) {
      const reply = await client.send('GET', `/Users?filter=${encodeURIComponent(filter)}`);
      expect(reply).toMatchObject({ status: 400, body: { scimType: 'invalidFilter', status: '400' } });
    }
  });
});

describe('Preconditions (RFC 7644 §3.14)', () => {
  it('hold writes to the version they were made for: 412', async () => {
    const id = await newUser();
    const put = (tag: string) => client.send('PUT', `/Users/${id}`, person(), { 'If-Match': tag });
    expect((await put('W/"7"')).status).toBe(412);
    expect((await put('"7", "1"')).status).toBe(200);
    expect((await put('*')).status).toBe(200);
    expect((await put('W/"7", *')).status).toBe(200);
    expect((await put('nonsense')).status).toBe(412);
    expect((await client.send('DELETE', `/Users/${id}`, undefined, { 'If-Match': 'W/"1"' })).status).toBe(
      412,
    );
    const group = await newGroup();
    const operations = { schemas: [PATCH], Operations: [{ op: 'replace', path: 'externalId', value: 'x' }] };
    expect((await client.send('PATCH', `/Groups/${group}`, operations, { 'If-Match': 'W/"9"' })).status).toBe(
      412,
    );
    expect((await client.send('DELETE', `/Groups/${group}`, undefined, { 'If-Match': 'W/"9"' })).status).toBe(
      412,
    );
  });

  it('keep writes from a version that is not wanted: 412 (RFC 9110 §13.1.2)', async () => {
    const [user, group] = [await newUser(), await newGroup()];
    const title = { schemas: [PATCH], Operations: [{ op: 'add', path: 'externalId', value: 'x' }] };
    for (const path of [`/Users/${user}`, `/Groups/${group}`]) {
      const send = async (method: string, tag: string, body?: Json) =>
        (await client.send(method, path, body, { 'If-None-Match': tag })).status;
      for (const tag of ['*', 'W/"1"', '"9", "1"']) {
        expect(await send('PATCH', tag, title)).toBe(412);
        expect(await send('PUT', tag, { ...person(), displayName: `g${made}` })).toBe(412);
        expect(await send('DELETE', tag)).toBe(412);
      }
      expect(await send('PATCH', 'W/"9"', title)).toBeLessThan(300);
      expect((await client.send('GET', path, undefined, { 'If-Match': 'W/"1"' })).status).toBe(412);
      expect((await client.send('GET', path, undefined, { 'If-Match': 'W/"2"' })).status).toBe(200);
    }
  });

  it('answer 304 where nothing is new, but never for a User that shows groups', async () => {
    const id = await newUser();
    const tag = { 'If-None-Match': 'W/"1"' };
    expect((await client.send('GET', `/Users/${id}`, undefined, tag)).status).toBe(200);
    expect((await client.send('GET', `/Users/${id}?excludedAttributes=groups`, undefined, tag)).status).toBe(
      304,
    );
    const group = await newGroup();
    expect((await client.send('GET', `/Groups/${group}`, undefined, tag)).status).toBe(304);
  });
});

describe('The door', () => {
  it('is open for discovery and nothing else', async () => {
    const open = async (path: string) => (await fetch(`${door.baseUrl}${path}`)).status;
    expect(await open('/ServiceProviderConfig')).toBe(200);
    expect(await open('/Schemas')).toBe(200);
    expect(await open(`/Schemas/${USER}`)).toBe(200);
    expect(await open('/ResourceTypes/User')).toBe(200);
    expect(await open('/ResourceTypes/Car')).toBe(404);
    expect(await open('/Schemas?filter=id+pr')).toBe(403);
    expect(await open('/Users')).toBe(401);
    const reply = await client.send('GET', '/Users', undefined, { Authorization: 'non-token' });
    expect(reply).toMatchObject({ status: 401, body: { schemas: [ERROR], status: '401' } });
    expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('asks for the scope', async () => {
    const reader = await door.client({ scopes: ['scim.read'] });
    expect((await reader.send('GET', '/Users')).status).toBe(200);
    expect((await reader.send('POST', '/Users', person())).status).toBe(403);
  });

  it('answers what it does not do with 404, 405, 413 and 415', async () => {
    expect((await client.send('GET', '/Cars')).status).toBe(404);
    expect((await client.send('GET', '/Users/a/b')).status).toBe(404);
    const wrong = await client.send('DELETE', '/Users');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect((await client.send('POST', '/Schemas', {})).status).toBe(405);
    expect((await client.send('POST', '/Users', 'x'.repeat(1_100_000))).status).toBe(413);
    expect((await client.send('POST', '/Users', person(), { 'Content-Type': 'text/plain' })).status).toBe(
      415,
    );
    const [utf, ascii, latin] = ['"UTF-8"', 'us-ascii', 'iso-8859-1'].map((charset) =>
      client.send('POST', '/Users', person(), { 'Content-Type': `application/json; charset=${charset}` }),
    );
    expect([(await utf)?.status, (await ascii)?.status, (await latin)?.status]).toEqual([201, 201, 415]);
  });

  it('reads no compressed bodies: 415', async () => {
    const reply = await client.send('POST', '/Users', person(), { 'Content-Encoding': 'gzip' });
    expect([reply.status, reply.headers.get('accept-encoding')]).toEqual([415, 'identity']);
    expect((await client.send('POST', '/Users', person(), { 'Content-Encoding': 'identity' })).status).toBe(
      201,
    );
  });

  it('sends away whom it has no connection for: 503, and when to come again', async () => {
    const narrow = await door.instanceFor(client, { poolSize: 1, patienceMs: 50 });
    // To make the connection may take longer than it waits for one; it is kept afterwards.
    await eventually(async () => expect((await narrow.send('GET', '/Users?count=0')).status).toBe(200));
    const secret = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'somebody',
      client_secret: client.token,
    });
    await narrow.whileBusy(async () => {
      for (const reply of [
        await narrow.send('GET', '/Users?count=0'),
        await narrow.send('POST', '/Users', person()),
        await narrow.send('POST', '/Bulk', {
          Operations: [{ method: 'POST', path: '/Users', bulkId: 'a', data: person() }],
        }),
      ]) {
        const answer = reply.body.Operations === undefined ? reply.body : operationIn(reply.body);
        expect(answer).toMatchObject({ status: '503' });
        if (reply.status !== 200) expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
      }
      const token = await fetch(narrow.tokenUrl, { method: 'POST', body: secret });
      expect([token.status, token.headers.get('retry-after')]).toEqual([503, '5']);
    });
    expect((await narrow.send('GET', '/Users?count=0')).status).toBe(200);
  });

  it('does so where no connection can be made', async () => {
    const alone = await door.instanceFor(client, { url: 'postgres://muster@127.0.0.1:1/muster' });
    const reply = await alone.send('GET', '/Users?count=0');
    expect(reply).toMatchObject({ status: 503, body: { schemas: [ERROR], status: '503' } });
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
    // A name with two addresses, and one with none.
    const refused = Object.assign(new Error('refused'), { syscall: 'connect' });
    const unknown = Object.assign(new Error('unknown'), { syscall: 'getaddrinfo' });
    const both = [new AggregateError([refused, refused]), unknown].map(overloadOf);
    expect(both).toMatchObject([{ status: 503 }, { status: 503 }]);
    expect([new AggregateError([]), new AggregateError([refused, new Error('x')])].map(overloadOf)).toEqual([
      null,
      null,
    ]);
  });

  it('answers malformed bodies with 400 invalidSyntax', async () => {
    for (const body of ['{', '[]', '"x"', 'null', '']) {
      expect(await client.send('POST', '/Users', body)).toMatchObject({
        status: 400,
        body: { scimType: 'invalidSyntax' },
      });
    }
    expect(await client.send('POST', '/Users', { schemas: [USER] })).toMatchObject({
      status: 400,
      body: { scimType: 'invalidValue' },
    });
    expect(await client.send('POST', '/Users', { userName: 'x'.repeat(10_000) })).toMatchObject({
      status: 400,
      body: { scimType: 'invalidValue' },
    });
  });

  it('takes attributes XOR excludedAttributes, also on writes (RFC 7644 §3.9)', async () => {
    const created = await client.send('POST', '/Users?attributes=userName', person({ title: 'T' }));
    expect(Object.keys(created.body).sort()).toEqual(['id', 'schemas', 'userName']);
    expect((await client.send('GET', '/Users?attributes=id&excludedAttributes=id')).status).toBe(400);
    const group = await newGroup();
    const patched = await client.send('PATCH', `/Groups/${group}?attributes=displayName`, {
      schemas: [PATCH],
      Operations: [],
    });
    expect(patched.status).toBe(200);
  });

  it('hides from a client of its own namespace all that others made', async () => {
    const own = await door.client({ namespace: 'own' });
    const foreign = await newUser();
    const foreignGroup = await newGroup({ members: [{ value: foreign }] });
    const mine = idIn(await own.send('POST', '/Users', person()));
    const group = idIn(
      await own.send('POST', '/Groups', { displayName: `own${made}`, members: [{ value: mine }] }),
    );
    await client.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: foreign }] });
    expect((await own.send('GET', '/Users')).body.Resources?.map(({ id }) => id)).toEqual([mine]);
    expect((await own.send('GET', '/Groups')).body.Resources?.map(({ id }) => id)).toEqual([group]);
    expect((await own.send('GET', `/Groups/${group}`)).body.members).toMatchObject([{ value: mine }]);
    for (const path of [`/Users/${foreign}`, `/Groups/${foreignGroup}`]) {
      expect((await own.send('GET', path)).status).toBe(404);
      expect((await own.send('DELETE', path)).status).toBe(404);
      expect((await own.patch(path, { op: 'replace', path: 'externalId', value: 'x' })).status).toBe(404);
      expect((await own.send('PUT', path, { ...person(), displayName: 'x' })).status).toBe(404);
    }
    const add = await own.patch(`/Groups/${group}`, {
      op: 'add',
      path: 'members',
      value: [{ value: foreign }],
    });
    expect(add.status).toBe(400);
    await own.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: [] });
    expect((await client.send('GET', `/Groups/${group}`)).body.members).toMatchObject([{ value: foreign }]);
  });
});

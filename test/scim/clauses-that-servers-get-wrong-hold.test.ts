import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { foldName } from '../../src/core/names.ts';
import type { UserN } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/scim/json.ts';
import { createStub } from '../../src/directory/users.ts';
import { isQuarantined } from '../../src/store/saml/accounts.ts';
import { type Client, GROUP, idIn, openDoor, PATCH, type Reply, type TestDoor, USER } from './door.ts';
import { ENTERPRISE } from './support.ts';

let door: TestDoor;
let client: Client;
let made = 0;
beforeAll(async () => {
  door = await openDoor();
  client = await door.client();
});
afterAll(() => door.close());

const post = (more: object = {}): Promise<Reply> => {
  made += 1;
  return client.send('POST', '/Users', { schemas: [USER], userName: `clause${made}@x.test`, ...more });
};
const newUser = async (more: object = {}): Promise<string> => idIn(await post(more));
const newGroup = async (members: readonly string[] = []): Promise<string> => {
  made += 1;
  const body = {
    schemas: [GROUP],
    displayName: `clause ${made}`,
    members: members.map((value) => ({ value })),
  };
  return idIn(await client.send('POST', '/Groups', body));
};
const get = async (path: string): Promise<JsonObject> => (await client.send('GET', path)).body;
/** A text that an answer must have here. */
const textIn = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new Error(`${typeof value} where a text should be`);
};
const found = async (filter: string, type = 'Users', by = client): Promise<readonly unknown[]> => {
  const { body } = await by.send('GET', `/${type}?filter=${encodeURIComponent(filter)}`);
  return (body.Resources ?? []).map(({ id }) => id);
};

describe('Discovery (RFC 7643 §5 to §7)', () => {
  it('tells every characteristic of every attribute', async () => {
    const { Resources } = await client.send('GET', '/Schemas').then(({ body }) => body);
    const seen: string[] = [];
    const look = (attribute: JsonObject): void => {
      seen.push(textIn(attribute.name));
      expect(attribute).toEqual(
        expect.objectContaining({
          name: expect.any(String),
          description: expect.any(String),
          multiValued: expect.any(Boolean),
          required: expect.any(Boolean),
          type: expect.stringMatching(/^(string|boolean|decimal|integer|dateTime|binary|reference|complex)$/),
          mutability: expect.stringMatching(/^(readOnly|readWrite|immutable|writeOnly)$/),
          returned: expect.stringMatching(/^(always|never|default|request)$/),
          uniqueness: expect.stringMatching(/^(none|server|global)$/),
        }),
      );
      if (attribute.type === 'string') expect(attribute.caseExact).toEqual(expect.any(Boolean));
      if (attribute.type === 'reference') expect(attribute.referenceTypes).toEqual(expect.any(Array));
      for (const sub of (attribute.subAttributes ?? []) as readonly JsonObject[]) look(sub);
    };
    for (const schema of Resources ?? []) for (const one of schema.attributes as JsonObject[]) look(one);
    expect(seen).toEqual(expect.arrayContaining(['userName', 'familyName', 'members', '$ref', 'manager']));
  });

  it('declares what is there, with a default way of paging (RFC 9865 §4)', async () => {
    expect(await get('/ServiceProviderConfig')).toMatchObject({
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1_000, maxPayloadSize: 1_048_576 },
      filter: { supported: true, maxResults: 1_000 },
      sort: { supported: true },
      etag: { supported: true },
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: 'index',
        defaultPageSize: 100,
        maxPageSize: 1_000,
        cursorTimeout: 3_600,
      },
    });
  });
});

describe('A resource', () => {
  it('holds no key that could not be found again: too long, or a number that would not be kept exactly', async () => {
    const long = 'x'.repeat(5_000);
    for (const [path, body] of [
      ['/Users', { schemas: [USER], userName: 'long', externalId: long }],
      ['/Users', { schemas: [USER], userName: 'long', emails: [{ value: `${long}@x.test` }] }],
      ['/Users', { schemas: [USER], userName: 'long', externalId: 2 ** 60 }],
      ['/Groups', { schemas: [GROUP], displayName: 'long', externalId: long }],
    ] as const) {
      const { status, body: said } = await client.send('POST', path, body);
      expect([status, said.scimType]).toEqual([400, 'invalidValue']);
    }
    const most = 'é'.repeat(800);
    const kept = await client.send('POST', '/Users', { schemas: [USER], userName: 'long', externalId: most });
    expect(kept).toMatchObject({ status: 201, body: { externalId: most } });
  });

  it('says when and what it is; its lastModified moves with its members (RFC 7643 §3.1)', async () => {
    const user = await newUser();
    const group = await newGroup();
    const before = await get(`/Groups/${group}`);
    expect(before.meta).toEqual({
      resourceType: 'Group',
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      lastModified: expect.stringMatching(/Z$/),
      version: 'W/"1"',
      location: `${door.baseUrl}/Groups/${group}`,
    });
    await client.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: user }] });
    const { lastModified } = before.meta as { lastModified: string };
    const after = (await get(`/Groups/${group}`)).meta as { lastModified: string };
    expect(Date.parse(after.lastModified)).toBeGreaterThan(Date.parse(lastModified));
  });

  it('is not moved by what happens in a group nested in it, nor a user by its groups', async () => {
    const user = await newUser();
    const inner = await newGroup();
    const outer = await newGroup([inner]);
    const metas = async () => [(await get(`/Groups/${outer}`)).meta, (await get(`/Users/${user}`)).meta];
    const before = await metas();
    await client.patch(`/Groups/${inner}`, { op: 'add', path: 'members', value: [{ value: user }] });
    expect(await metas()).toEqual(before);
    expect((await get(`/Users/${user}`)).groups).toMatchObject([{ value: inner }, { value: outer }]);
  });

  it('names an extension in schemas while it carries data, and no longer (RFC 7643 §3)', async () => {
    const id = await newUser({ [ENTERPRISE]: { department: 'D' } });
    expect((await get(`/Users/${id}`)).schemas).toEqual([USER, ENTERPRISE]);
    await client.patch(`/Users/${id}`, { op: 'remove', path: `${ENTERPRISE}:department` });
    const { schemas, ...rest } = await get(`/Users/${id}`);
    expect(schemas).toEqual([USER]);
    expect(rest).not.toHaveProperty([ENTERPRISE]);
  });

  it('has one primary value, whoever sets the next one (RFC 7643 §2.4)', async () => {
    const work = { value: 'w@x.test', type: 'work', primary: true };
    const id = await newUser({ emails: [work] });
    const home = { value: 'h@x.test', type: 'home', primary: true };
    const { body } = await client.patch(`/Users/${id}`, { op: 'add', path: 'emails', value: [home] });
    expect(body.emails).toEqual([{ ...work, primary: false }, home]);
  });

  it('is gone everywhere once it is deleted (RFC 7644 §3.6)', async () => {
    const user = await newUser({ externalId: 'gone-1', [ENTERPRISE]: { department: 'gone' } });
    const other = await newUser({ [ENTERPRISE]: { manager: { value: user } } });
    const group = await newGroup([user, other]);
    expect((await client.send('DELETE', `/Users/${user}`)).status).toBe(204);
    expect(await found('externalId eq "gone-1"')).toEqual([]);
    expect(await found(`${ENTERPRISE}:department eq "gone"`)).toEqual([]);
    expect(await found(`members eq "${user}"`, 'Groups')).toEqual([]);
    expect((await get(`/Groups/${group}`)).members).toMatchObject([{ value: other }]);
    const add = { op: 'add', path: 'members', value: [{ value: user }] };
    expect((await client.patch(`/Groups/${group}`, add)).body).toMatchObject({ scimType: 'invalidValue' });
    expect((await client.send('PUT', `/Users/${user}`, { schemas: [USER], userName: 'x' })).status).toBe(404);
  });
});

describe('A userName that was somebody else’s', () => {
  it('D-08 is given again at once over SCIM, by POST, PUT and PATCH, and signs nobody in', async () => {
    const userName = 'recycled@x.test';
    const first = await post({ userName });
    await client.send('DELETE', `/Users/${idIn(first)}`);
    const second = await post({ userName: 'Recycled@X.test' });
    expect(second.status).toBe(201);
    expect(idIn(second)).not.toBe(idIn(first));
    await client.patch(`/Users/${idIn(second)}`, { op: 'replace', path: 'userName', value: 'moved@x.test' });
    const third = await newUser();
    const patched = await client.patch(`/Users/${third}`, {
      op: 'replace',
      path: 'userName',
      value: userName,
    });
    expect(patched.body).toMatchObject({ userName });
    const [row] = await door.database.rows<{ n: UserN }>({ text: 'select n from users where id = $1' }, [
      third,
    ]);
    const keys = { issuer: 'https://idp.test', loginKeys: [], nameKey: foldName(userName), emailKey: null };
    expect(await door.database.transaction((tx) => isQuarantined(tx, keys, row?.n ?? null))).toBe(true);
  });
});

describe('A stub', () => {
  it('is hidden from lists and from GET, shown in a group by its userName alone, and becomes the user that arrives', async () => {
    const named = await door.write((work) => createStub(work, { userName: 'later@x.test', document: {} }));
    const nameless = await door.write((work) =>
      createStub(work, { userName: null, document: { emails: [{ value: 'later2@x.test' }] } }),
    );
    const group = await newGroup();
    await door.database.rows(
      {
        text: `insert into assertion (group_n, member_n, source_n, member_kind)
               select (select n from groups where id = $1), n, created_by, 'u' from users where id = any($2::uuid[])`,
      },
      [group, [named.id, nameless.id]],
    );
    expect((await client.send('GET', `/Users/${named.id}`)).status).toBe(404);
    expect(await found('userName eq "later@x.test"')).toEqual([]);
    expect((await get(`/Groups/${group}`)).members).toMatchObject([{ value: named.id }]);
    const arrived = await post({ userName: 'Later@x.test' });
    expect([arrived.status, idIn(arrived)]).toEqual([201, named.id]);
    expect((await get(`/Users/${named.id}`)).groups).toMatchObject([{ value: group }]);
  });
});

describe('A PATCH', () => {
  it('is done whole or not at all (RFC 7644 §3.5.2)', async () => {
    const id = await newUser({ title: 'before' });
    const group = await newGroup();
    const reply = await client.patch(
      `/Users/${id}`,
      { op: 'replace', path: 'title', value: 'after' },
      { op: 'replace', path: 'active', value: 'perhaps' },
    );
    expect(reply).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    expect(await get(`/Users/${id}`)).toMatchObject({ title: 'before', meta: { version: 'W/"1"' } });
    await client.patch(
      `/Groups/${group}`,
      { op: 'replace', path: 'displayName', value: 'renamed on the way' },
      { op: 'add', path: 'members', value: [{ value: id }] },
      { op: 'add', path: 'members', value: [{ value: '00000000-0000-4000-8000-000000000000' }] },
    );
    const after = await get(`/Groups/${group}`);
    expect(after).toMatchObject({ meta: { version: 'W/"1"' } });
    expect(after).not.toHaveProperty('members');
  });

  it('answers refusals of mutability and a missing target by their scimType', async () => {
    const id = await newUser();
    const group = await newGroup([id]);
    const strict = await door.client({ profile: 'strict' });
    const refused = async (by: Client, path: string, operation: JsonObject) =>
      (await by.patch(path, operation)).body.scimType;
    expect(await refused(client, `/Users/${id}`, { op: 'remove', path: 'userName' })).toBe('mutability');
    expect(await refused(client, `/Users/${id}`, { op: 'remove' })).toBe('noTarget');
    expect(
      await refused(strict, `/Users/${id}`, {
        op: 'replace',
        path: 'emails[type eq "work"].value',
        value: 'x@x.test',
      }),
    ).toBe('noTarget');
    const inMember = `members[value eq "${id}"].value`;
    expect(
      await refused(client, `/Groups/${group}`, { op: 'replace', path: inMember, value: await newUser() }),
    ).toBe('mutability');
  });
});

describe('If-Match (RFC 7644 §3.14)', () => {
  it('lets one of many through that come together for the same version', async () => {
    const id = await newUser();
    const body = (title: number) => ({
      schemas: [PATCH],
      Operations: [{ op: 'replace', path: 'title', value: String(title) }],
    });
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        client.send('PATCH', `/Users/${id}`, body(at), { 'If-Match': 'W/"1"' }),
      ),
    );
    const statuses = replies.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 11 }, () => 412)]);
    expect(await get(`/Users/${id}`)).toMatchObject({ meta: { version: 'W/"2"' } });
  });
});

describe('Lists', () => {
  it('are sorted by the primary value, else by the first (RFC 7644 §3.4.2.3)', async () => {
    const mail = (value: string, primary: boolean) => ({ value, primary });
    const a = await newUser({ title: 'mails', emails: [mail('z@x.test', false), mail('a@x.test', true)] });
    const b = await newUser({ title: 'mails', emails: [{ value: 'm@x.test' }, { value: 'b@x.test' }] });
    const c = await newUser({ title: 'mails', emails: [mail('C@x.test', true)] });
    const { body } = await client.send('GET', '/Users?filter=title+eq+%22mails%22&sortBy=emails.value');
    expect(body.Resources?.map(({ id }) => id)).toEqual([a, c, b]);
  });

  it('take %, _ and backslashes of a filter for themselves', async () => {
    const percent = await newUser({ title: 'wild', nickName: '100% _sure\\' });
    await newUser({ title: 'wild', nickName: '100 percent, surely' });
    for (const filter of ['nickName co "%"', 'nickName co "_"', 'nickName sw "100%"', 'nickName ew "\\\\"']) {
      expect(await found(`title eq "wild" and ${filter}`)).toEqual([percent]);
    }
  });

  it('do not shift between pages of a cursor, whatever comes and goes meanwhile (RFC 9865)', async () => {
    const ids: string[] = [];
    for (let at = 0; at < 6; at += 1) ids.push(await newUser({ title: 'keyset' }));
    const page = async (
      cursor: string,
    ): Promise<JsonObject & { readonly Resources?: readonly JsonObject[] }> =>
      (await client.send('GET', `/Users?filter=title+eq+%22keyset%22&count=2&cursor=${cursor}`)).body;
    const first = await page('');
    expect(first).not.toHaveProperty('previousCursor');
    await client.send('DELETE', `/Users/${ids[0] ?? ''}`);
    const second = await page(textIn(first.nextCursor));
    expect(second.Resources?.map(({ id }) => id)).toEqual([ids[2], ids[3]]);
    await client.send('DELETE', `/Users/${ids[3] ?? ''}`);
    const third = await page(textIn(second.nextCursor));
    expect(third.Resources?.map(({ id }) => id)).toEqual([ids[4], ids[5]]);
  });

  it('refuse cursors that are not their own in the same words, whatever is wrong with them', async () => {
    for (let at = 0; at < 2; at += 1) await newUser({ title: 'forged' });
    const path = '/Users?filter=title+eq+%22forged%22&count=1&cursor=';
    const cursor = textIn((await get(path)).nextCursor);
    const strangers = await door.client();
    const refused = async (by: Client, text: string) => (await by.send('GET', path + text)).body;
    const [forged, cut, foreign] = [
      await refused(client, `x${cursor}`),
      await refused(client, cursor.slice(0, -4)),
      await refused(strangers, cursor),
    ];
    expect(forged).toMatchObject({ status: '400', scimType: 'invalidCursor' });
    expect([cut, foreign]).toEqual([forged, forged]);
  });

  it('show a client of its own namespace nothing of others by any filter, sort, search or cursor', async () => {
    const own = await door.client({ namespace: 'own' });
    const foreign = await newUser({ title: 'secret' });
    await newGroup([foreign]);
    const mine = [];
    for (let at = 0; at < 2; at += 1) {
      const body = { schemas: [USER], userName: `own-${made}-${at}@x.test`, title: 'secret' };
      mine.push(idIn(await own.send('POST', '/Users', body)));
    }
    expect(await found('title eq "secret"', 'Users', own)).toEqual(mine);
    expect(await found(`members eq "${foreign}"`, 'Groups', own)).toEqual([]);
    const search = { schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'], filter: 'id pr' };
    const all = await own.send('POST', '/.search', search);
    expect(all.body.Resources?.map(({ id }) => id)).toEqual(mine);
    const first = await own.send('GET', '/Users?count=1&cursor=');
    const next = await own.send('GET', `/Users?count=1&cursor=${textIn(first.body.nextCursor)}`);
    expect([first, next].map(({ body }) => body.Resources?.[0]?.id)).toEqual(mine);
    expect(next.body).not.toHaveProperty('nextCursor');
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type ApiServer, startApi } from './api-server.ts';

describe('groups and members over /api/v1', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  it('creates, reads, changes and deletes a group with the bodies of the contract', async () => {
    const created = await api.ask('POST', '/groups', {
      body: {
        name: 'Scouts',
        open: true,
        internal: false,
        hidden: false,
        roles: ['member'],
        leaders: [],
        rule: null,
      },
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: 'Scouts',
      kind: 'regular',
      description: null,
      internal: false,
      hidden: false,
      open: true,
      public: false,
      restricted: false,
      autoLeave: 'inherit',
      roles: ['member'],
      permissions: [],
      leaders: [],
      rule: null,
      reservedTo: null,
      version: 1,
    });
    const path = `/groups/${created.body.id}`;
    expect(created.headers.get('Location')).toBe(`http://localhost/api/v1${path}`);
    expect(created.headers.get('ETag')).toBe('"1"');
    expect(created.headers.get('Muster-Cursor')).toMatch(/^[\w-]{40,}$/);

    const merge = { headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': '"1"' } };
    const patched = await api.ask('PATCH', path, { body: { open: false, roles: [] }, ...merge });
    expect(patched).toMatchObject({ status: 200, body: { open: false, roles: [], name: 'Scouts' } });
    const stale = await api.ask('PATCH', path, { body: { open: true }, ...merge });
    expect(stale).toMatchObject({ status: 412, body: { code: 'version.mismatch' } });
    expect(await api.ask('GET', '/groups?name=SCOUTS')).toMatchObject({
      body: { items: [{ id: created.body.id }], next: null },
    });
    expect(
      await api.ask('GET', path, { headers: { 'If-None-Match': patched.headers.get('ETag') ?? '' } }),
    ).toMatchObject({
      status: 304,
    });
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect(await api.ask('GET', path)).toMatchObject({ status: 404, body: { code: 'group.not_found' } });
  });

  it('answers 201 for a new member, 200 for a present one, and lists both kinds (D-04)', async () => {
    const [ada, inner, outer] = [await api.user('ada'), await api.group('inner'), await api.group('outer')];
    const put = (group: string, kind: string, member: string) =>
      api.ask('PUT', `/groups/${group}/members/${kind}/${member}`, { body: { expiresAt: null } });
    expect((await put(outer.id, 'groups', inner.id)).status).toBe(201);
    expect((await put(inner.id, 'users', ada.id)).status).toBe(201);
    expect((await put(inner.id, 'users', ada.id)).status).toBe(200);
    expect(await put(inner.id, 'groups', outer.id)).toMatchObject({
      status: 409,
      body: { code: 'nesting.cycle', path: ['outer', 'inner', 'outer'] },
    });
    const members = `/groups/${outer.id}/members`;
    expect((await api.ask('GET', `${members}?effective=true`)).body).toEqual({
      group: outer.id,
      effective: true,
      total: 1,
      members: [{ type: 'user', id: ada.id, direct: false }],
      next: null,
    });
    expect((await api.ask('GET', members)).body).toMatchObject({
      effective: false,
      members: [{ type: 'group', id: inner.id, direct: true }],
    });
    expect((await api.ask('GET', `/users/${ada.id}/groups?effective=true`)).body.items).toEqual([
      { id: inner.id, name: 'inner', direct: true },
      { id: outer.id, name: 'outer', direct: false },
    ]);
    expect((await api.ask('DELETE', `/groups/${inner.id}/members/users/${ada.id}`)).status).toBe(204);
    expect((await api.ask('GET', `${members}?effective=true`)).body.members).toEqual([]);
  });

  it('answers 304 to a reader that has the list, without expanding it, until it changes (P-04)', async () => {
    const [bob, group] = [await api.user('bob'), await api.group('tagged')];
    const path = `/groups/${group.id}/members?effective=true`;
    const tag = await eventually(async () => {
      const found = (await api.ask('GET', path)).headers.get('ETag');
      expect(found).toMatch(/^"[0-9a-f]{32}\./);
      return found ?? '';
    });
    const again = () => api.ask('GET', path, { headers: { 'If-None-Match': tag } });
    await eventually(async () => expect((await again()).status).toBe(304));
    await api.ask('PUT', `/groups/${group.id}/members/users/${bob.id}`);
    expect(await again()).toMatchObject({ status: 200, body: { total: 1 } });
    await api.ask('DELETE', `/groups/${group.id}/members/users/${bob.id}`);
    await eventually(async () => expect((await again()).status).toBe(304));
  });

  it('pages through members by cursor, and a cursor is good for its list alone', async () => {
    const users = await Promise.all([0, 1, 2, 3, 4].map((n) => api.user(`paged ${n}`)));
    const group = await api.group('paged', ...users);
    const other = await api.group('other');
    for (const query of ['effective=true', 'effective=false']) {
      const seen: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const suffix: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const page = await api.ask('GET', `/groups/${group.id}/members?${query}&limit=2${suffix}`);
        seen.push(...page.body.members.map(({ id }: { id: string }) => id));
        cursor = page.body.next as string | null;
        if (seen.length === 2) {
          const misused = await api.ask(
            'GET',
            `/groups/${other.id}/members?${query}&limit=2&cursor=${cursor ?? ''}`,
          );
          expect(misused).toMatchObject({ status: 400, body: { code: 'cursor.unreadable' } });
        }
      }
      expect([...seen].sort()).toEqual(users.map(({ id }) => id).sort());
    }
  });

  it('checks many pairs in order and tells ids that do not exist', async () => {
    const [eve, group] = [await api.user('eve'), await api.group('checked')];
    await api.ask('PUT', `/groups/${group.id}/members/users/${eve.id}`);
    const nobody = '00000000-0000-4000-8000-000000000000';
    const answer = await api.ask('POST', '/check', {
      body: {
        checks: [
          { user: eve.id, group: group.id },
          { user: nobody, group: group.id },
          { user: 'not an id', group: group.id },
          { user: eve.id, group: group.id },
        ],
      },
    });
    expect(answer.body).toMatchObject({ results: [true, false, false, true], unknown: [1, 2] });
  });

  it('shows the roles of a user with the groups that confer them, nested ones too (D-13)', async () => {
    const [kim, inner] = [await api.user('kim'), await api.group('inside')];
    const outer = (await api.ask('POST', '/groups', { body: { name: 'conferring', roles: ['publisher'] } }))
      .body;
    await api.ask('PUT', `/groups/${outer.id}/members/groups/${inner.id}`);
    await api.ask('PUT', `/groups/${inner.id}/members/users/${kim.id}`);
    expect((await api.ask('GET', `/users/${kim.id}/entitlements`)).body).toEqual({
      user: kim.id,
      roles: [{ name: 'publisher', groups: [{ id: outer.id, name: 'conferring' }] }],
      permissions: [],
    });
    expect((await api.ask('GET', '/users/anonymous/entitlements')).body).toMatchObject({ roles: [] });
  });

  it('explains a membership, and why there is none (D-20, D-21, D-22)', async () => {
    const [lee, inner] = [await api.user('lee'), await api.group('lower')];
    const outer = await api.group('upper', inner);
    const path = `/groups/${outer.id}/members/${lee.id}/explanation`;
    expect((await api.ask('GET', path)).body).toEqual({
      user: lee.id,
      group: outer.id,
      member: false,
      at: null,
      tree: null,
      paths: { shown: 0, total: 0 },
      endedBy: [],
      whyNot: [{ reason: 'no_path', nearest: [{ group: outer.id }, { group: inner.id }] }],
    });
    await api.ask('PUT', `/groups/${inner.id}/members/users/${lee.id}`);
    const { body } = await api.ask('GET', path);
    expect(body).toMatchObject({
      member: true,
      whyNot: null,
      paths: { shown: 1, total: 1 },
      endedBy: [{ remove: { group: inner.id, member: { type: 'user', id: lee.id } } }],
      tree: {
        group: { id: outer.id, name: 'upper' },
        via: [
          {
            kind: 'nested',
            group: { id: inner.id, name: 'lower' },
            sources: [{ source: 'console', actor: { kind: 'system', id: 'test' } }],
            via: [{ kind: 'direct', sources: [{ source: 'tests', actor: { kind: 'client', id: 'tests' } }] }],
          },
        ],
      },
    });
    await api.ask('PATCH', `/users/${lee.id}`, { body: { active: false } });
    expect((await api.ask('GET', path)).body).toMatchObject({
      member: false,
      tree: null,
      whyNot: [{ reason: 'inactive', nearest: [] }],
    });
  });

  it('creates, changes and deletes a user, reading its attributes by the schema', async () => {
    const created = await api.ask('POST', '/users', {
      body: {
        userName: 'mia',
        attributes: { displayName: 'Mia', DEPARTMENT: 'x', emails: [{ value: 'mia@example.org' }] },
      },
    });
    expect(created).toMatchObject({
      status: 201,
      body: { userName: 'mia', active: true, version: 1, stub: false },
    });
    expect(created.body.attributes).toMatchObject({ displayName: 'Mia' });
    const path = `/users/${created.body.id}`;
    const patched = await api.ask('PATCH', path, {
      body: { attributes: { displayName: null, title: 'Dr' } },
    });
    expect(patched.body.attributes).toMatchObject({ title: 'Dr' });
    expect(patched.body.attributes.displayName).toBeUndefined();
    expect(await api.ask('POST', '/users', { body: { userName: 'MIA' } })).toMatchObject({
      status: 409,
      body: { code: 'user.name_taken', type: 'urn:muster:problem:user.name_taken' },
    });
    expect((await api.ask('DELETE', path)).status).toBe(204);
    expect((await api.ask('GET', path)).status).toBe(404);
  });

  it('gives a client its token once, and no scope that the giver lacks (J-19)', async () => {
    const weak = await api.tokenFor('weak', ['clients.write']);
    const wanted = {
      name: 'okta',
      profile: 'okta',
      namespace: 'all',
      scopes: ['scim.read'],
      allow: [],
      expiresAt: null,
    };
    expect((await api.ask('POST', '/clients', { body: wanted, token: weak })).status).toBe(403);
    const made = await api.ask('POST', '/clients', { body: wanted });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'okta', scimBaseUrl: 'http://localhost/scim/v2' },
    });
    expect(made.body.token).toMatch(/^mst_/);
    const list = await api.ask('GET', '/clients');
    expect(JSON.stringify(list.body)).toContain('okta');
    expect(JSON.stringify(list.body)).not.toContain('mst_');
  });

  it('says no as a problem with a code, and changes nothing', async () => {
    const reader = await api.tokenFor('reader', ['directory.read']);
    const writer = await api.tokenFor('writer', ['directory.read', 'directory.write', 'groups.govern']);
    const cases: [string, string, Parameters<ApiServer['ask']>[2], number, string][] = [
      ['GET', '/groups', { token: '' }, 401, 'auth.required'],
      ['GET', '/groups', { token: 'mst_wrong' }, 401, 'auth.invalid'],
      ['POST', '/groups', { token: reader, body: { name: 'x' } }, 403, 'auth.scope'],
      ['POST', '/groups', { body: '{' }, 400, 'body.malformed'],
      ['POST', '/groups', { body: { name: 'x', colour: 'red' } }, 400, 'request.invalid'],
      ['POST', '/groups', { body: { name: '' } }, 400, 'group.invalid'],
      ['POST', '/groups', { token: writer, body: { name: 'affiliation.staff' } }, 403, 'group.name_reserved'],
      ['POST', '/groups', { body: { name: 'x', roles: ['no such role'] } }, 400, 'role.invalid'],
      [
        'POST',
        '/groups',
        { body: 'a', headers: { 'Content-Type': 'text/plain' } },
        415,
        'body.unsupported_type',
      ],
      ['GET', '/groups/not-an-id', {}, 404, 'group.not_found'],
      ['GET', '/groups?limit=1001', {}, 400, 'request.invalid'],
      ['GET', '/nothing', {}, 404, 'path.not_found'],
      ['PUT', '/groups', {}, 405, 'method.not_allowed'],
      ['POST', '/check', { body: { checks: 'all' } }, 400, 'request.invalid'],
    ];
    for (const [method, path, asking, status, code] of cases) {
      const answer = await api.ask(method, path, asking);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, status, code]);
      expect(answer.body).toMatchObject({ type: `urn:muster:problem:${code}`, status });
      expect(answer.body.requestId).toBe(answer.headers.get('X-Request-Id'));
      expect(answer.headers.get('Content-Type')).toContain('application/problem+json');
    }
    expect((await api.ask('GET', '/groups?name=x')).body.items).toEqual([]);
  });

  it.each([
    ['GET', '/groups?name=a%00', undefined],
    ['GET', '/users?userName=a%00', undefined],
    ['POST', '/groups', { name: 'with a NUL', description: '\0' }],
    ['POST', '/groups', { name: 'with a NUL', roles: ['\0'] }],
    ['POST', '/users', { userName: 'nul', externalId: '\0' }],
  ])('refuses a NUL in %s %s', async (method, path, body) => {
    expect((await api.ask(method, path, { body })).status).toBe(400);
  });

  it('refuses to explain a past moment rather than to answer for today (D-23)', async () => {
    const group = await api.group('not in the past');
    const user = await api.user('not-in-the-past');
    const path = `/groups/${group.id}/members/${user.id}/explanation?at=2020-01-01T00:00:00Z`;
    expect((await api.ask('GET', path)).status).toBe(400);
  });
});

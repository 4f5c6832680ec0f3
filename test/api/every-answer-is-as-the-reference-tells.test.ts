import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { raiseAlert } from '../../src/store/alerts.ts';
import { openDatabase } from '../../src/store/database.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { ENTITY, metadataOf, newKey } from '../saml/provider.ts';
import { zipOf } from '../feeds/zip-of.ts';
import { eventually } from '../support/eventually.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';
import { type Asked, type Contract, type Heard, type OperationName, readContract } from './contract.ts';

// A daemon is started, which takes its time on a busy machine.
jest.setTimeout(120_000);

/** What needs a person signed in: test/console has it. */
const NOT_WALKED = '/api/v1/session';

const TOKEN = 'mst_the-token-of-the-contract-test-0123456789';

const MAY_WRITE = /^(?:POST|PUT|PATCH|DELETE) \/(?:api\/v1|scim\/v2)\//;
/** Searches and checks, which are sent by POST for their size. */
const READS = /\/(?:\.search|check|verify)$/;

describe('the reference at /api/openapi.json', () => {
  let database: TestDatabase;
  let muster: Installation;
  let contract: Contract;
  /** Operations that have answered with success. */
  const walked = new Set<OperationName>();

  beforeAll(async () => {
    database = await freshDatabase();
    muster = await makeInstallation({ DATABASE_URL: database.url, MUSTER_BOOTSTRAP_TOKEN: TOKEN });
    await muster.serve();
    contract = await readContract(muster.address, TOKEN);
  });
  afterAll(async () => {
    await muster.remove();
    await database.close();
  });

  async function walk(name: OperationName, status: number, asked: Asked = {}): Promise<Heard> {
    const heard = await contract.ask(name, asked);
    expect({ name, status: heard.status, body: heard.body }).toMatchObject({ status });
    if (heard.status < 400) walked.add(name);
    // P-05: whatever may have written says where that stands in the log.
    if (heard.status < 300 && MAY_WRITE.test(name) && !READS.test(name)) {
      expect({ name, cursor: heard.headers.get('Muster-Cursor') }).toMatchObject({
        cursor: expect.stringMatching(/^[\w-]{20,}$/),
      });
    }
    return heard;
  }

  it('is a document of OpenAPI 3.1', async () => {
    const validator = new Validator();
    // The validator takes SCIM's attribute $ref for a reference.
    const document = JSON.parse(
      JSON.stringify(contract.document).replaceAll(/"\$ref":\{/g, '"ref":{'),
    ) as Record<string, unknown>;
    const { valid, errors } = await validator.validate(document);
    expect({ valid, errors }).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('is read as a page, by anyone, with no script and nothing from elsewhere', async () => {
    const page = await fetch(`${muster.address}/api/docs`);
    const text = await page.text();
    expect(page.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'/);
    expect(text).not.toMatch(/<script|style=|https?:\/\/(?!localhost)/);
    expect((await fetch(`${muster.address}/api/docs/style.css`)).headers.get('Content-Type')).toMatch(
      /^text\/css/,
    );
    for (const name of contract.operations.keys()) {
      const [method = '', path = ''] = name.split(' ');
      expect(text).toContain(`<span class="method">${method}</span> <code>${path}</code>`);
    }
  });

  it('tells of every no: without a token, with one that holds no scope, and for what is not there', async () => {
    const poor = await walk('POST /api/v1/clients', 201, { body: { name: 'poor', scopes: ['audit.read'] } });
    for (const [name, { security }] of contract.operations) {
      if (security.length > 0) {
        expect({ name, status: (await contract.ask(name, { token: null })).status }).toEqual({
          name,
          status: 401,
        });
        if (!security.some((way) => way.token?.includes('audit.read'))) {
          const { status } = await contract.ask(name, { token: poor.body.token });
          expect({ name, status }).toEqual({ name, status: 403 });
        }
      }
      expect(
        (await contract.ask(name, { body: name.startsWith('GET') ? undefined : {} })).status,
      ).toBeLessThan(500);
    }
  });

  it('tells of every parameter: another one is refused by name', async () => {
    for (const [name, { parameters }] of contract.operations) {
      if (!name.includes(' /api/v1/')) continue;
      const { status, body } = await contract.ask(name, { query: '?limmit=1' });
      expect({ name, status }).toEqual({ name, status: 400 });
      expect(body.detail).toMatch(/^limmit is no parameter here/);
      for (const { name: known } of parameters.filter((one) => one.in === 'query')) {
        expect(body.detail).toContain(known);
      }
    }
  });

  it('names the methods that a path has', async () => {
    const answer = await fetch(`${muster.address}/api/v1/groups`, {
      method: 'PUT',
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).toBe('GET, HEAD, POST');
    expect(await answer.json()).toMatchObject({
      code: 'method.not_allowed',
      detail: 'PUT cannot be used here; GET, HEAD, POST can.',
    });
  });

  it('tells of users, groups and members as they are answered', async () => {
    const user = await walk('POST /api/v1/users', 201, {
      body: { userName: 'ada', attributes: { displayName: 'Ada', emails: [{ value: 'ada@example.org' }] } },
    });
    const group = await walk('POST /api/v1/groups', 201, {
      body: { name: 'outer', roles: ['member'], open: true },
    });
    const inner = (await walk('POST /api/v1/groups', 201, { body: { name: 'inner' } })).body.id;
    const [u, g] = [user.body.id, group.body.id];
    await walk('GET /api/v1/users', 200, { query: '?limit=1' });
    await walk('GET /api/v1/users/{id}', 200, { in: { id: u } });
    const known = { 'If-None-Match': user.headers.get('ETag') ?? '' };
    await walk('GET /api/v1/users/{id}', 304, { in: { id: u }, headers: known });
    await walk('PATCH /api/v1/users/{id}', 200, { in: { id: u }, body: { externalId: 'e1' } });
    await walk('GET /api/v1/groups', 200);
    await walk('GET /api/v1/groups/{id}', 200, { in: { id: g } });
    await walk('PATCH /api/v1/groups/{id}', 200, { in: { id: g }, body: { description: 'all of them' } });

    const users = '/api/v1/groups/{id}/members/users/{memberId}';
    const groups = '/api/v1/groups/{id}/members/groups/{memberId}';
    await walk(`PUT ${groups}`, 201, { in: { id: g, memberId: inner } });
    await walk(`PUT ${users}`, 201, { in: { id: inner, memberId: u } });
    await walk(`PUT ${users}`, 200, { in: { id: inner, memberId: u }, body: { expiresAt: null } });
    const members = await eventually(async () => {
      const heard = await contract.ask('GET /api/v1/groups/{id}/members', {
        in: { id: g },
        query: '?effective=true',
      });
      expect(heard.headers.get('ETag')).not.toBeNull();
      // Before the index has heard of the member, the tag is that of an empty list.
      expect(JSON.stringify(heard.body)).toContain(u);
      return heard;
    });
    await walk('GET /api/v1/groups/{id}/difference', 200, {
      in: { id: g },
      query: `?at=${new Date().toISOString()}&effective=true`,
    });
    const tag = { 'If-None-Match': members.headers.get('ETag') ?? '' };
    await walk('GET /api/v1/groups/{id}/members', 304, {
      in: { id: g },
      query: '?effective=true',
      headers: tag,
    });
    await walk('GET /api/v1/groups/{id}/members/{userId}/explanation', 200, { in: { id: g, userId: u } });
    const past = `at=${encodeURIComponent(new Date().toISOString())}`;
    await walk('GET /api/v1/groups/{id}/members', 200, { in: { id: g }, query: `?effective=true&${past}` });
    await walk('GET /api/v1/groups/{id}/members/{userId}/explanation', 200, {
      in: { id: g, userId: u },
      query: `?${past}`,
    });
    await walk('GET /api/v1/groups/{id}/difference', 200, { in: { id: g }, query: `?${past}` });
    await walk('GET /api/v1/users/{id}/groups', 200, { in: { id: u }, query: '?effective=true' });
    await walk('GET /api/v1/users/{id}/entitlements', 200, { in: { id: u } });
    await walk('GET /api/v1/users/{id}/entitlements', 200, { in: { id: 'anonymous' } });
    await walk('POST /api/v1/check', 200, { body: { checks: [{ user: u, group: g }] } });

    await walk(`DELETE ${users}`, 204, { in: { id: inner, memberId: u } });
    await walk('GET /api/v1/groups/{id}/members/{userId}/explanation', 200, { in: { id: g, userId: u } });
    await walk(`DELETE ${groups}`, 204, { in: { id: g, memberId: inner } });
    await walk('DELETE /api/v1/groups/{id}', 204, { in: { id: inner } });
    await walk('DELETE /api/v1/users/{id}', 204, { in: { id: u } });
  });

  it('tells of joining and who governs as they are answered', async () => {
    const made = async (userName: string): Promise<string> =>
      (await walk('POST /api/v1/users', 201, { body: { userName } })).body.id;
    const [asker, leader] = [await made('asker'), await made('leader')];
    const grant = { in: { id: asker, permission: 'groups.request' } };
    await walk('PUT /api/v1/users/{id}/permissions/{permission}', 204, grant);
    await walk('GET /api/v1/permissions', 200);
    const governed = await walk('POST /api/v1/groups', 201, {
      body: {
        name: 'governed',
        internal: false,
        hidden: false,
        leaders: [{ type: 'user', id: leader }],
        permissions: ['audit.read'],
        trustedSources: ['csv'],
      },
    });
    expect(governed.body).toMatchObject({ permissions: ['audit.read'], trustedSources: ['csv'] });
    const group = await walk('POST /api/v1/groups', 201, {
      body: { name: 'asked', internal: false, hidden: false, leaders: [{ type: 'user', id: leader }] },
    });
    const at = { in: { id: group.body.id } };
    await walk('GET /api/v1/users/{id}/joinable', 200, { in: { id: asker } });
    const ask = async (): Promise<{ in: { id: string } }> => {
      const asked = await walk('POST /api/v1/groups/{id}/join', 202, { ...at, body: { user: asker } });
      return { in: { id: asked.body.request.id } };
    };
    await walk('POST /api/v1/requests/{id}/deny', 200, { ...(await ask()), body: { reason: 'full' } });
    await walk('POST /api/v1/requests/{id}/cancel', 200, await ask());
    const asked = await ask();
    await walk('POST /api/v1/groups/{id}/join', 409, { ...at, body: { user: asker } });
    await walk('GET /api/v1/requests', 200);
    await walk('GET /api/v1/requests/{id}', 200, asked);
    await walk('POST /api/v1/requests/{id}/approve', 200, { ...asked, body: { reason: 'ok', user: leader } });
    const inbox = await walk('GET /api/v1/inbox', 200, { query: `?user=${asker}` });
    expect(inbox.body.items[0]).toMatchObject({ type: 'request.approved' });
    await walk('POST /api/v1/inbox/{id}/read', 204, { in: { id: inbox.body.items[0].id } });
    const delegation = { in: { ...at.in, userId: asker } };
    await walk('PUT /api/v1/groups/{id}/delegations/{userId}', 200, {
      ...delegation,
      body: { canAdd: true, canRemove: false },
    });
    await walk('GET /api/v1/groups/{id}/delegations', 200, at);
    await walk('DELETE /api/v1/groups/{id}/delegations/{userId}', 204, delegation);
    await walk('POST /api/v1/groups/{id}/leave', 202, { ...at, body: { user: asker } });
    await walk('PATCH /api/v1/groups/{id}', 200, { ...at, body: { open: true } });
    await walk('POST /api/v1/groups/{id}/leave', 200, { ...at, body: { user: asker } });
    await walk('POST /api/v1/groups/{id}/join', 200, { ...at, body: { user: asker } });
    await walk('GET /api/v1/users/{id}/entitlements', 200, { in: { id: asker } });
    await walk('DELETE /api/v1/users/{id}/permissions/{permission}', 204, grant);

    await walk('POST /api/v1/roles', 201, { body: { name: 'curator' } });
    await walk('GET /api/v1/roles', 200);
    const role = { in: { name: 'curator' } };
    await walk('PATCH /api/v1/roles/{name}', 200, { ...role, body: { protected: true } });
    await walk('DELETE /api/v1/roles/{name}', 204, role);
    const name = { in: { name: 'root' } };
    await walk('PUT /api/v1/reserved-names/{name}', 200, { ...name, body: { reason: 'too mighty' } });
    await walk('GET /api/v1/reserved-names', 200);
    await walk('POST /api/v1/groups', 403, { body: { name: 'Root' } });
    await walk('DELETE /api/v1/reserved-names/{name}', 204, name);
  });

  it('tells of alerts as they are answered', async () => {
    const direct = openDatabase({ url: database.url, poolSize: 1, applicationName: 'contract-test' });
    const details = { feed: 'csv', expected: 'a day', last: null };
    await raiseAlert(direct, { kind: 'feed.overdue', subject: 'csv', details });
    await direct.close();
    const { body } = await walk('GET /api/v1/alerts', 200);
    const at = { in: { id: body.items[0].id } };
    await walk('POST /api/v1/alerts/{id}/resolve', 200, { ...at, body: { reason: 'seen' } });
  });

  it('tells of conflicts as they are answered', async () => {
    const own = { name: 'own', scopes: ['scim.read', 'scim.write'], namespace: 'own' };
    const { token } = (await walk('POST /api/v1/clients', 201, { body: own })).body;
    for (const userName of ['granted', 'dismissed']) {
      await walk('POST /api/v1/users', 201, { body: { userName } });
      const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
      await walk('POST /scim/v2/Users', 409, { token, body: { schemas, userName } });
    }
    const { body } = await walk('GET /api/v1/conflicts', 200);
    const [second, first] = body.items.map(({ id }: { id: string }) => ({ in: { id } }));
    await walk('POST /api/v1/conflicts/{id}/grant', 200, { ...first, body: { reason: null } });
    await walk('POST /api/v1/conflicts/{id}/dismiss', 200, { ...second, body: {} });
    await walk('DELETE /api/v1/conflicts/{id}/grant', 204, first);
  });

  it('tells of imports as they are answered', async () => {
    const file =
      'member_type,group_name,group_or_user,action\nUSER,imported,carl@example.org,import\nUSER,,,import\n';
    const made = await walk('POST /api/v1/imports', 202, {
      body: file,
      headers: { 'Content-Type': 'text/csv' },
    });
    const at = { in: { id: made.body.id } };
    await eventually(async () => {
      const { body } = await walk('GET /api/v1/imports/{id}', 200, at);
      expect(body.finishedAt).not.toBeNull();
    });
    await walk('GET /api/v1/imports/{id}/rows', 200, at);
    await walk('GET /api/v1/imports', 200, { query: '?state=rejected&source=csv' });
    await walk('GET /api/v1/sources', 200);
    await walk('GET /api/v1/sources/{name}', 200, { in: { name: 'csv' } });
    await walk('GET /api/v1/sources/{name}', 404, { in: { name: 'nobody' } });
    const dryRun = '?dryRun=true';
    await walk('POST /api/v1/sources/{name}/retire', 200, { in: { name: 'csv' }, query: dryRun, body: {} });
    await walk('POST /api/v1/sources/{name}/retire', 400, { in: { name: 'console' }, body: {} });
    await walk('POST /api/v1/sources/{name}/retire', 404, { in: { name: 'nobody' }, body: {} });
  });

  it('tells how far an upload is while it is applied, takes a set as a zip file, and counts both', async () => {
    const upload = async (type: string, body: string | Buffer): Promise<Asked> => {
      const taken = await walk('POST /api/v1/imports', 202, { body, headers: { 'Content-Type': type } });
      return { in: { id: taken.body.id } };
    };
    const becomes = (at: Asked, state: object): Promise<void> =>
      eventually(async () => {
        expect((await walk('GET /api/v1/imports/{id}', 200, at)).body).toMatchObject(state);
      }, 60_000);
    const counted = async (): Promise<number> => {
      const text = await (await fetch(`${muster.address}/metrics`)).text();
      return Number(/^muster_imports_total\{source="csv",outcome="applied"\} (\d+)$/m.exec(text)?.[1] ?? 0);
    };
    const before = await counted();
    const direct = openDatabase({ url: database.url, poolSize: 1, applicationName: 'contract-test' });
    const slow = await direct.transaction(async (tx) => {
      await tx.rows({ text: 'lock table assertion in share row exclusive mode' });
      const at = await upload('text/csv', 'group,role,username,isgroup\nSlow,,ann,\nSlow,,ben,\n');
      await becomes(at, { state: 'applying', outcome: 'pending', progress: { done: 2, total: null } });
      return at;
    });
    await direct.close();
    await becomes(slow, { state: 'applied', progress: { done: 2, total: 2 }, rows: { applied: 2 } });
    const files = { 'users.csv': 'userName\nzed\n', 'memberships.csv': 'group,member\nSlow,zed\n' };
    const manifest = JSON.stringify({ files: Object.keys(files) });
    const set = await upload('application/zip', zipOf({ ...files, 'manifest.json': manifest }));
    await becomes(set, { outcome: 'applied', rows: { total: 2, applied: 2 } });
    await eventually(async () => expect(await counted()).toBe(before + 2));
  });

  it('tells of what files and the directory disagree about as it is answered', async () => {
    const upload = async (body: string): Promise<void> => {
      const headers = { 'Content-Type': 'text/csv' };
      const { body: run } = await walk('POST /api/v1/imports', 202, { body, headers });
      await eventually(async () => {
        const seen = await walk('GET /api/v1/imports/{id}', 200, { in: { id: run.id } });
        expect(seen.body.finishedAt).not.toBeNull();
      });
    };
    await upload('userName,email\nanna,anna@x.example\nhanna,hanna@x.example\n');
    await upload('group,member\nTwins,anna|hanna@x.example\n');
    const { body } = await walk('GET /api/v1/conflicts', 200, { query: '?kind=identity' });
    const conflict = { in: { id: body.items[0].id } };
    const separate = { ...conflict, body: { resolution: 'separate', reason: 'sisters' } };
    await walk('POST /api/v1/conflicts/{id}/resolve', 200, separate);
    await walk('POST /api/v1/conflicts/{id}/resolve', 409, separate);
  });

  it('tells of changes and the snapshot as they are answered', async () => {
    await walk('GET /api/v1/changes', 200, { query: '?limit=1000' });
    await walk('GET /api/v1/changes', 200, { headers: { Accept: 'application/x-ndjson' } });
    await walk('GET /api/v1/changes', 400, { query: '?after=nonsense' });
    await walk('GET /api/v1/snapshot', 200);
  });

  it('tells of clients and access tokens as they are answered', async () => {
    const made = await walk('POST /api/v1/clients', 201, {
      body: { name: 'app', scopes: ['directory.read'] },
    });
    await walk('GET /api/v1/clients', 200);
    const form = `grant_type=client_credentials&client_id=app&client_secret=${made.body.token}`;
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await walk('POST /oauth2/token', 200, { body: form, headers, token: null });
    await walk('POST /oauth2/token', 401, { body: `${form}x`, headers, token: null });
    await walk('DELETE /api/v1/clients/{id}', 204, { in: { id: made.body.id } });
  });

  it('tells of targets as they are answered', async () => {
    const group = await walk('POST /api/v1/groups', 201, { body: { name: 'wikified' } });
    const body = {
      name: 'wiki',
      type: 'scim',
      mode: 'observe',
      scope: { groups: [group.body.id], allUsers: true },
      settings: { url: 'http://127.0.0.1:9/scim/v2', allowPrivate: true },
      credentials: { bearer: 'secret' },
    };
    const made = await walk('POST /api/v1/targets', 201, { body });
    const at = { in: { id: made.body.id } };
    await walk('GET /api/v1/targets', 200);
    await walk('GET /api/v1/targets/{id}', 200, at);
    await walk('PATCH /api/v1/targets/{id}', 200, { ...at, body: { name: 'wiki 2' } });
    await walk('POST /api/v1/targets/{id}/test', 200, at);
    const push = await walk('POST /api/v1/targets/{id}/push', 202, { ...at, body: { dryRun: true } });
    await walk('GET /api/v1/targets/{id}/pushes/{push}', 200, {
      in: { id: made.body.id, push: push.body.id },
    });
    await eventually(async () => {
      const objects = await walk('GET /api/v1/targets/{id}/objects', 200, at);
      expect(objects.body.items.length).toBeGreaterThan(0);
    });
    await walk('GET /api/v1/targets/{id}/objects/{group}/members', 200, {
      in: { id: made.body.id, group: group.body.id },
    });
    await walk('POST /api/v1/targets/{id}/drift', 202, at);
    await walk('GET /api/v1/targets/{id}/drift', 200, at);
    const hook = await walk('POST /api/v1/targets', 201, {
      body: { name: 'hook', type: 'webhook', settings: { url: 'http://127.0.0.1:9/', allowPrivate: true } },
    });
    await walk('POST /api/v1/targets/{id}/rotate', 200, { in: { id: hook.body.id } });
    await walk('POST /api/v1/targets/{id}/replay', 202, { in: { id: hook.body.id } });
    await walk('DELETE /api/v1/targets/{id}', 204, at);
  });

  it('tells of what was taken from a target, put back, as it is answered', async () => {
    const group = await walk('POST /api/v1/groups', 201, { body: { name: 'filed' } });
    const user = await walk('POST /api/v1/users', 201, { body: { userName: 'filed' } });
    const member = { in: { id: group.body.id, memberId: user.body.id } };
    await walk('PUT /api/v1/groups/{id}/members/users/{memberId}', 201, member);
    const scope = { groups: [group.body.id], allUsers: false };
    const made = await walk('POST /api/v1/targets', 201, {
      body: { name: 'file', type: 'file', mode: 'enforce', scope, settings: { file: 'filed.csv' } },
    });
    const at = { in: { id: made.body.id } };
    const holds = (members: number) =>
      eventually(async () => {
        const { body } = await walk('GET /api/v1/targets/{id}', 200, at);
        expect(body.holds.members).toBe(members);
      });
    await holds(1);
    await walk('DELETE /api/v1/groups/{id}/members/users/{memberId}', 204, member);
    await holds(0);
    const sent = await walk('GET /api/v1/targets/{id}/attempts', 200, at);
    const removal = {
      members: { total: 1, names: ['filed'] },
      operation: 'remove-members',
      outcome: 'applied',
    };
    expect(sent.body.items).toContainEqual(expect.objectContaining(removal));
    const since = '2026-01-01T00:00:00Z';
    await walk('POST /api/v1/targets/{id}/undo', 201, { ...at, body: { since } });
    await walk('POST /api/v1/targets/{id}/undo', 400, { ...at, body: { since: 'lately' } });
  });

  it('tells of SCIM as it is answered', async () => {
    for (const name of ['ServiceProviderConfig', 'ResourceTypes', 'Schemas'] as const) {
      await walk(`GET /scim/v2/${name}`, 200);
    }
    await walk('GET /scim/v2/ResourceTypes/{id}', 200, { in: { id: 'User' } });
    await walk('GET /scim/v2/Schemas/{id}', 200, {
      in: { id: 'urn:ietf:params:scim:schemas:core:2.0:User' },
    });
    const core = 'urn:ietf:params:scim:schemas:core:2.0';
    const api = 'urn:ietf:params:scim:api:messages:2.0';
    const ids: string[] = [];
    for (const [endpoint, name] of [
      ['Users', { schemas: [`${core}:User`], userName: 'grace' }],
      ['Groups', { schemas: [`${core}:Group`], displayName: 'scimmed' }],
    ] as const) {
      const made = await walk(`POST /scim/v2/${endpoint}`, 201, { body: name });
      const at = { in: { id: made.body.id } };
      ids.push(made.body.id);
      await walk(`GET /scim/v2/${endpoint}`, 200);
      await walk(`GET /scim/v2/${endpoint}/{id}`, 200, at);
      await walk(`PUT /scim/v2/${endpoint}/{id}`, 200, { ...at, body: { ...name, externalId: 'x' } });
      const Operations = [{ op: 'replace', path: 'externalId', value: 'y' }];
      const { status } = await contract.ask(`PATCH /scim/v2/${endpoint}/{id}`, {
        ...at,
        body: { schemas: [`${api}:PatchOp`], Operations },
      });
      expect(status).toBeLessThan(300);
      walked.add(`PATCH /scim/v2/${endpoint}/{id}`);
      await walk(`POST /scim/v2/${endpoint}/.search`, 200, { body: { schemas: [`${api}:SearchRequest`] } });
    }
    await walk('GET /scim/v2/', 200);
    await walk('POST /scim/v2/.search', 200, { body: { schemas: [`${api}:SearchRequest`] } });
    const Operations = [{ method: 'POST', path: '/Users', bulkId: 'a', data: { userName: 'bulky' } }];
    await walk('POST /scim/v2/Bulk', 200, { body: { schemas: [`${api}:BulkRequest`], Operations } });
    const [user = '', group = ''] = ids;
    await walk('DELETE /scim/v2/Users/{id}', 204, { in: { id: user } });
    await walk('DELETE /scim/v2/Groups/{id}', 204, { in: { id: group } });
  });

  it('tells of traces and conflicts of clients as they are answered', async () => {
    const scopes = ['scim.read', 'scim.write'];
    const made = await walk('POST /api/v1/clients', 201, {
      body: { name: 'narrow', namespace: 'own', scopes },
    });
    const taken = { body: { userName: 'taken' } };
    await walk('POST /scim/v2/Users', 201, taken);
    const { token } = made.body;
    await walk('POST /scim/v2/Users', 409, { ...taken, token });
    const conflict = { in: { id: (await walk('GET /api/v1/conflicts', 200)).body.items[0].id } };
    await walk('POST /api/v1/conflicts/{id}/grant', 200, { ...conflict, body: {} });
    await walk('DELETE /api/v1/conflicts/{id}/grant', 204, conflict);
    await walk('POST /scim/v2/Users', 409, { ...taken, token });
    const again = { in: { id: (await walk('GET /api/v1/conflicts', 200)).body.items[0].id } };
    await walk('POST /api/v1/conflicts/{id}/dismiss', 200, { ...again, body: {} });
    const traces = await walk('GET /api/v1/clients/{id}/traces', 200, { in: { id: made.body.id } });
    expect(traces.body.items).toMatchObject([{ status: 409 }, { status: 409 }]);
  });

  it('tells of plans as they are answered, and that people decide', async () => {
    const group = await walk('POST /api/v1/groups', 201, { body: { name: 'much' } });
    for (let number = 1; number <= 5; number += 1) {
      const user = await walk('POST /api/v1/users', 201, { body: { userName: `much${number}` } });
      const memberId = user.body.id;
      await walk('PUT /api/v1/groups/{id}/members/users/{memberId}', 201, {
        in: { id: group.body.id, memberId },
      });
    }
    const held = await walk('DELETE /api/v1/groups/{id}', 202, { in: { id: group.body.id } });
    expect(held.body).toMatchObject({ state: 'held', guards: [{ guard: 'group-emptied' }] });
    const at = { in: { id: held.body.id } };
    await walk('GET /api/v1/plans', 200, { query: '?state=held' });
    await walk('GET /api/v1/plans/{id}', 200, at);
    await walk('GET /api/v1/plans/{id}/operations', 200, at);
    await walk('GET /api/v1/plans/{id}/people', 200, at);
    const body = { hash: held.body.hash, reason: 'a token tries' };
    await walk('POST /api/v1/plans/{id}/approve', 403, { ...at, body });
    await walk('POST /api/v1/plans/{id}/reject', 403, { ...at, body: { reason: 'a token tries' } });
    // No token gets further; the tests of plans decide as people.
    walked.add('POST /api/v1/plans/{id}/approve').add('POST /api/v1/plans/{id}/reject');
    const child = await walk('POST /api/v1/groups', 201, { body: { name: 'much inner' } });
    const nesting = { in: { id: group.body.id, memberId: child.body.id } };
    await walk('PUT /api/v1/groups/{id}/members/groups/{memberId}', 201, nesting);
    const plans = await walk('GET /api/v1/plans', 200, { query: '?kind=nesting&state=applied' });
    await walk('POST /api/v1/plans/{id}/undo', 201, { in: { id: plans.body.items[0].id } });
    await walk('POST /api/v1/plans/{id}/undo', 409, at);
  });

  it('tells of identity providers, and of what they know people by', async () => {
    const metadata = createServer((_, answer) => answer.end(metadataOf(newKey(), { scopes: [] })));
    await once(metadata.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(metadata.address() as AddressInfo).port}/`;
    const made = await walk('POST /api/v1/idps', 201, { body: { name: 'uni', metadata: address } });
    expect(made.body).toMatchObject({
      entityId: ENTITY,
      // Nobody is let into accounts of others by default.
      settings: { trustedFor: [], provision: 'create', absent: 'grace', logout: 'provider' },
      addresses: { acs: expect.stringMatching(/\/saml\/uni\/acs$/) },
    });
    await walk('POST /api/v1/idps', 409, { body: { name: 'uni', metadata: address } });
    await walk('POST /api/v1/idps', 400, { body: { name: 'file', metadata: '/etc/passwd' } });
    const broken = { name: 'broken', metadata: `${muster.address}/livez` };
    expect((await walk('POST /api/v1/idps', 422, { body: broken })).body.code).toBe('idp.metadata');
    await walk('GET /api/v1/idps', 200);
    const at = { in: { id: made.body.id } };
    await walk('GET /api/v1/idps/{id}', 200, at);
    await walk('PATCH /api/v1/idps/{id}', 400, { ...at, body: { absent: 'sometimes' } });
    const change = { absent: 'remove', trustedFor: ['userName'] };
    const changed = await walk('PATCH /api/v1/idps/{id}', 200, { ...at, body: change });
    expect(changed.body.settings).toMatchObject({ ...change, ttlDays: 180 });
    expect((await walk('POST /api/v1/idps/{id}/refresh', 200, at)).body.trouble).toBeNull();
    const attributes = { uid: ['tessa'], eduPersonAffiliation: ['employee'] };
    const tried = await walk('POST /api/v1/idps/{id}/test', 200, { ...at, body: { attributes } });
    expect(tried.body).toMatchObject({
      refused: null,
      claims: { userName: 'tessa', affiliations: [{ value: 'employee', scope: null }] },
      outcome: { account: 'created', user: 'tessa', gained: ['employee'] },
    });

    const of = async (userName: string) =>
      (await walk('POST /api/v1/users', 201, { body: { userName } })).body.id as string;
    const [known, other] = [await of('known-there'), await of('somebody-else')];
    const key = { kind: 'targetedId', issuer: ENTITY, value: 'k-1' };
    const user = { in: { id: known } };
    await walk('POST /api/v1/users/{id}/login-keys', 204, { ...user, body: key });
    await walk('POST /api/v1/users/{id}/login-keys', 409, { in: { id: other }, body: key });
    const keys = await walk('GET /api/v1/users/{id}/login-keys', 200, user);
    expect(keys.body.items).toMatchObject([{ ...key, source: expect.any(String) }]);
    const said = { attributes: { 'pairwise-id': ['k-1'] } };
    const bound = await walk('POST /api/v1/idps/{id}/test', 200, { ...at, body: said });
    expect(bound.body.outcome).toMatchObject({ account: 'known', user: 'known-there' });
    await walk('POST /api/v1/users/{id}/login-keys/release', 204, { ...user, body: key });
    const held = { attributes: { 'pairwise-id': ['k-1'], uid: ['somebody-else'] } };
    const quarantined = await walk('POST /api/v1/idps/{id}/test', 200, { ...at, body: held });
    expect(quarantined.body.refused).toMatchObject({ reason: 'identity.quarantined' });
    await walk('POST /api/v1/quarantine/release', 204, { body: { key: 'k-1' } });
    const released = await walk('POST /api/v1/idps/{id}/test', 200, { ...at, body: held });
    expect(released.body.outcome).toMatchObject({ account: 'bound', user: 'somebody-else' });
    await walk('DELETE /api/v1/idps/{id}', 204, at);
    await walk('GET /api/v1/idps/{id}', 404, at);
    metadata.closeAllConnections();
    metadata.close();
  });

  it('tells of the audit and its seals', async () => {
    await walk('GET /api/v1/audit', 200);
    await walk('GET /api/v1/audit/seals', 200);
    await walk('POST /api/v1/audit/verify', 200);
  });

  it('has been walked whole: every operation above has answered with success', () => {
    const rest = [...contract.operations]
      .filter(
        ([name, { responses }]) =>
          Object.keys(responses).some((key) => key !== 'default') && !walked.has(name),
      )
      .map(([name]) => name)
      .filter((name) => !name.endsWith(NOT_WALKED));
    expect(rest).toEqual([]);
  });
});

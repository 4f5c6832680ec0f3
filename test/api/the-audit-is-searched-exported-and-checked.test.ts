import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deriveKey } from '../../src/core/seal.ts';
import { sealLog } from '../support/sealed-log.ts';
import { type ApiServer, startApi } from './api-server.ts';

describe('D-40: the audit over the API', () => {
  let api: ApiServer;
  let ada = '';
  let scouts = '';
  beforeAll(async () => {
    api = await startApi();
    ada = (await api.ask('POST', '/users', { body: { userName: 'ada' } })).body.id;
    await api.ask('POST', '/users', { body: { userName: 'alan' } });
    scouts = (await api.ask('POST', '/groups', { body: { name: 'Scouts' } })).body.id;
    await api.ask('POST', '/groups', { body: { name: 'Choir' } });
    await api.ask('PUT', `/groups/${scouts}/members/users/${ada}`);
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  const typesOf = async (query: string): Promise<string[]> =>
    (await api.ask('GET', `/audit?${query}`)).body.items.map(({ type }: { type: string }) => type);

  it('tells who did what to whom, the newest first, page by page', async () => {
    const all = await typesOf('actor=client:tests');
    expect(all[0]).toBe('membership.direct');
    const first = (await api.ask('GET', '/audit?actor=client:tests&limit=2')).body;
    const rest = (await api.ask('GET', `/audit?actor=client:tests&limit=1000&cursor=${first.next}`)).body;
    expect([...first.items, ...rest.items].map(({ type }: { type: string }) => type)).toEqual(all);
    expect(rest.next).toBeNull();
    expect(first.items[0]).toMatchObject({
      actor: { kind: 'client', id: 'tests' },
      group: { id: scouts, name: 'Scouts' },
      added: [{ type: 'user', id: ada }],
      requestId: expect.any(String),
    });
  });

  it('is searched by type, group, user, request and time', async () => {
    expect(await typesOf(`group=${scouts}`)).toEqual(['membership.direct', 'group.created']);
    expect(await typesOf(`user=${ada}`)).toEqual(['membership.direct', 'user.created']);
    expect(await typesOf('type=group.*&actor=client')).toEqual(['group.created', 'group.created']);
    const { items } = (await api.ask('GET', `/audit?group=${scouts}`)).body;
    expect(await typesOf(`requestId=${items[0].requestId}`)).toEqual(['membership.direct']);
    expect(await typesOf(`user=${ada}&until=${items[0].at}`)).toEqual(['user.created']);
    expect(await typesOf('since=2999-01-01T00:00:00Z')).toEqual([]);
  });

  it('is exported whole as lines', async () => {
    const headers = { Authorization: `Bearer ${api.token}`, Accept: 'application/x-ndjson' };
    const answer = await fetch(`${api.address}/audit?actor=client:tests`, { headers });
    const lines = (await answer.text()).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(
      await typesOf('actor=client:tests'),
    );
  });

  it('is checked against its seals', async () => {
    await sealLog(api.database, deriveKey(api.masterKey, 'audit-seal'));
    const found = (await api.ask('POST', '/audit/verify')).body;
    expect(found).toMatchObject({ intact: true, fault: null, seals: 1 });
    const seals = (await api.ask('GET', '/audit/seals')).body;
    expect(seals.items).toMatchObject([{ n: 1, rows: found.rows, hash: found.head.hash }]);
    await api.database.rows({ text: `update change set reason = 'other' where type = 'membership.direct'` });
    const touched = (await api.ask('POST', '/audit/verify')).body;
    expect(touched).toMatchObject({ intact: false, fault: { kind: 'row_changed', seal: 1 } });
    expect(touched.fault.detail).toContain('was altered');
  });

  it('is not shown without its scope, and what cannot be read is refused', async () => {
    const token = await api.tokenFor('reader', ['directory.read']);
    expect((await api.ask('GET', '/audit', { token })).status).toBe(403);
    expect((await api.ask('POST', '/audit/verify', { token })).status).toBe(403);
    expect((await api.ask('GET', '/audit?since=soon')).status).toBe(400);
    expect((await api.ask('GET', '/audit?group=nobody')).status).toBe(404);
    expect((await api.ask('GET', '/audit?cursor=made-up')).status).toBe(400);
    const { next } = (await api.ask('GET', '/audit?limit=1')).body;
    expect((await api.ask('GET', `/audit?type=group.*&cursor=${next}`)).status).toBe(400);
  });
});

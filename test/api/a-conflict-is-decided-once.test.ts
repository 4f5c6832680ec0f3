import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openConflict } from '../../src/directory/conflicts.ts';
import { type ApiServer, startApi } from './api-server.ts';

describe('conflicts over /api/v1', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  it('are listed, granted once, taken back, and shown as decided', async () => {
    const user = await api.user('ann@x.test');
    await api.tokenFor('narrow', ['scim.write']);
    await api.as('narrow', (work) => openConflict(work, { kind: 'userName.taken', name: 'ANN@x.test' }));
    const { items } = (await api.ask('GET', '/conflicts')).body;
    expect(items).toMatchObject([
      { kind: 'userName.taken', client: 'narrow', user: user.id, times: 1, decision: null },
    ]);
    const path = `/conflicts/${items[0].id}`;
    const granted = await api.ask('POST', `${path}/grant`, { body: { reason: 'same person' } });
    expect(granted).toMatchObject({ status: 200, body: { decision: 'granted', decidedBy: 'tests' } });
    expect(await api.ask('POST', `${path}/dismiss`, { body: {} })).toMatchObject({
      status: 409,
      body: { code: 'conflict.decided' },
    });
    expect((await api.ask('DELETE', `${path}/grant`)).status).toBe(204);
    expect((await api.ask('GET', '/conflicts')).body.items).toEqual([]);
    expect((await api.ask('GET', '/conflicts?state=decided')).body.items).toHaveLength(1);
  });

  it('are refused without the scope, and where there is none', async () => {
    const token = await api.tokenFor('auditor', ['audit.read']);
    const nobody = '/conflicts/6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
    expect((await api.ask('POST', `${nobody}/grant`, { token, body: {} })).status).toBe(403);
    expect((await api.ask('POST', `${nobody}/grant`, { body: {} })).status).toBe(404);
    expect((await api.ask('DELETE', '/conflicts/x/grant')).status).toBe(404);
    expect((await api.ask('GET', '/conflicts?state=shut', { token })).status).toBe(400);
  });
});

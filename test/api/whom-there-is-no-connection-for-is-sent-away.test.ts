import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type Answered, type ApiServer, startApi } from './api-server.ts';

const PROBLEM = {
  type: 'urn:muster:problem:not.ready',
  code: 'not.ready',
  status: 503,
  title: expect.any(String),
  detail: expect.stringMatching(/come again in \d+ s/),
  requestId: 'sent-away',
};

const headers = { 'X-Request-Id': 'sent-away' };

function expectSentAway(answer: Answered): void {
  expect(answer).toMatchObject({ status: 503, body: PROBLEM });
  expect(answer.headers.get('Content-Type')).toMatch(/^application\/problem\+json/);
  expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/);
  expect(answer.headers.get('X-Request-Id')).toBe('sent-away');
}

describe('/api/v1', () => {
  let api: ApiServer;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(async () => {
    await api.close();
    expect(api.faults).toEqual([]);
  });

  it('answers 503 with the time to come again while all connections are in use, and does nothing', async () => {
    const group = (await api.ask('POST', '/groups', { body: { name: 'Scouts' } })).body.id as string;
    const narrow = await api.elsewhere({ url: api.url, poolSize: 1, patienceMs: 50 });
    // To make the connection may take longer than it waits for one; it is kept afterwards.
    await eventually(async () => expect((await narrow.ask('GET', '/groups')).status).toBe(200));
    const before = narrow.logged.length;
    await narrow.whileBusy(async () => {
      for (const [method, path, body] of [
        ['GET', '/groups'],
        ['GET', '/users?userName=nobody'],
        ['GET', '/changes?after=now'],
        ['GET', '/snapshot'],
        ['GET', `/groups/${group}`],
        ['POST', '/groups', { name: 'Never made' }],
        ['PATCH', `/groups/${group}`, { description: 'Never written' }],
        ['DELETE', `/groups/${group}`],
      ] as const) {
        expectSentAway(await narrow.ask(method, path, { headers, ...(body === undefined ? {} : { body }) }));
      }
      // Who comes without a token, or with a wrong one, is sent away too: nobody could tell.
      expectSentAway(await narrow.ask('GET', '/groups', { token: 'mst_unknown', headers }));
    });
    const lines = narrow.logged.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(9);
    for (const line of lines) expect(line).toMatchObject({ level: 50, requestId: 'sent-away' });
    const { body } = await narrow.ask('GET', '/groups');
    expect(JSON.stringify(body)).not.toContain('Never');
    expect(JSON.stringify(body)).toContain(group);
    await narrow.close();
  });

  it('answers it where no connection can be made', async () => {
    const alone = await api.elsewhere({
      url: 'postgres://muster@127.0.0.1:1/muster',
      poolSize: 2,
      patienceMs: 10_000,
    });
    expectSentAway(await alone.ask('GET', '/groups', { headers }));
    expectSentAway(await alone.ask('POST', '/groups', { headers, body: { name: 'Never made' } }));
    await alone.close();
  });
});

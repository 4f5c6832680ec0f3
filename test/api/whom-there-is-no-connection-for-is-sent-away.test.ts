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

  it('gives four snapshots at a time, so that slow readers leave connections to others', async () => {
    const wide = await api.elsewhere({ url: api.url, poolSize: 6, patienceMs: 10_000 });
    const { reading } = await api.database.transaction(async (tx) => {
      await tx.rows({ text: 'lock table ledger in access exclusive mode' });
      const four = Array.from({ length: 4 }, () => wide.ask('GET', '/snapshot'));
      await eventually(async () => {
        const waiting = await api.database.rows({
          text: `select from pg_stat_activity where datname = current_database()
                 and application_name = 'test-instance' and wait_event_type = 'Lock'`,
        });
        expect(waiting).toHaveLength(4);
      });
      expectSentAway(await wide.ask('GET', '/snapshot', { headers }));
      expect((await wide.ask('GET', '/groups')).status).toBe(200);
      return { reading: four };
    });
    for (const { status, body } of await Promise.all(reading)) {
      expect(status).toBe(200);
      expect(body).toContain('"kind":"end"');
    }
    await eventually(async () => expect((await wide.ask('GET', '/snapshot')).status).toBe(200));
    await wide.close();
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

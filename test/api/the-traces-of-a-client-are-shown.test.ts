import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { clientTraceRoutes } from '../../src/api/client-traces.ts';
import { apiDoor } from '../../src/api/door.ts';
import { profiles } from '../../src/core/scim/profile.ts';
import { buildRegistry } from '../../src/core/scim/registry.ts';
import { createClient } from '../../src/directory/clients.ts';
import { buildApp } from '../../src/http/app.ts';
import { createSessions } from '../../src/http/session.ts';
import { tokenLookup } from '../../src/http/token.ts';
import { RequestTraces } from '../../src/sources/scim/request-traces.ts';
import { noTraceNotes } from '../../src/sources/scim/trace-notes.ts';
import { findClient } from '../../src/store/clients.ts';
import { openTestDirectory, type TestDirectory } from '../support/directory.ts';

describe('GET /api/v1/clients/{id}/traces', () => {
  let test: TestDirectory;
  let traces: RequestTraces;
  let token = '';
  const server = createServer();
  beforeAll(async () => {
    test = await openTestDirectory();
    const { database } = test;
    const log = pino({ level: 'silent' });
    const onFault = (error: unknown): void => {
      throw error;
    };
    traces = new RequestTraces({ database, registry: buildRegistry([]), onFault });
    const authenticate = tokenLookup(database, () => performance.now());
    const routes = clientTraceRoutes({ database, listKey: randomBytes(32), flush: () => traces.flush() });
    const sessions = createSessions({ connection: database, baseUrl: 'http://localhost' });
    const doors = [
      apiDoor({
        authenticate,
        sessions,
        log,
        baseUrl: 'http://localhost',
        routes,
        cursorOfNow: async () => '',
      }),
    ];
    const callback = buildApp({ newId: randomUUID, doors, trustsProxy: false }).callback();
    server.on('request', (request, response) => void callback(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    token = await makeClient('okta', ['audit.read']);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await test.close();
  });

  const makeClient = (name: string, scopes: readonly ('audit.read' | 'scim.read')[]): Promise<string> =>
    test.do(async (work) => {
      const client = { name, profile: 'auto', namespace: 'all', scopes, allow: [], expiresAt: null } as const;
      return (await createClient(work, client, { kind: 'random', bytes: randomBytes(64) })).token;
    });
  const ask = async (path: string, bearer = token) => {
    const { port } = server.address() as AddressInfo;
    const headers = { Authorization: `Bearer ${bearer}` };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as { items: object[]; next: string | null } };
  };

  it('shows them at once, by page and by outcome, to who may read the audit', async () => {
    const client = await findClient(test.database, 'okta');
    if (client === null) throw new Error('The client is missing.');
    for (const [at, status] of [201, 400, 200].entries()) {
      traces.record({
        ...noTraceNotes(),
        source: client.source_n,
        profile: profiles.auto,
        at: new Date(1_000 * at),
        requestId: `r${at}`,
        method: 'GET',
        path: '/Users',
        query: new Map([['count', '1']]),
        body: null,
        status,
        milliseconds: 2,
        answered: {},
      });
    }
    const first = await ask(`/clients/${client.id}/traces?limit=2`);
    expect(first.body.items).toMatchObject([
      { requestId: 'r2', status: 200, method: 'GET', path: '/Users', received: { query: { count: '1' } } },
      { requestId: 'r1', status: 400 },
    ]);
    const second = await ask(`/clients/okta/traces?limit=2&cursor=${String(first.body.next)}`);
    expect(second.body).toMatchObject({ items: [{ requestId: 'r0', changed: [], notes: [] }], next: null });
    const refused = await ask('/clients/okta/traces?outcome=refused');
    expect(refused.body.items).toMatchObject([{ requestId: 'r1' }]);

    expect((await ask('/clients/nobody/traces')).status).toBe(404);
    expect((await ask('/clients/okta/traces?outcome=odd')).status).toBe(400);
    const reader = await makeClient('reader', ['scim.read']);
    expect((await ask('/clients/okta/traces', reader)).status).toBe(403);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { scimConnector, scimTraits } from '../../src/targets/connectors/scim/connector.ts';
import { scimSettings } from '../../src/targets/connectors/scim/settings.ts';
import type { Connector } from '../../src/targets/connector.ts';
import { openHttpClient } from '../../src/targets/outgoing/http-client.ts';
import { eventually } from '../support/eventually.ts';
import { type QuirkServer, startQuirkServer, type Trick } from '../support/quirk-server.ts';
import { aUser } from './contract/connector-contract.ts';

const NOW = 1_000_000;

describe('a SCIM target on a bad network', () => {
  let server: QuirkServer;
  let connector: Connector;
  /** Looks afterwards, when nothing is cut any more, for as long as a busy machine takes. */
  let looking: Connector;
  const settings = scimSettings.parse({ url: 'http://127.0.0.1', allowPrivate: true });
  const traits = scimTraits(settings);

  beforeAll(async () => {
    server = await startQuirkServer();
    const waiting = (timeoutMs: number): Connector =>
      scimConnector({
        settings: { ...settings, url: server.url },
        credentials: {},
        http: openHttpClient({ allowPrivate: true, timeoutMs, connections: 50 }),
        now: () => NOW,
      });
    connector = waiting(400);
    looking = waiting(30_000);
  });
  afterAll(async () => {
    await connector.close();
    await looking.close();
    await server.close();
  });

  const createUnder = async (name: string, trick: Trick) => {
    server.quirks.trick = ({ method }) => (method === 'POST' ? trick : null);
    const user = aUser(name);
    const outcome = await connector.apply({ kind: 'create', object: user }, traits);
    return { outcome, resolution: await looking.resolve(user) };
  };

  it.each<[string, Trick, 'found' | 'none']>([
    ['stalled before', { kind: 'stall', done: false }, 'none'],
    ['stalled after', { kind: 'stall', done: true }, 'found'],
    ['reset before', { kind: 'reset', done: false }, 'none'],
    ['reset after', { kind: 'reset', done: true }, 'found'],
    ['half answered', { kind: 'half' }, 'found'],
    ['answered without an id', { kind: 'lie' }, 'none'],
  ])(
    '%s being carried out, a create is ambiguous, and a look tells which',
    async (name, trick, resolution) => {
      const result = await createUnder(name, trick);
      expect(result.outcome.kind).toBe('ambiguous');
      expect(result.resolution.kind).toBe(resolution);
    },
  );

  it('that answers after our patience, 50 times, has each account once after a look', async () => {
    server.quirks.takesDuplicates = true;
    server.quirks.trick = ({ method }) => (method === 'POST' ? { kind: 'delay', ms: 600 } : null);
    const users = Array.from({ length: 50 }, (_, at) => aUser(`late${at}`));
    const seen = await Promise.all(
      users.map(async (object) => {
        const { kind } = await connector.apply({ kind: 'create', object }, traits);
        await eventually(() => expect(server.held().users).toHaveProperty([object.userName]));
        return { kind, found: (await looking.resolve(object)).kind };
      }),
    );
    expect(seen).toEqual(users.map(() => ({ kind: 'ambiguous', found: 'found' })));
    const names = Object.keys(server.held().users).filter((name) => name.startsWith('late'));
    expect(names).toHaveLength(50);
    server.tamper(({ users: accounts }) => {
      expect([...accounts.values()].filter(({ name }) => name.startsWith('late'))).toHaveLength(50);
    });
    server.quirks.takesDuplicates = false;
  });

  it.each([
    [429, { 'retry-after': '7' }, { kind: 'throttled', until: NOW + 7_000 }],
    [503, { 'retry-after': 'Thu, 01 Jan 1970 00:30:00 GMT' }, { kind: 'throttled', until: 1_800_000 }],
    [503, {}, { kind: 'down' }],
    [500, {}, { kind: 'down' }],
    [413, {}, { kind: 'rejected', code: 413 }],
  ])('answers %i %j as %j', async (status, headers, outcome) => {
    const result = await createUnder(`u${status}${JSON.stringify(headers)}`, {
      kind: 'answer',
      status,
      headers,
    });
    expect(result.outcome).toMatchObject(outcome);
  });

  it('is down, not unknown, when a read fails', async () => {
    server.quirks.trick = () => ({ kind: 'reset', done: false });
    expect(await connector.probe()).toMatchObject({ kind: 'failed', outcome: { kind: 'down' } });
  });
});

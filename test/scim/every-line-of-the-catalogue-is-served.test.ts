import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { catalogue } from '../../src/sources/scim/conformance/catalogue.ts';
import { type Outcome, runFixture } from '../../src/sources/scim/conformance/fixture.ts';
import { Probe } from '../../src/sources/scim/conformance/probe.ts';
import { type CommandLine, type CommandRan, openCommandLine } from '../support/command-line.ts';
import { type Client, openDoor, type TestDoor } from './door.ts';

/** What is known of providers, by provider: a line each, numbered from 1. */
const LINES = { EN: 36, EF: 6, OK: 21, OL: 2, JC: 2, GW: 1, PG: 1, SA: 2, AK: 6, KC: 3 } as const;
const CATALOGUE_MS = 120_000;

let door: TestDoor;
let client: Client;
let commands: CommandLine;
let ran: CommandRan;
/** A server that finds nobody and takes nothing. */
let empty: { readonly url: string; readonly server: Server };

beforeAll(async () => {
  door = await openDoor();
  client = await door.client({ profile: 'auto' });
  commands = await openCommandLine(door.url);
  ran = await conformance(door.baseUrl, '--exit-code');
  empty = await listeningEmpty();
}, CATALOGUE_MS);

afterAll(async () => {
  empty.server.closeAllConnections();
  await new Promise((resolve) => empty.server.close(resolve));
  await commands.close();
  await door.close();
});

function conformance(url: string, ...more: readonly string[]): Promise<CommandRan> {
  return commands.run('conformance', '--url', url, '--token', client.token, ...more);
}

async function listeningEmpty(): Promise<typeof empty> {
  const server = createServer((request, response) => {
    const isList = request.method === 'GET' && /^\/scim\/(?:Users|Groups)\?/.test(request.url ?? '');
    response.writeHead(isList ? 200 : 501, { 'Content-Type': 'application/scim+json' });
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:ListResponse'];
    const list = { schemas, totalResults: 0, itemsPerPage: 0, startIndex: 1, Resources: [] };
    request.resume().on('end', () => response.end(isList ? JSON.stringify(list) : 'not here'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { server, url: `http://127.0.0.1:${port ?? 0}/scim` };
}

const fixtures = catalogue.flatMap(({ provider, fixtures: of }) =>
  of.map((fixture) => ({ ...fixture, provider, fixture })),
);

describe.each(catalogue)('What $provider sends, under profile auto', ({ provider, fixtures: sent }) => {
  it.each(sent)('$id: $title', ({ id, title }) => {
    const line = ran.out.split('\n').find((text) => text.startsWith(`${id} `)) ?? '';
    expect(line.split(/ {2,}/).map((cell) => cell.trim())).toEqual([id, provider, 'met', title]);
  });
});

describe('The catalogue', () => {
  it('has a fixture for every line that is known of a provider, once', () => {
    const known = Object.entries(LINES).flatMap(([provider, count]) =>
      Array.from({ length: count }, (_, at) => `${provider}-${String(at + 1).padStart(2, '0')}`),
    );
    expect(fixtures.map(({ id }) => id).sort()).toEqual(known.sort());
  });

  it('EN-35: is met by a client with a limit, too', async () => {
    const limited = await door.client({ ratePerSecond: 2 });
    const throttled = fixtures.find(({ id }) => id === 'EN-35');
    if (throttled === undefined) throw new Error('EN-35 is missing.');
    const mark = randomBytes(4).toString('hex');
    const probe = new Probe({ url: door.baseUrl, token: limited.token, mark, send: fetch });
    expect(await runFixture(throttled.provider, throttled.fixture, probe)).toMatchObject({ unmet: null });
    expect((await limited.send('GET', '/Users?count=0')).status).toBe(429);
  });
});

describe('muster conformance', () => {
  it('ends with 0 where all was met, and counts', () => {
    expect(ran).toMatchObject({ code: 0, err: `${fixtures.length} met, 0 not met.\n` });
    expect(ran.out.split('\n')[0]).toMatch(/^ID +PROVIDER +WHAT IT DOES$/);
  });

  it('leaves nothing behind', async () => {
    for (const path of ['/Users', '/Groups']) {
      const left = await client.send('GET', `${path}?filter=meta.resourceType+pr`);
      const names = JSON.stringify(left.body.Resources);
      expect(names).not.toContain('muster-probe');
    }
  });

  it('tells what another server does not do, and ends with 9 where that is asked for', async () => {
    const told = await conformance(empty.url);
    expect(told.code).toBe(0);
    expect(told.out).toMatch(/^EN-01 +Entra ID: looking +met +/m);
    expect(told.out).toMatch(/^EN-06 +Entra ID: users +NOT MET +.*: status 501 instead of 201$/m);
    const asked = await conformance(empty.url, '--json', '--exit-code');
    expect(asked.code).toBe(9);
    const outcomes = JSON.parse(asked.out) as readonly Outcome[];
    expect(outcomes.map(({ id }) => id)).toEqual(fixtures.map(({ id }) => id));
    const unmet = outcomes.filter((outcome) => outcome.unmet !== null).length;
    expect(asked.err).toBe(`${fixtures.length - unmet} met, ${unmet} not met.\n`);
    expect(unmet).toBeGreaterThan(fixtures.length / 2);
  });

  it('ends with 6 where nothing answers, and with 2 where it is not told whom to ask', async () => {
    const closed = await conformance('http://127.0.0.1:1/scim/v2');
    expect(closed).toMatchObject({ code: 6, out: '' });
    expect(closed.err).toContain('http://127.0.0.1:1/scim/v2 cannot be reached');
    expect((await commands.run('conformance', '--url', door.baseUrl)).code).toBe(2);
  });
});

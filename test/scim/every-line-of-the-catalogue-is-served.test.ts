import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { catalogue } from '../../src/sources/scim/conformance/catalogue.ts';
import { runFixture } from '../../src/sources/scim/conformance/fixture.ts';
import { Probe } from '../../src/sources/scim/conformance/probe.ts';
import { type Client, openDoor, type TestDoor } from './door.ts';

let door: TestDoor;
let client: Client;

beforeAll(async () => {
  door = await openDoor();
  client = await door.client({ profile: 'auto' });
});
afterAll(() => door.close());

describe.each(catalogue)('What $provider sends, under profile auto', ({ provider, fixtures }) => {
  it.each(fixtures)('$id: $title', async (fixture) => {
    const mark = `${randomBytes(4).toString('hex')}-${fixture.id.toLowerCase()}`;
    const probe = new Probe({ url: door.baseUrl, token: client.token, mark, send: fetch });
    expect(await runFixture(provider, fixture, probe)).toMatchObject({ unmet: null });
  });
});

describe('The catalogue', () => {
  it('has each id once', () => {
    const ids = catalogue.flatMap(({ fixtures }) => fixtures.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('tells what a server does not do', async () => {
    const probe = new Probe({ url: `${door.baseUrl}/Nowhere`, token: client.token, mark: 'x', send: fetch });
    const [chapter] = catalogue;
    const [fixture] = chapter?.fixtures ?? [];
    if (fixture === undefined) throw new Error('The catalogue is empty.');
    expect((await runFixture('any', fixture, probe)).unmet).toMatch('404');
  });
});

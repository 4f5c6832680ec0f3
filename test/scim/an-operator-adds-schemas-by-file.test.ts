import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registryOf } from '../../src/boot/schemas.ts';
import { loadSettings } from '../../src/config.ts';
import { type Client, idIn, openDoor, type TestDoor, USER } from './door.ts';

const URN = 'urn:example:params:scim:schemas:extension:library:2.0:User';
const schema = {
  id: URN,
  name: 'Library',
  attributes: [
    { name: 'card', type: 'string', caseExact: true },
    { name: 'loans', type: 'integer' },
    { name: 'branches', type: 'string', multiValued: true },
    { name: 'joined', type: 'dateTime' },
    { name: 'badge', type: 'string', mutability: 'immutable' },
    { name: 'hint', type: 'string', returned: 'request' },
  ],
};

let folder: string;
let door: TestDoor;
let client: Client;
const load = (content: unknown) => {
  const file = join(folder, 'library.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const environment = { MUSTER_SCHEMAS: file };
  return registryOf(loadSettings({ environment, folder, file: undefined, isTerminal: false }).settings);
};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-schemas-'));
  door = await openDoor(load(schema));
  client = await door.client();
});
afterAll(async () => {
  await door.close();
  rmSync(folder, { recursive: true });
});

describe('A schema from a file of the operator', () => {
  it('is discovered, written, searched, patched and answered like any other', async () => {
    const discovered = await client.send('GET', `/Schemas/${URN}`);
    expect(discovered.body).toMatchObject({ id: URN, name: 'Library' });
    const made = await client.send('POST', '/Users', {
      schemas: [USER, URN],
      userName: 'reader',
      [URN]: { card: 'A-17', loans: '3', branches: ['north'], shelf: 1 },
    });
    expect(made.body).toMatchObject({
      schemas: [USER, URN],
      [URN]: { card: 'A-17', loans: 3, branches: ['north'] },
    });
    const total = async (filter: string) =>
      (await client.send('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body.totalResults;
    expect(await total(`${URN}:card eq "A-17" and ${URN}:loans gt 2`)).toBe(1);
    expect(await total(`${URN}:card eq "a-17"`)).toBe(0);
    const patched = await client.patch(`/Users/${idIn(made)}`, {
      op: 'add',
      path: `${URN}:branches`,
      value: ['south'],
    });
    expect(patched.body).toMatchObject({ [URN]: { branches: ['north', 'south'] } });
  });

  it('keeps instants in UTC and compares them as instants (RFC 7643 §2.3.5)', async () => {
    const joined = '2024-03-01T00:30:00+02:00';
    const made = await client.send('POST', '/Users', {
      schemas: [USER, URN],
      userName: 'early',
      [URN]: { joined },
    });
    expect(made.body[URN]).toEqual({ joined: '2024-02-29T22:30:00.000Z' });
    const ids = async (filter: string) =>
      (await client.send('GET', `/Users?filter=${encodeURIComponent(`${URN}:joined ${filter}`)}`)).body
        .totalResults;
    expect(await ids('eq "2024-02-29T23:30:00+01:00"')).toBe(1);
    expect(await ids('lt "2024-02-29T23:00:00Z"')).toBe(1);
    expect(await ids('gt "2024-02-29T22:30:00Z"')).toBe(0);
  });

  it('lets what is immutable be given once, and what is returned on request be asked for', async () => {
    const first = { schemas: [USER, URN], userName: 'badged', [URN]: { hint: 'blue' } };
    const id = idIn(await client.send('POST', '/Users', first));
    expect((await client.send('GET', `/Users/${id}`)).body).not.toHaveProperty([URN]);
    const asked = await client.send('GET', `/Users/${id}?attributes=${URN}:hint`);
    expect(asked.body[URN]).toEqual({ hint: 'blue' });
    const badge = (value: string) => ({ op: 'add', path: `${URN}:badge`, value });
    expect((await client.patch(`/Users/${id}`, badge('B1'))).status).toBe(200);
    for (const reply of [
      await client.patch(`/Users/${id}`, badge('B2')),
      await client.send('PUT', `/Users/${id}`, { ...first, [URN]: { badge: 'B2' } }),
    ]) {
      expect(reply).toMatchObject({ status: 400, body: { scimType: 'mutability' } });
    }
    expect((await client.send('PUT', `/Users/${id}`, { ...first, [URN]: { badge: 'B1' } })).status).toBe(200);
  });

  it('is refused in words where Muster could not keep what it says', () => {
    for (const bad of [
      'no json',
      { ...schema, id: 'urn:example:2.0:Printer' },
      { ...schema, id: USER },
      { ...schema, attributes: [{ name: 'card', required: true }] },
      { ...schema, attributes: [{ name: 'pin', returned: 'never' }] },
      { ...schema, attributes: [] },
    ]) {
      expect(() => load(bad)).toThrow(/library|id is taken/i);
    }
  });
});

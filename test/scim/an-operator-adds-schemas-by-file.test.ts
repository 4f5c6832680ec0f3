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

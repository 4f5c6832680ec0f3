import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../src/core/scim/json.ts';
import { GROUP, openDoor, type TestDoor, USER } from './door.ts';

const MUSTER = 'urn:muster:params:scim:schemas:extension:2.0:Group';

describe('automatic groups over SCIM', () => {
  let door: TestDoor;
  beforeAll(async () => {
    door = await openDoor();
  });
  afterAll(() => door.close());

  const group = (displayName: string, extension?: JsonObject): JsonObject => ({
    schemas: extension === undefined ? [GROUP] : [GROUP, MUSTER],
    displayName,
    ...(extension === undefined ? {} : { [MUSTER]: extension }),
  });

  it('take a rule from a client that governs, show it, and keep their members to themselves (D-14, D-15)', async () => {
    const client = await door.client({ scopes: ['scim.read', 'scim.write', 'groups.govern'] });
    const user = { schemas: [USER], userName: 'ann', title: 'Cook' };
    const ann = (await client.send('POST', '/Users', user)).body.id as string;
    const rule = 'title eq "cook"';
    const made = await client.send('POST', '/Groups', group('kitchen', { rule }));
    expect(made).toMatchObject({
      status: 201,
      body: { [MUSTER]: { kind: 'rule', rule }, members: [{ value: ann }] },
    });
    const path = `/Groups/${made.body.id as string}`;
    const tag = { 'If-None-Match': made.headers.get('ETag') ?? '' };
    expect((await client.send('GET', `${path}?excludedAttributes=members`, undefined, tag)).status).toBe(304);
    await client.patch(`/Users/${ann}`, { op: 'replace', path: 'title', value: 'Boss' });
    const read = await client.send('GET', path, undefined, tag);
    expect([read.status, read.body.members]).toEqual([200, undefined]);
    expect(await client.patch(path, { op: 'add', path: 'members', value: [{ value: ann }] })).toMatchObject({
      status: 400,
      body: { scimType: 'mutability' },
    });
    // A PUT ignores what is readOnly, and members that follow from facts are.
    const put = await client.send('PUT', path, group('the kitchen', { rule: 'title eq "boss"' }));
    expect(put).toMatchObject({
      status: 200,
      body: { displayName: 'the kitchen', members: [{ value: ann }] },
    });
    expect(await client.send('PUT', path, group('x', { rule: 'groups pr' }))).toMatchObject({
      status: 400,
      body: { scimType: 'invalidFilter' },
    });
  });

  it('refuse names of affiliations whatever the token may do (D-16)', async () => {
    const admin = await door.client({ name: 'admin', scopes: ['scim.read', 'scim.write', 'admin'] });
    const refused = { status: 400, body: { scimType: 'invalidValue' } };
    expect(await admin.send('POST', '/Groups', group('affiliation.staff'))).toMatchObject(refused);
    const plain = await admin.send('POST', '/Groups', group('plain'));
    const path = `/Groups/${plain.body.id as string}`;
    const rename = { op: 'replace', path: 'displayName', value: 'Affiliation.staff' };
    expect(await admin.patch(path, rename)).toMatchObject(refused);
  });

  it('ignore a rule of a client without the scope', async () => {
    const client = await door.client({ name: 'plain', scopes: ['scim.read', 'scim.write'] });
    const made = await client.send('POST', '/Groups', group('mine', { rule: 'title pr' }));
    expect(made).toMatchObject({ status: 201, body: { [MUSTER]: { kind: 'regular' } } });
  });
});

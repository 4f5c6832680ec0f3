import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type Client, GROUP, idIn, openDoor, type TestDoor, USER } from './door.ts';

const MEMBERS = 25_000;

let door: TestDoor;
let client: Client;
let group: string;
beforeAll(async () => {
  door = await openDoor();
  client = await door.client();
  group = idIn(await client.send('POST', '/Groups', { schemas: [GROUP], displayName: 'many' }));
  await door.database.rows({
    text: `insert into users (user_name, user_name_key, active, stub, document, search, created_by)
           select 'm' || i, 'm' || i, true, false, '{}', '{}', (select n from source where name = 'console')
           from generate_series(1, ${MEMBERS}) i`,
  });
  await door.database.rows({
    text: `insert into assertion (group_n, member_n, source_n, member_kind)
           select (select n from groups where name = 'many'), n, created_by, 'u' from users where user_name like 'm%'`,
  });
}, 60_000);
afterAll(() => door.close());

describe('A group of more members than are held at once', () => {
  it('is answered whole, in pieces, and without members costs none of it', async () => {
    const answer = await fetch(`${door.baseUrl}/Groups/${group}`, {
      headers: { Authorization: `Bearer ${client.token}` },
    });
    expect(answer.headers.get('Content-Length')).toBeNull();
    const body = (await answer.json()) as { members: { value: string }[] };
    expect(new Set(body.members.map(({ value }) => value)).size).toBe(MEMBERS);
    const without = await client.send('GET', `/Groups/${group}?excludedAttributes=members`);
    expect(without.headers.get('Content-Length')).not.toBeNull();
    expect(without.body.members).toBeUndefined();
  });

  it('holds up nobody when more readers than there are connections go away in the middle', async () => {
    const open = async (): Promise<number> => {
      const [row] = await door.database.rows<{ n: number }>({
        text: `select count(*) as n from pg_stat_activity
               where datname = current_database() and state = 'idle in transaction'`,
      });
      return row?.n ?? -1;
    };
    for (let reads = 0; reads < 12; reads += 1) {
      const gone = new AbortController();
      const answer = await fetch(`${door.baseUrl}/Groups/${group}`, {
        headers: { Authorization: `Bearer ${client.token}` },
        signal: gone.signal,
      });
      const reader = answer.body?.getReader();
      await reader?.read();
      gone.abort();
      await expect(reader?.read()).rejects.toThrow();
    }
    await eventually(async () => expect(await open()).toBe(0));
    expect((await client.send('GET', '/Users?count=1')).status).toBe(200);
  });
});

describe('The group of everyone signed in', () => {
  it('is listed without its members unless they are asked for, and answered with them', async () => {
    const user = idIn(await client.send('POST', '/Users', { schemas: [USER], userName: 'anybody' }));
    const body = { schemas: [GROUP], displayName: 'Everybody', members: [{ value: user }] };
    const id = idIn(await client.send('POST', '/Groups', body));
    await door.database.rows({
      text: `update groups set kind = 'everyone-signed-in' where name = 'Everybody'`,
    });
    const listed = async (query: string): Promise<unknown> =>
      (await client.send('GET', `/Groups?filter=displayName%20eq%20%22everybody%22${query}`)).body.Resources;
    expect(await listed('')).toEqual([expect.not.objectContaining({ members: expect.anything() })]);
    expect(await listed('&attributes=members')).toMatchObject([{ members: [{ value: user }] }]);
    expect((await client.send('GET', `/Groups/${id}`)).body.members).toMatchObject([{ value: user }]);
    // Beside a group too large to be held, where the list is streamed.
    const all = (await client.send('GET', '/Groups')).body.Resources as { id: string; members?: unknown[] }[];
    expect(all.find((one) => one.id === group)?.members).toHaveLength(MEMBERS);
    expect(all.find((one) => one.id === id)?.members).toBeUndefined();
  });
});

describe('Members that do not exist', () => {
  it('are left out under the profile tolerant, in POST, PUT and PATCH, and refused under auto', async () => {
    const tolerant = await door.client({ profile: 'tolerant' });
    const user = idIn(await tolerant.send('POST', '/Users', { schemas: [USER], userName: 'there' }));
    const nobody = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff';
    const members = [{ value: nobody }, { value: user }, { value: 'no id' }];
    const body = { schemas: [GROUP], displayName: 'some are not', members };
    expect((await client.send('POST', '/Groups', body)).body).toMatchObject({ scimType: 'invalidValue' });
    const made = await tolerant.send('POST', '/Groups', body);
    expect(made.body.members).toMatchObject([{ value: user }]);
    expect((await tolerant.send('PUT', `/Groups/${idIn(made)}`, body)).body.members).toHaveLength(1);
    const add = { op: 'add', path: 'members', value: [{ value: nobody }] };
    expect((await tolerant.patch(`/Groups/${idIn(made)}`, add)).status).toBe(204);
    expect((await client.patch(`/Groups/${idIn(made)}`, add)).status).toBe(400);
  });
});

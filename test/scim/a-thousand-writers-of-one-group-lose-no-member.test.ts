import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { idIn, openDoor, type TestDoor, USER } from './door.ts';

let door: TestDoor;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.close());

const MEMBERS = 1_000;
const AT_ONCE = 50;

describe('One group', () => {
  it('keeps each of 1,000 members added one by one and at once, over several instances, and its version counts them', async () => {
    const client = await door.client();
    const clients = [client, ...(await Promise.all([door.instanceFor(client), door.instanceFor(client)]))];
    const group = idIn(await client.send('POST', '/Groups', { displayName: 'everybody' }));
    const users = await createUsers(client);
    let next = 0;
    const writer = async (at: number): Promise<void> => {
      const own = clients[at % clients.length] ?? client;
      for (let user = users[next++]; user !== undefined; user = users[next++]) {
        const reply = await own.patch(`/Groups/${group}`, {
          op: 'add',
          path: 'members',
          value: [{ value: user }],
        });
        expect(reply.status).toBe(204);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => writer(at)));
    const { body } = await client.send('GET', `/Groups/${group}`);
    const members = body.members as readonly { readonly value: string }[];
    expect(new Set(members.map(({ value }) => value))).toEqual(new Set(users));
    expect(body.meta).toMatchObject({ version: `W/"${MEMBERS + 1}"` });
  }, 300_000);
});

async function createUsers(client: Awaited<ReturnType<TestDoor['client']>>): Promise<readonly string[]> {
  const Operations = Array.from({ length: MEMBERS }, (_, at) => ({
    method: 'POST',
    path: '/Users',
    bulkId: String(at),
    data: { schemas: [USER], userName: `m${at}` },
  }));
  const { body } = await client.send('POST', '/Bulk', { Operations });
  const results = body.Operations as readonly { readonly location: string }[];
  return results.map(({ location }) => location.slice(location.lastIndexOf('/') + 1));
}

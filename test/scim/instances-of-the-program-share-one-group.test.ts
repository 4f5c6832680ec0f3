import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '../support/database.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type Client, clientAt, idIn } from './door.ts';

/** Three instances of the program, each a process of its own, on one database. */
const INSTANCES = 3;
const MEMBERS = 1_000;
const AT_ONCE = 100;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let instances: readonly Installation[] = [];
let clients: readonly Client[];
beforeAll(async () => {
  database = await freshDatabase();
  const token = randomUUID();
  const settings = {
    DATABASE_URL: database.url,
    MUSTER_BOOTSTRAP_TOKEN: token,
    MUSTER_MASTER_KEY: randomUUID(),
  };
  instances = await Promise.all(Array.from({ length: INSTANCES }, () => makeInstallation(settings)));
  await Promise.all(instances.map((instance) => instance.serve()));
  clients = instances.map(({ address }) => clientAt(`${address}/scim/v2`, token));
}, 120_000);
afterAll(async () => {
  await Promise.all(instances.map((instance) => instance.remove()));
  await database.close();
});

describe('One group', () => {
  it('keeps each member added by a request of its own, all at once and at several instances, and its version counts them', async () => {
    const [client] = clients;
    if (client === undefined) throw new Error('No instance runs.');
    const group = idIn(await client.send('POST', '/Groups', { displayName: 'everybody' }));
    const users = await createUsers();
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
    for (const reader of clients) {
      const { body } = await reader.send('GET', `/Groups/${group}`);
      const members = body.members as readonly { readonly value: string }[];
      expect(members.map(({ value }) => value).toSorted()).toEqual(users.toSorted());
      expect(body.meta).toMatchObject({ version: `W/"${MEMBERS + 1}"` });
    }
  }, 120_000);
});

async function createUsers(): Promise<readonly string[]> {
  const store = openDatabase({ url: database.url, poolSize: 1, applicationName: 'muster-test' });
  const rows = await store.rows<{ id: string }>(
    {
      text: `insert into users (user_name, user_name_key, created_by)
             select 'm' || i, 'm' || i, s.n from generate_series(1, $1::int) i, source s
             where s.name = 'system' returning id`,
    },
    [MEMBERS],
  );
  await store.close();
  return rows.map(({ id }) => id);
}

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../src/store/database.ts';
import { freshDatabase } from '../support/database.ts';
import { type Installation, makeInstallation } from '../support/muster.ts';
import { type Client, clientAt, idIn, USER } from './door.ts';

/** Three instances of the program, each a process of its own, on one database. */
const INSTANCES = 3;
/** 1,000 in CI. */
const MEMBERS = Number(process.env.MUSTER_TEST_WRITERS ?? 200);
const AT_ONCE = 50;

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
    for (const reader of clients) {
      const { body } = await reader.send('GET', `/Groups/${group}`);
      const members = body.members as readonly { readonly value: string }[];
      expect(members.map(({ value }) => value).toSorted()).toEqual(users.toSorted());
      expect(body.meta).toMatchObject({ version: `W/"${MEMBERS + 1}"` });
    }
  }, 120_000);
});

/** Members of the huge group. Held whole, as rows and as text, they take about 1 KB each. */
const MANY = 150_000;
const MEGABYTE = 1_000_000;

describe('A huge group', () => {
  it('is read whole, and the process that answers grows by little', async () => {
    const [client] = clients;
    const [instance] = instances;
    if (client === undefined || instance === undefined) throw new Error('No instance runs.');
    const group = idIn(await client.send('POST', '/Groups', { displayName: 'huge' }));
    await fill(group);
    const read = async (): Promise<number> => {
      const answer = await fetch(`${instance.address}/scim/v2/Groups/${group}`, {
        headers: { Authorization: `Bearer ${client.token}` },
      });
      let members = 0;
      let tail = '';
      for await (const chunk of answer.body ?? []) {
        const text = tail + Buffer.from(chunk).toString('latin1');
        members += text.split('"$ref"').length - 1;
        tail = text.slice(text.lastIndexOf('"') + 1);
      }
      return members;
    };
    // The first reading warms up what every later one needs.
    expect(await read()).toBe(MANY);
    const before = await residentBytes(instance);
    const state = { isRead: false, most: before };
    const watch = async (): Promise<void> => {
      while (!state.isRead) state.most = Math.max(state.most, await residentBytes(instance));
    };
    const watching = watch();
    expect(await read()).toBe(MANY);
    state.isRead = true;
    await watching;
    expect(state.most - before).toBeLessThan(60 * MEGABYTE);
  }, 120_000);
});

/** Members as a file of years ago would have left them: nothing in the log tells of them. */
async function fill(group: string): Promise<void> {
  const connection = openDatabase({ url: database.url, poolSize: 1, applicationName: 'test' });
  try {
    await connection.rows(
      {
        text: `with made as (
                 insert into users (user_name, user_name_key, active, stub, document, search, created_by)
                 select 'h' || i, 'h' || i, true, false, '{}', '{}', (select n from source where name = 'console')
                 from generate_series(1, $1::int) i returning n, created_by)
               insert into assertion (group_n, member_n, source_n, member_kind)
               select (select n from groups where id = $2), n, created_by, 'u' from made`,
      },
      [MANY, group],
    );
  } finally {
    await connection.close();
  }
}

async function residentBytes({ address }: Installation): Promise<number> {
  const metrics = await (await fetch(`${address}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
}

async function createUsers(client: Client): Promise<readonly string[]> {
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

import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { schemasOf } from '../../src/core/scim/registry.ts';
import { FUZZ_PATIENCE_MS, runsOf } from '../support/fuzz.ts';
import { type Client, ERROR, GROUP, idIn, openDoor, PATCH, type Reply, type TestDoor, USER } from './door.ts';
import { readUser, registry } from './support.ts';

let door: TestDoor;
let clients: readonly Client[];
let user: string;
let group: string;
beforeAll(async () => {
  door = await openDoor();
  clients = [
    await door.client(),
    await door.client({ profile: 'strict', scopes: ['scim.read', 'scim.write', 'groups.govern'] }),
    await door.client({ namespace: 'own' }),
  ];
  const [client] = clients;
  if (client === undefined) throw new Error('There is no client.');
  user = idIn(await client.send('POST', '/Users', { schemas: [USER], userName: 'fuzzed@x.test' }));
  group = idIn(await client.send('POST', '/Groups', { schemas: [GROUP], displayName: 'Fuzzed' }));
});
afterAll(() => door.close());

const BULK = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';

const names = [
  ...schemasOf(registry).flatMap(({ id, attributes }) => [
    ...[id, `${id}:`],
    ...attributes.flatMap(({ name, subAttributes }) => [
      ...[name, name.toUpperCase()],
      ...subAttributes.slice(0, 3).map((sub) => `${name}.${sub.name}`),
    ]),
  ]),
  ...[
    '__proto__',
    'constructor',
    'toString',
    'schemas',
    'id',
    'meta',
    'externalId',
    '$ref',
    '',
    '\0',
    '\ud800',
  ],
];
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.string() },
);
const { value } = fc.letrec((tie) => ({
  scalar: fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      'True',
      '',
      0,
      -1,
      1e308,
      'work',
      'a@x.test',
      '2020-01-01T00:00:00Z',
    ),
    fc.constantFrom(
      '{"value":"x"}',
      'bulkId:a',
      '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
      '\0',
      '\ud800',
      '%00',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.double(),
  ),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    tie('scalar'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5 }),
    fc.record({
      value: tie('scalar'),
      type: fc.constantFrom('work', 'home', 'User'),
      primary: tie('scalar'),
    }),
  ),
}));
const object = fc.dictionary(name, value, { maxKeys: 8 });
const path = fc.oneof(
  name,
  fc.tuple(name, name, name).map(([one, two, three]) => `${one}[${two} eq "${three}"]`),
  fc.tuple(name, name, name).map(([one, two, three]) => `${one}[${two} eq ${three}].${two}`),
);
const operation = fc.record(
  { op: fc.constantFrom('add', 'Replace', 'remove', 'test'), path, value },
  { requiredKeys: ['op'] },
);

/** What is asked: a method, a path below the base, a body. */
interface Asked {
  readonly method: string;
  readonly at: string;
  readonly body: unknown;
}

const asked: fc.Arbitrary<Asked> = fc.oneof(
  object.map((given) => ({ method: 'POST', at: '/Users', body: { schemas: [USER], ...given } })),
  object.map((given) => ({ method: 'POST', at: '/Groups', body: { schemas: [GROUP], ...given } })),
  object.map((given) => ({
    method: 'PUT',
    at: `/Users/${user}`,
    body: { userName: 'fuzzed@x.test', ...given },
  })),
  object.map((given) => ({
    method: 'PUT',
    at: `/Groups/${group}`,
    body: { displayName: 'Fuzzed', ...given },
  })),
  fc.array(operation, { maxLength: 4 }).map((Operations) => ({
    method: 'PATCH',
    at: `/Users/${user}`,
    body: { schemas: [PATCH], Operations },
  })),
  fc.array(operation, { maxLength: 4 }).map((Operations) => ({
    method: 'PATCH',
    at: `/Groups/${group}`,
    body: { schemas: [PATCH], Operations },
  })),
  fc
    .array(
      fc.record(
        {
          method: fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'GET'),
          path: fc.constantFrom('/Users', '/Groups', '/Users/bulkId:a', '/Bulk', 'Users', '/'),
          bulkId: fc.constantFrom('a', 'b', 'c'),
          data: object,
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    )
    .map((Operations) => ({ method: 'POST', at: '/Bulk', body: { schemas: [BULK], Operations } })),
  object.map((given) => ({ method: 'POST', at: '/Users/.search', body: given })),
  value.map((given) => ({ method: 'POST', at: '/Users', body: given })),
);

/** A fault is answered 500 and nothing else of 500; every refusal has SCIM's form. */
function expectAnswered({ status, body }: Reply, request: unknown): void {
  expect({ request, status, isFault: status >= 500 }).toMatchObject({ isFault: false });
  if (status < 400) return;
  expect({ request, body }).toMatchObject({ body: { schemas: [ERROR], status: String(status) } });
}

/** A connection on which a Bulk request was begun: its head, and so much of its body. */
async function begin(length: number | 'chunked', sent: Buffer): Promise<Socket> {
  const { hostname, port, pathname } = new URL(`${door.baseUrl}/Bulk`);
  const socket = connect(Number(port), hostname);
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${hostname}`,
    `Authorization: Bearer ${clients[0]?.token ?? ''}`,
    'Content-Type: application/scim+json',
    length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`,
  ];
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    socket.write(sent, () => resolve());
  });
  return socket;
}

/** All that is answered, until the connection is closed. */
async function allOf(socket: Socket): Promise<string> {
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('Whatever is in a body', () => {
  it(
    'is answered, or refused in the form of SCIM, and never a fault (property)',
    async () => {
      await fc.assert(
        fc.asyncProperty(asked, fc.nat(2), async (request, at) => {
          const reply = await clients[at]?.send(request.method, request.at, JSON.stringify(request.body));
          if (reply !== undefined) expectAnswered(reply, request);
        }),
        runsOf(200),
      );
      const left = await clients[0]?.send('GET', `/Users/${user}`);
      expect(left?.status).toBe(200);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
    FUZZ_PATIENCE_MS,
  );

  it('is answered 413 where it is too large, also to a client that listens only once it has sent all', async () => {
    const body = Buffer.alloc(8_388_608, 'x');
    const socket = await begin(body.length, body);
    expect(await allOf(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is answered 413 where it is too large, also to a client that stops midway and waits', async () => {
    const sockets = await Promise.all([
      begin(8_388_608, Buffer.alloc(1_000, 'x')),
      begin('chunked', Buffer.from(`200000\r\n${'x'.repeat(0x200000)}\r\n`)),
    ]);
    const answers = await Promise.all(sockets.map(allOf));
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is refused where a search names an object that only looks like a text', async () => {
    const [client] = clients;
    for (const filter of [[{ toString: 'x' }], { toString: null }, [['a']]]) {
      const reply = await client?.send('POST', '/Users/.search', { filter });
      expect(reply?.body).toMatchObject({ status: '400', scimType: 'invalidValue' });
    }
  });

  it(
    'becomes a document of names that the schemas have, or a refusal (property)',
    () => {
      const known = new Set(
        [registry.user.core, registry.user.common].flatMap(({ attributes }) =>
          attributes.map((of) => of.name),
        ),
      );
      for (const { id } of registry.user.extensions) known.add(id);
      fc.assert(
        fc.property(object, (given) => {
          try {
            for (const key of Object.keys(readUser({ userName: 'x', ...given }))) {
              expect(known).toContain(key);
            }
          } catch (error) {
            expect(error).toHaveProperty('code');
          }
        }),
        runsOf(500),
      );
    },
    FUZZ_PATIENCE_MS,
  );
});

/**
 * @boxyhq/saml-jackson behind node:http, on the PostgreSQL of DATABASE_URL: its own store, its own SCIM. Says
 * `ready PORT`. Beside SCIM, `POST /seed {group, users}` gives a group members past SCIM, as its store would hold
 * them, and `GET /kept?group=ID` counts those that it has.
 */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import jackson from '@boxyhq/saml-jackson';
import pg from 'pg';

const dbutils = createRequire(import.meta.url)('@boxyhq/saml-jackson/dist/db/utils.js');
const { DATABASE_URL: url, PEER_TOKEN: token } = process.env;
const quiet = { debug() {}, info() {}, warn() {}, error: (...words) => console.error(...words) };
const { directorySyncController: sync } = await jackson.controllers({
  externalUrl: 'http://127.0.0.1',
  samlPath: '/saml',
  scimPath: '/scim/v2',
  noAnalytics: true,
  logger: quiet,
  db: { engine: 'sql', type: 'postgres', url: `${url}?max_conns=16`, ttl: 300, cleanupLimit: 100 },
});
const { data: directory } = await sync.directories.create({
  tenant: 'bench',
  product: 'bench',
  name: 'bench',
});
const pool = new pg.Pool({ connectionString: url, max: 2 });

/** Takes events in the place of webhooks, of which there are none. */
const tellNobody = async () => {};

async function scim(request, { pathname, searchParams }) {
  const [, , , resourceType, resourceId] = pathname.split('/');
  const body = ['POST', 'PUT', 'PATCH'].includes(request.method) ? await readBody(request) : undefined;
  const isKnown = request.headers.authorization === `Bearer ${token}`;
  const { status, data } = await sync.requests.handle(
    {
      method: request.method,
      body,
      directoryId: directory.id,
      apiSecret: isKnown ? directory.scim.secret : '',
      resourceType,
      resourceId,
      query: {
        count: searchParams.get('count') === null ? undefined : Number(searchParams.get('count')),
        startIndex:
          searchParams.get('startIndex') === null ? undefined : Number(searchParams.get('startIndex')),
        filter: searchParams.get('filter') ?? undefined,
      },
    },
    tellNobody,
  );
  return [status, data];
}

const MEMBERS = 'dsync:members:bench:bench';

async function seed({ group, users }) {
  const index = dbutils.keyForIndex(MEMBERS, { name: 'groupId', value: dbutils.keyDigest(group) });
  for (let from = 0; from < users.length; from += 5_000) {
    const rows = users.slice(from, from + 5_000).map((user) => {
      const id = dbutils.keyDigest(dbutils.keyFromParts(group, user));
      const value = JSON.stringify({ id, group_id: group, user_id: user });
      return { key: dbutils.key(MEMBERS, dbutils.keyDigest(id)), value };
    });
    await pool.query(
      `with made as (
         insert into jackson_store (key, value, namespace)
         select key, value, $2 from jsonb_to_recordset($1::jsonb) as t(key text, value text) returning key)
       insert into jackson_index (key, "storeKey") select $3, key from made`,
      [JSON.stringify(rows), MEMBERS, index],
    );
  }
}

async function countKept(group) {
  const index = dbutils.keyForIndex(MEMBERS, { name: 'groupId', value: dbutils.keyDigest(group) });
  const { rows } = await pool.query('select count(*)::int as kept from jackson_index where key = $1', [
    index,
  ]);
  return rows[0].kept;
}

async function readBody(request) {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}

async function answer(request) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/seed') return [204, await seed(await readBody(request))];
  if (url.pathname === '/kept') return [200, { kept: await countKept(url.searchParams.get('group')) }];
  return scim(request, url);
}

const server = createServer((request, response) => {
  answer(request).then(
    ([status, data]) => {
      response.writeHead(status, { 'Content-Type': 'application/scim+json' });
      response.end(data === undefined ? '' : JSON.stringify(data));
    },
    (error) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));

/**
 * The baseline for answers over HTTP: node:http and pg with prepared statements, nothing between. It runs the
 * same statements as the product and gives the rows out as JSON; it knows no tokens, schemas or errors.
 * Says `ready PORT`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import { isLiveUser, userColumns } from '../../src/store/scim/user-rows.ts';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 });
const columns = userColumns({ groups: true, signIn: true }, 'null::int');

const byId = {
  name: 'raw_by_id',
  text: `select ${columns} from users u where u.id = $2 and ${isLiveUser}`,
};
const byName = {
  name: 'raw_by_name',
  text: `select ${columns} from users u where u.user_name_key = $2 and ${isLiveUser}`,
};
const page = {
  name: 'raw_page',
  text: `select ${columns} from (
           select u.* from users u where ${isLiveUser} order by u.n limit $2) u order by u.n`,
};
const total = {
  name: 'raw_total',
  text: `select count(*) as total from users u where ${isLiveUser}`,
};

/** The issuer of externalIds. */
const ISSUER = '4';

async function answer(path: string, value: string): Promise<unknown> {
  switch (path) {
    case '/user':
      return (await pool.query({ ...byId, values: [ISSUER, value] })).rows[0];
    case '/filter':
      return (await pool.query({ ...byName, values: [ISSUER, value] })).rows;
    case '/page': {
      const { rows } = await pool.query({ ...page, values: [ISSUER, value] });
      const counted = await pool.query<{ total: string }>({ ...total, values: [] });
      return { total: counted.rows[0]?.total, rows };
    }
    default:
      return null;
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (request.method === 'PATCH') {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    JSON.parse(body);
    response.writeHead(204).end();
    return;
  }
  const body = JSON.stringify(await answer(url.pathname, url.searchParams.get('value') ?? ''));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`ready ${address.port}\n`);
});

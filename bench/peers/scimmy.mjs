/**
 * scimmy-routers on express, over the PostgreSQL of DATABASE_URL. The package asks of its user to store resources:
 * here each is a row with its document, found by id, by userName in an indexed column, or all. Says `ready PORT`.
 * Beside SCIM, `POST /seed {group, users}` gives a group members past SCIM, and `GET /kept?group=ID` counts those
 * that it has.
 */
import { randomUUID } from 'node:crypto';
import express from 'express';
import pg from 'pg';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const { DATABASE_URL: url, PEER_TOKEN: token } = process.env;
const pool = new pg.Pool({ connectionString: url, max: 16 });
await pool.query(`
  create table scim_user (id text primary key, name text not null unique, document jsonb not null);
  create table scim_group (id text primary key, name text not null unique, document jsonb not null)`);

function declare(resource, { table, nameOf, filterName }) {
  SCIMMY.Resources.declare(resource)
    .ingress(async ({ id = randomUUID() }, data) => {
      const now = new Date().toISOString();
      const document = { ...JSON.parse(JSON.stringify(data)), id };
      document.meta = { ...document.meta, created: document.meta?.created ?? now, lastModified: now };
      try {
        await pool.query(
          `insert into ${table} (id, name, document) values ($1, $2, $3)
           on conflict (id) do update set name = excluded.name, document = excluded.document`,
          [id, nameOf(document).toLowerCase(), document],
        );
      } catch (error) {
        if (error.code !== '23505') throw error;
        throw new SCIMMY.Types.Error(409, 'uniqueness', 'The name is taken.');
      }
      return document;
    })
    .egress(async ({ id, filter }) => {
      if (id !== undefined) {
        const { rows } = await pool.query(`select document from ${table} where id = $1`, [id]);
        if (rows.length === 0) throw new SCIMMY.Types.Error(404, null, `There is no ${id}.`);
        return rows[0].document;
      }
      const [comparison] = filter ?? [];
      const [operator, value] = comparison?.[filterName] ?? [];
      if (filter?.length === 1 && Object.keys(comparison).length === 1 && operator === 'eq') {
        const found = await pool.query(`select document from ${table} where name = $1`, [
          value.toLowerCase(),
        ]);
        return found.rows.map(({ document }) => document);
      }
      const { rows } = await pool.query(`select document from ${table} order by id`);
      const all = rows.map(({ document }) => document);
      return filter === undefined ? all : filter.match(all);
    })
    .degress(async ({ id }) => {
      const { rowCount } = await pool.query(`delete from ${table} where id = $1`, [id]);
      if (rowCount === 0) throw new SCIMMY.Types.Error(404, null, `There is no ${id}.`);
    });
}

declare(SCIMMY.Resources.User, {
  table: 'scim_user',
  nameOf: ({ userName }) => userName,
  filterName: 'userName',
});
declare(SCIMMY.Resources.Group, {
  table: 'scim_group',
  nameOf: ({ displayName }) => displayName,
  filterName: 'displayName',
});

const app = express();
app.post('/seed', express.json({ limit: '50mb' }), async (request, response) => {
  const { group, users } = request.body;
  const members = users.map((value) => ({ value, type: 'User' }));
  await pool.query(`update scim_group set document = jsonb_set(document, '{members}', $2) where id = $1`, [
    group,
    JSON.stringify(members),
  ]);
  response.status(204).end();
});
app.get('/kept', async (request, response) => {
  const { rows } = await pool.query(
    `select coalesce(jsonb_array_length(document->'members'), 0) as kept from scim_group where id = $1`,
    [request.query.group],
  );
  response.json({ kept: rows[0].kept });
});
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    handler: (request) => {
      if (request.header('authorization') !== `Bearer ${token}`) throw new Error('unknown token');
      return 'bench';
    },
  }),
);
const server = app.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));

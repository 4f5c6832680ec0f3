/**
 * A SCIM server that is not ours (scimmy-routers), in its own process and in memory. Prints `listening PORT`.
 * GET /held tells what it holds, past SCIM: { users: {userName: active}, groups: {displayName: [userName]} };
 * GET /lost whom groups ever lost: ["displayName userName"].
 */
import { randomUUID } from 'node:crypto';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';

const [token = 'foreign-token'] = process.argv.slice(2);
const kept = { User: new Map(), Group: new Map() };
const lost = [];
const nameOf = (resource) => (resource.userName ?? resource.displayName ?? '').toLowerCase();

function keep(kind) {
  const map = kept[kind];
  return [
    (resource, data) => {
      const id = resource.id ?? randomUUID();
      if (resource.id !== undefined && !map.has(id))
        throw new SCIMMY.Types.Error(404, null, `no ${kind} ${id}`);
      const taken = [...map.values()].some((other) => other.id !== id && nameOf(other) === nameOf(data));
      if (taken) throw new SCIMMY.Types.Error(409, 'uniqueness', `${nameOf(data)} is taken`);
      const now = new Date().toISOString();
      const meta = { created: map.get(id)?.meta.created ?? now, lastModified: now };
      const left = (map.get(id)?.members ?? []).filter(
        (member) => !(data.members ?? []).some(({ value }) => value === member.value),
      );
      for (const { value } of left) lost.push(`${data.displayName} ${kept.User.get(value)?.userName}`);
      map.set(id, { ...JSON.parse(JSON.stringify(data)), id, meta });
      return map.get(id);
    },
    (resource) => {
      if (resource.id === undefined) {
        const all = [...map.values()];
        return resource.filter === undefined ? all : resource.filter.match(all);
      }
      if (!map.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `no ${kind} ${resource.id}`);
      return map.get(resource.id);
    },
    (resource) => {
      if (!map.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `no ${kind} ${resource.id}`);
    },
  ];
}

for (const kind of ['User', 'Group']) {
  const [ingress, egress, degress] = keep(kind);
  SCIMMY.Resources.declare(SCIMMY.Resources[kind]).ingress(ingress).egress(egress).degress(degress);
}

const app = express();
app.get('/held', (_request, response) => {
  const users = [...kept.User.values()];
  const named = new Map(users.map(({ id, userName }) => [id, userName]));
  response.json({
    users: Object.fromEntries(users.map(({ userName, active }) => [userName, active !== false])),
    groups: Object.fromEntries(
      [...kept.Group.values()].map(({ displayName, members }) => [
        displayName,
        (members ?? []).map(({ value }) => named.get(value) ?? value).sort(),
      ]),
    ),
  });
});
app.get('/lost', (_request, response) => response.json(lost));
app.use(
  '/scim/v2',
  new SCIMMYRouters({
    type: 'bearer',
    handler: (request) => {
      if (request.header('authorization') !== `Bearer ${token}`) throw new Error('unknown token');
      return 'muster';
    },
  }),
);
const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));

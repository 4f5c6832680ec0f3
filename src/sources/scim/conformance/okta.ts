/** Okta: apps of its catalogue use PATCH, apps made by its wizard use PUT for everything. */
import { type JsonObject, own } from '../../../core/scim/json.ts';
import type { Chapter } from './fixture.ts';
import { GROUP, PATCH, resourcesIn, USER, valueAt } from './probe.ts';

export const okta: Chapter = {
  provider: 'Okta',
  fixtures: [
    {
      id: 'OK-01',
      title: 'reads the first user: numbers are numbers',
      run: async (probe) => {
        await probe.user({
          name: { givenName: 'G', familyName: 'F' },
          emails: [{ primary: true, value: 'a@x.test', type: 'work' }],
        });
        const reply = await probe.get('/Users?startIndex=1&count=1');
        probe.status(reply, 200);
        probe.at(reply, ['itemsPerPage'], 1);
        probe.at(reply, ['startIndex'], 1);
        probe.that(typeof own(reply.body, 'totalResults') === 'number', 'totalResults is no number');
        const first = resourcesIn(reply)[0];
        for (const name of ['id', 'userName'])
          probe.that(typeof valueAt(first, [name]) === 'string', `${name} is no text`);
        probe.that(typeof valueAt(first, ['active']) === 'boolean', 'active is no boolean');
      },
    },
    {
      id: 'OK-02',
      title: 'looks for a user that is not there: itemsPerPage is the number returned',
      run: async (probe) => {
        const reply = await probe.filter(
          '/Users',
          `userName eq "${probe.name()}"`,
          '&startIndex=1&count=100',
        );
        probe.hits(reply, 0);
        probe.at(reply, ['itemsPerPage'], 0);
      },
    },
    {
      id: 'OK-03',
      title: 'reads a user that is not there: 404 with detail, schemas and a status in text',
      run: async (probe) => {
        const reply = await probe.get('/Users/00919288221112222');
        probe.status(reply, 404);
        probe.at(reply, ['status'], '404');
        probe.at(reply, ['schemas', 0], 'urn:ietf:params:scim:api:messages:2.0:Error');
        probe.that(typeof own(reply.body, 'detail') === 'string', 'there is no detail');
      },
    },
    {
      id: 'OK-04',
      title: 'creates a user with a password and groups, as application/json',
      run: async (probe) => {
        const body = {
          schemas: [USER],
          userName: `${probe.name()}@x.test`,
          name: { givenName: 'G', familyName: 'F' },
          emails: [{ primary: true, value: 'a@x.test', type: 'work' }],
          displayName: 'G F',
          locale: 'en-US',
          externalId: `00u${probe.mark}`,
          groups: [],
          password: 'Tr0ub4dor&3',
          active: true,
        };
        const reply = await probe.create('/Users', body, { 'Content-Type': 'application/json' });
        const id = probe.idIn(reply);
        probe.at(reply, ['password'], undefined);
        probe.at(await probe.get(`/Users/${id}`), ['password'], undefined);
      },
    },
    {
      id: 'OK-05',
      title: 'creates it again: 409',
      run: async (probe) => {
        const body = { schemas: [USER], userName: `${probe.name()}@x.test` };
        await probe.create('/Users', body);
        probe.status(await probe.create('/Users', body), 409);
      },
    },
    {
      id: 'OK-06',
      title: 'looks for it in capitals and finds it',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        await probe.create('/Users', { schemas: [USER], userName });
        probe.hits(await probe.filter('/Users', `userName eq "${userName.toUpperCase()}"`), 1);
      },
    },
    {
      id: 'OK-07',
      title: 'comes with a wrong token: 401 in the form of SCIM',
      run: async (probe) => {
        const reply = await probe.send('GET', '/Users', undefined, { Authorization: 'non-token' });
        probe.status(reply, 401);
        probe.at(reply, ['status'], '401');
      },
    },
    {
      id: 'OK-08',
      title: 'reads a user and puts it back whole, with id, meta, groups, nulls and empty texts',
      run: async (probe) => {
        const id = await probe.user({ title: 'T', nickName: 'N' });
        const read = await probe.get(`/Users/${id}`);
        const body = { ...read.body, displayName: 'Changed', nickName: null, title: '', groups: [] };
        const reply = await probe.send('PUT', `/Users/${id}`, body);
        probe.status(reply, 200);
        probe.at(reply, ['displayName'], 'Changed');
        probe.at(reply, ['id'], id);
        probe.at(reply, ['nickName'], undefined);
      },
    },
    {
      id: 'OK-09',
      title: 'deactivates and reactivates without a path',
      run: async (probe) => {
        const id = await probe.user();
        for (const active of [false, true]) {
          await probe.patched(`/Users/${id}`, { op: 'replace', value: { active } });
          probe.at(await probe.get(`/Users/${id}`), ['active'], active);
        }
      },
    },
    {
      id: 'OK-10',
      title: 'sends a new password, which no answer shows',
      run: async (probe) => {
        const id = await probe.user();
        const reply = await probe.patched(`/Users/${id}`, {
          op: 'replace',
          value: { password: 'N3w-s3cret' },
        });
        probe.that(!JSON.stringify(reply.body).includes('N3w-s3cret'), 'the password is in the answer');
      },
    },
    {
      id: 'OK-11',
      title: 'deactivates with PUT and never deletes; the user is kept',
      run: async (probe) => {
        const id = await probe.user();
        const { body } = await probe.get(`/Users/${id}`);
        probe.status(await probe.send('PUT', `/Users/${id}`, { ...body, active: false }), 200);
        probe.at(await probe.get(`/Users/${id}`), ['active'], false);
      },
    },
    {
      id: 'OK-12',
      title: 'imports groups page by page: each once, in a stable order',
      run: async (probe) => {
        const ids = [await probe.group(), await probe.group(), await probe.group()];
        const seen: string[] = [];
        for (let startIndex = 1; startIndex <= 3; startIndex += 1) {
          const filter = `displayName co "${probe.mark}"`;
          const page = await probe.filter('/Groups', filter, `&startIndex=${startIndex}&count=1`);
          probe.at(page, ['totalResults'], 3);
          seen.push(...probe.idsIn(own(page.body, 'Resources'), 'id'));
        }
        probe.equal([...seen].sort(), [...ids].sort(), 'the groups of all pages');
      },
    },
    {
      id: 'OK-13',
      title: 'creates a group, empty and with members',
      run: async (probe) => {
        const empty = probe.idIn(
          await probe.create('/Groups', { schemas: [GROUP], displayName: probe.name(), members: [] }),
        );
        await probe.members(empty, []);
        const user = await probe.user();
        const members = [{ value: user, display: 'a@x.test' }];
        const full = probe.idIn(
          await probe.create('/Groups', { schemas: [GROUP], displayName: probe.name(), members }),
        );
        await probe.members(full, [user]);
      },
    },
    {
      id: 'OK-14',
      title: 'replaces id and displayName after every membership change; another id is refused',
      run: async (probe) => {
        const id = await probe.group();
        const displayName = probe.name();
        await probe.patched(`/Groups/${id}`, { op: 'replace', value: { id, displayName } });
        probe.at(await probe.get(`/Groups/${id}`), ['displayName'], displayName);
        const other = await probe.patch(`/Groups/${id}`, {
          op: 'replace',
          value: { id: 'other', displayName },
        });
        probe.status(other, 400);
        probe.at(other, ['scimType'], 'mutability');
      },
    },
    {
      id: 'OK-15',
      title: 'removes one member and adds another in one PATCH',
      run: async (probe) => {
        const [one, two] = [await probe.user(), await probe.user()];
        const id = await probe.group([one]);
        await probe.patched(
          `/Groups/${id}`,
          { op: 'remove', path: `members[value eq "${one}"]` },
          { op: 'add', path: 'members', value: [{ value: two, display: 'b@x.test' }] },
        );
        await probe.members(id, [two]);
        probe.at(await probe.get(`/Groups/${id}`), ['members', 0, 'type'], 'User');
      },
    },
    {
      id: 'OK-16',
      title: 'pushes all members at once, and none',
      run: async (probe) => {
        const [one, two] = [await probe.user(), await probe.user()];
        const id = await probe.group([one]);
        await probe.patched(`/Groups/${id}`, { op: 'replace', path: 'members', value: [{ value: two }] });
        await probe.members(id, [two]);
        await probe.patched(`/Groups/${id}`, { op: 'replace', path: 'members', value: [] });
        await probe.members(id, []);
        await probe.patched(`/Groups/${id}`, {
          op: 'replace',
          value: { members: [{ value: one }, { value: two }] },
        });
        await probe.members(id, [one, two]);
      },
    },
    {
      id: 'OK-17',
      title: 'replaces a group with all its members',
      run: async (probe) => {
        const [one, two] = [await probe.user(), await probe.user()];
        const id = await probe.group([one]);
        const { body } = await probe.get(`/Groups/${id}`);
        const put: JsonObject = {
          schemas: [GROUP],
          id,
          displayName: own(body, 'displayName') ?? '',
          members: [{ value: two, display: 'x' }],
        };
        probe.status(await probe.send('PUT', `/Groups/${id}`, put), 200);
        await probe.members(id, [two]);
      },
    },
    {
      id: 'OK-18',
      title: 'deletes a group when it is unlinked',
      run: async (probe) => {
        const id = await probe.group();
        probe.status(await probe.send('DELETE', `/Groups/${id}`), 204);
        probe.status(await probe.get(`/Groups/${id}`), 404);
      },
    },
    {
      id: 'OK-19',
      title: 'sends the primary role as an element',
      run: async (probe) => {
        const id = await probe.user({ roles: [{ primary: true, value: 'Admin' }] });
        probe.at(await probe.get(`/Users/${id}`), ['roles', 0, 'value'], 'Admin');
      },
    },
    {
      id: 'OK-20',
      title: 'gets no null members from a PATCH',
      run: async (probe) => {
        const id = await probe.group();
        const reply = await probe.patched(`/Groups/${id}`, {
          op: 'replace',
          path: 'displayName',
          value: probe.name(),
        });
        probe.that(own(reply.body, 'members') !== null, 'members is null');
      },
    },
    {
      id: 'OK-21',
      title: 'accepts application/scim+json with a charset',
      run: async (probe) => {
        const accept = { Accept: 'application/scim+json; charset=utf-8' };
        probe.status(await probe.send('GET', '/Users?count=1', undefined, accept), 200);
        const id = await probe.user();
        const body = { schemas: [PATCH], Operations: [{ op: 'replace', path: 'title', value: 'T' }] };
        probe.status(await probe.send('PATCH', `/Users/${id}`, body, accept), 200, 204);
      },
    },
  ],
};

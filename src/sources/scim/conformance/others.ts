/** OneLogin, JumpCloud, Google Workspace, Ping, SailPoint, authentik and the Keycloak extensions. */
import { isArray, own } from '../../../core/scim/json.ts';
import type { Chapter } from './fixture.ts';
import { GROUP, resourcesIn, USER, valueAt } from './probe.ts';

export const others: Chapter = {
  provider: 'OneLogin, JumpCloud, Google, Ping, SailPoint',
  fixtures: [
    {
      id: 'OL-01',
      title: 'OneLogin looks for a user, creates, changes, suspends and deletes it',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        probe.hits(await probe.filter('/Users', `userName eq "${userName}"`), 0);
        const id = probe.idIn(await probe.create('/Users', { schemas: [USER], userName }));
        probe.status(
          await probe.send('PUT', `/Users/${id}`, { schemas: [USER], userName, active: false }),
          200,
        );
        probe.status(await probe.send('DELETE', `/Users/${id}`), 204);
      },
    },
    {
      id: 'OL-02',
      title: 'OneLogin lists groups by name and adds a member, with an empty User-Agent',
      run: async (probe) => {
        const [user, id] = [await probe.user(), await probe.group()];
        const silent = { 'User-Agent': '' };
        probe.status(await probe.send('GET', '/Groups?count=1', undefined, silent), 200);
        const operations = [{ op: 'add', path: 'members', value: [{ value: user }] }];
        const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
        probe.status(await probe.send('PATCH', `/Groups/${id}`, body, silent), 200, 204);
        await probe.members(id, [user]);
      },
    },
    {
      id: 'JC-01',
      title: 'JumpCloud tests the connection with a whole life, twice with the same names',
      run: async (probe) => {
        const [userName, displayName] = [`${probe.name()}@x.test`, probe.name()];
        for (let round = 0; round < 2; round += 1) {
          const user = probe.idIn(await probe.create('/Users', { schemas: [USER], userName, active: true }));
          const group = probe.idIn(await probe.create('/Groups', { schemas: [GROUP], displayName }));
          await probe.patched(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: user }] });
          await probe.patched(`/Users/${user}`, { op: 'replace', path: 'active', value: false });
          probe.status(await probe.send('DELETE', `/Groups/${group}`), 204);
          probe.status(await probe.send('DELETE', `/Users/${user}`), 204);
        }
      },
    },
    {
      id: 'JC-02',
      title: 'JumpCloud removes a member by a value array, and updates a user with PUT',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        const one = probe.idIn(await probe.create('/Users', { schemas: [USER], userName }));
        const two = await probe.user();
        const id = await probe.group([one, two]);
        await probe.patched(`/Groups/${id}`, { op: 'remove', path: 'members', value: [{ value: one }] });
        await probe.members(id, [two]);
        const reply = await probe.send('PUT', `/Users/${one}`, { schemas: [USER], userName, title: 'T' });
        probe.status(reply, 200);
        probe.at(reply, ['title'], 'T');
      },
    },
    {
      id: 'GW-01',
      title:
        'Google suspends a user and deletes it later; its memberships are gone. The schema says what is required',
      run: async (probe) => {
        const [user, stays] = [await probe.user(), await probe.user()];
        const id = await probe.group([user, stays]);
        await probe.patched(`/Users/${user}`, { op: 'replace', value: { active: false } });
        probe.status(await probe.send('DELETE', `/Users/${user}`), 204);
        await probe.members(id, [stays]);
        const schema = await probe.get(`/Schemas/${USER}`);
        probe.status(schema, 200);
        const attributes = own(schema.body, 'attributes');
        const named = (name: string) =>
          isArray(attributes)
            ? attributes.find((attribute) => valueAt(attribute, ['name']) === name)
            : undefined;
        probe.equal(valueAt(named('userName'), ['required']), true, 'required of userName');
        probe.that(
          probe.idsIn(valueAt(named('name'), ['subAttributes']), 'name').includes('familyName'),
          'name has no familyName',
        );
      },
    },
    {
      id: 'PG-01',
      title: 'Ping looks for userName and emails without quotes',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        await probe.create('/Users', {
          schemas: [USER],
          userName,
          emails: [{ value: userName, type: 'home' }],
        });
        probe.hits(await probe.filter('/Users', `userName eq ${userName}`), 1);
        probe.hits(await probe.filter('/Users', `emails eq ${userName}`), 1);
      },
    },
    {
      id: 'SA-01',
      title: 'SailPoint replaces a part of the name: the other parts stay',
      run: async (probe) => {
        const id = await probe.user({ name: { givenName: 'G', familyName: 'F' } });
        await probe.patched(`/Users/${id}`, { op: 'replace', path: 'name', value: { givenName: 'N' } });
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['name', 'givenName'], 'N');
        probe.at(reply, ['name', 'familyName'], 'F');
      },
    },
    {
      id: 'SA-02',
      title: 'SailPoint aggregates users and groups page by page',
      run: async (probe) => {
        await probe.group([await probe.user()]);
        for (const endpoint of ['/Users', '/Groups']) {
          const reply = await probe.get(`${endpoint}?startIndex=1&count=1`);
          probe.status(reply, 200);
          probe.at(reply, ['itemsPerPage'], 1);
        }
      },
    },
  ],
};

export const openSource: Chapter = {
  provider: 'authentik, Keycloak extensions',
  fixtures: [
    {
      id: 'AK-01',
      title: 'authentik reads the configuration, then looks for a user without quotes',
      run: async (probe) => {
        const config = await probe.get('/ServiceProviderConfig');
        probe.status(config, 200);
        probe.at(config, ['patch', 'supported'], true);
        const name = probe.name();
        await probe.create('/Users', { schemas: [USER], userName: name });
        probe.hits(await probe.filter('/Users', `userName eq ${name}`), 1);
      },
    },
    {
      id: 'AK-02',
      title: 'authentik puts users with their id, and replaces whole groups without a path',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        const id = probe.idIn(await probe.create('/Users', { schemas: [USER], userName }));
        probe.status(
          await probe.send('PUT', `/Users/${id}`, { schemas: [USER], id, userName, displayName: 'D' }),
          200,
        );
        const group = await probe.group();
        const displayName = probe.name();
        const value = { schemas: [GROUP], id: group, displayName, externalId: `x-${probe.mark}` };
        await probe.patched(`/Groups/${group}`, { op: 'replace', value });
        probe.at(await probe.get(`/Groups/${group}`), ['displayName'], displayName);
      },
    },
    {
      id: 'AK-03',
      title: 'authentik reads the members back and changes them with one operation each',
      run: async (probe) => {
        const users = [await probe.user(), await probe.user(), await probe.user()];
        const [first = '', ...rest] = users;
        const id = await probe.group([first]);
        await probe.members(id, [first]);
        const adds = rest.map((value) => ({ op: 'add', path: 'members', value: [{ value }] }));
        await probe.patched(`/Groups/${id}`, ...adds, {
          op: 'remove',
          path: 'members',
          value: [{ value: first }],
        });
        await probe.members(id, rest);
        const config = await probe.get('/ServiceProviderConfig');
        const most = valueAt(config.body, ['bulk', 'maxOperations']);
        probe.that(
          typeof most === 'number' && most >= 1_000,
          `bulk.maxOperations is ${JSON.stringify(most)}, below 1,000`,
        );
      },
    },
    {
      id: 'AK-04',
      title: 'authentik adopts a group that exists: 409, then the group by its exact name',
      run: async (probe) => {
        const displayName = probe.name();
        const id = probe.idIn(await probe.create('/Groups', { schemas: [GROUP], displayName }));
        await probe.create('/Groups', { schemas: [GROUP], displayName: `${displayName}-2` });
        probe.status(await probe.create('/Groups', { schemas: [GROUP], displayName }), 409);
        const found = await probe.filter('/Groups', `displayName eq "${displayName}"`);
        probe.hits(found, 1);
        probe.at(found, ['Resources', 0, 'id'], id);
      },
    },
    {
      id: 'AK-05',
      title: 'authentik takes 404 for gone: a bad request for a user that is there is no 404',
      run: async (probe) => {
        const id = await probe.user();
        probe.status(await probe.send('PUT', `/Users/${id}`, { schemas: [USER] }), 400);
        probe.status(await probe.send('PUT', `/Users/${id}`, '{'), 400);
        probe.status(await probe.get(`/Users/${id}`), 200);
      },
    },
    {
      id: 'AK-06',
      title: 'authentik pages without a count',
      run: async (probe) => {
        await probe.user();
        const first = await probe.get('/Users?startIndex=1');
        probe.status(first, 200);
        const total = own(first.body, 'totalResults');
        probe.that(
          typeof total === 'number' && total >= resourcesIn(first).length,
          'totalResults is less than the page',
        );
        probe.at(first, ['itemsPerPage'], resourcesIn(first).length);
        const beyond = await probe.get(`/Users?startIndex=${Number(total) + 1}`);
        probe.status(beyond, 200);
        probe.equal(resourcesIn(beyond).length, 0, 'number of resources after the last');
      },
    },
    {
      id: 'KC-01',
      title: 'keycloak-scim enables with a text, and replaces userName and displayName',
      run: async (probe) => {
        const id = await probe.user({ active: false });
        const userName = `${probe.name()}@x.test`;
        await probe.patched(
          `/Users/${id}`,
          { op: 'replace', path: 'active', value: 'true' },
          { op: 'replace', path: 'userName', value: userName },
          { op: 'replace', path: 'displayName', value: 'D' },
        );
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['active'], true);
        probe.at(reply, ['userName'], userName);
      },
    },
    {
      id: 'KC-02',
      title: 'keycloak-scim replaces members, name and externalId; empties with a null value',
      run: async (probe) => {
        const user = await probe.user();
        const id = await probe.group();
        const displayName = probe.name();
        await probe.patched(
          `/Groups/${id}`,
          { op: 'replace', path: 'members', value: [{ value: user }] },
          { op: 'replace', path: 'displayName', value: displayName },
          { op: 'replace', path: 'externalId', value: `x-${probe.mark}` },
        );
        await probe.members(id, [user]);
        await probe.patched(`/Groups/${id}`, { op: 'remove', path: 'members', value: null });
        await probe.members(id, []);
      },
    },
    {
      id: 'KC-03',
      title: 'scim-for-keycloak sends the whole list for one change: only that changes',
      run: async (probe) => {
        const users = [await probe.user(), await probe.user(), await probe.user()];
        const id = await probe.group(users.slice(0, 2));
        const before = await probe.get(`/Groups/${id}`);
        const whole = (members: readonly string[]) => ({
          op: 'replace',
          path: 'members',
          value: members.map((value) => ({ value })),
        });
        await probe.patched(`/Groups/${id}`, whole(users.slice(0, 2)));
        probe.equal(
          valueAt((await probe.get(`/Groups/${id}`)).body, ['meta', 'version']),
          valueAt(before.body, ['meta', 'version']),
          'the version after the same list',
        );
        await probe.patched(`/Groups/${id}`, whole(users));
        await probe.members(id, users);
      },
    },
  ],
};

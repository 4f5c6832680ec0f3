/** Microsoft Entra ID in its default way of sending: users. */
import { own } from '../../../core/scim/json.ts';
import type { Chapter } from './fixture.ts';
import { ENTERPRISE, USER } from './probe.ts';

const workMail = (value: string) => ({ primary: true, type: 'work', value });

export const entraUsers: Chapter = {
  provider: 'Entra ID: users',
  fixtures: [
    {
      id: 'EN-06',
      title: 'creates a user with a meta of its own and empty arrays',
      run: async (probe) => {
        const reply = await probe.create('/Users', {
          schemas: [USER, ENTERPRISE],
          externalId: `e-${probe.mark}`,
          userName: `${probe.name()}@x.test`,
          active: true,
          emails: [workMail('a@x.test')],
          meta: { resourceType: 'User' },
          name: { formatted: 'Given Family', familyName: 'Family', givenName: 'Given' },
          roles: [],
        });
        const id = probe.idIn(reply);
        probe.that((reply.headers.get('location') ?? '').endsWith(`/Users/${id}`), 'there is no Location');
        probe.at(reply, ['roles'], undefined);
        probe.at(reply, ['meta', 'resourceType'], 'User');
      },
    },
    {
      id: 'EN-07',
      title: 'sends nulls in an address',
      run: async (probe) => {
        const addresses = [{ type: 'work', formatted: null, country: null }];
        const reply = await probe.create('/Users', {
          schemas: [USER],
          userName: `${probe.name()}@x.test`,
          addresses,
        });
        probe.status(reply, 201);
        probe.that(!JSON.stringify(reply.body).includes('null'), 'the answer holds null');
      },
    },
    {
      id: 'EN-08',
      title: 'sends active as the text "True"',
      run: async (probe) => {
        const reply = await probe.create('/Users', {
          schemas: [USER],
          userName: `${probe.name()}@x.test`,
          active: 'True',
        });
        probe.status(reply, 201);
        probe.at(reply, ['active'], true);
      },
    },
    {
      id: 'EN-09',
      title: 'creates the same userName again: 409 uniqueness, the status a text',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        await probe.create('/Users', { schemas: [USER], userName });
        const reply = await probe.create('/Users', { schemas: [USER], userName });
        probe.status(reply, 409);
        probe.at(reply, ['scimType'], 'uniqueness');
        probe.at(reply, ['status'], '409');
      },
    },
    {
      id: 'EN-10',
      title: 'disables with Replace and "False"; the user is still found',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        const id = probe.idIn(await probe.create('/Users', { schemas: [USER], userName, active: true }));
        await probe.patched(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' });
        probe.at(await probe.get(`/Users/${id}`), ['active'], false);
        probe.hits(await probe.filter('/Users', `userName eq "${userName}"`), 1);
      },
    },
    {
      id: 'EN-11',
      title: 'enables again with "True"',
      run: async (probe) => {
        const id = await probe.user({ active: false });
        await probe.patched(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'True' });
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['active'], true);
        probe.at(reply, ['id'], id);
      },
    },
    {
      id: 'EN-12',
      title: 'changes six attributes in one PATCH, all or none',
      run: async (probe) => {
        const id = await probe.user({ emails: [workMail('old@x.test')] });
        const replace = (path: string, value: string) => ({ op: 'Replace', path, value });
        const operations = [
          replace('displayName', 'D'),
          replace('emails[type eq "work"].value', 'new@x.test'),
          replace('name.givenName', 'G'),
          replace('name.familyName', 'F'),
          replace('externalId', `x-${probe.mark}`),
          replace(`${ENTERPRISE}:employeeNumber`, '7'),
        ];
        await probe.patched(`/Users/${id}`, ...operations);
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['emails', 0, 'value'], 'new@x.test');
        probe.at(reply, ['name', 'familyName'], 'F');
        probe.at(reply, ['externalId'], `x-${probe.mark}`);
        probe.at(reply, [ENTERPRISE, 'employeeNumber'], '7');
        const wrong = { op: 'Replace', path: 'active', value: 'neither' };
        probe.status(await probe.patch(`/Users/${id}`, replace('displayName', 'E'), wrong), 400);
        probe.at(await probe.get(`/Users/${id}`), ['displayName'], 'D');
      },
    },
    {
      id: 'EN-13',
      title: 'sets what a filter selects where nothing fits: the element is made',
      run: async (probe) => {
        const id = await probe.user();
        const operations = [
          { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '1' },
          { op: 'Replace', path: 'addresses[type eq "work"].postalCode', value: '8000' },
          { op: 'Replace', path: 'addresses[type eq "other"].Formatted', value: 'Here' },
        ];
        await probe.patched(`/Users/${id}`, ...operations);
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['phoneNumbers', 0, 'type'], 'mobile');
        probe.at(reply, ['phoneNumbers', 0, 'value'], '1');
        probe.at(reply, ['addresses', 0, 'postalCode'], '8000');
        probe.at(reply, ['addresses', 1, 'formatted'], 'Here');
      },
    },
    {
      id: 'EN-14',
      title: 'sends the manager as a bare id',
      run: async (probe) => {
        const boss = await probe.user();
        const id = await probe.user();
        await probe.patched(`/Users/${id}`, { op: 'Add', path: `${ENTERPRISE}:manager`, value: boss });
        probe.at(await probe.get(`/Users/${id}`), [ENTERPRISE, 'manager', 'value'], boss);
        const body = {
          schemas: [USER, ENTERPRISE],
          userName: `${probe.name()}@x.test`,
          [ENTERPRISE]: { manager: boss },
        };
        const made = await probe.create('/Users', body);
        probe.status(made, 201);
        probe.at(made, [ENTERPRISE, 'manager', 'value'], boss);
      },
    },
    {
      id: 'EN-15',
      title: 'clears the manager, in three ways',
      run: async (probe) => {
        const boss = await probe.user();
        const path = `${ENTERPRISE}:manager`;
        const clearings = [
          { op: 'Replace', path, value: '' },
          { op: 'Remove', path },
          { op: 'Remove', path: `${path}.value` },
        ];
        for (const operation of clearings) {
          const id = await probe.user({ [ENTERPRISE]: { manager: { value: boss } } });
          await probe.patched(`/Users/${id}`, operation);
          probe.at(await probe.get(`/Users/${id}`), [ENTERPRISE, 'manager'], undefined);
        }
      },
    },
    {
      id: 'EN-16',
      title: 'sends a role packed into JSON text',
      run: async (probe) => {
        const id = await probe.user();
        const value = [{ value: '{"id":"r1","value":"Admin","displayName":"Admin"}' }];
        await probe.patched(`/Users/${id}`, { op: 'Add', path: 'roles', value });
        probe.at(await probe.get(`/Users/${id}`), ['roles', 0, 'value'], 'Admin');
      },
    },
    {
      id: 'EN-17',
      title: 'sets the primary role by a filter with a text for a boolean',
      run: async (probe) => {
        const id = await probe.user();
        const operation = { op: 'Add', path: 'roles[primary eq "True"].value', value: 'Admin' };
        await probe.patched(`/Users/${id}`, operation);
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['roles', 0, 'value'], 'Admin');
        probe.at(reply, ['roles', 0, 'primary'], true);
      },
    },
    {
      id: 'EN-18',
      title: 'sends a single value in an array',
      run: async (probe) => {
        const id = await probe.user();
        await probe.patched(`/Users/${id}`, { op: 'Replace', path: 'displayName', value: ['X'] });
        probe.at(await probe.get(`/Users/${id}`), ['displayName'], 'X');
      },
    },
    {
      id: 'EN-19',
      title: 'sends a PATCH without operations',
      run: async (probe) => probe.patched(`/Users/${await probe.user()}`),
    },
    {
      id: 'EN-20',
      title: 'sends names that mean nothing',
      run: async (probe) => {
        const id = await probe.user();
        const operation = { name: 'changeTitle', op: 'Add', path: 'title', value: 'T' };
        const body = {
          id,
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [operation],
        };
        probe.status(await probe.send('PATCH', `/Users/${id}`, body), 200, 204);
        probe.at(await probe.get(`/Users/${id}`), ['title'], 'T');
      },
    },
    {
      id: 'EN-29',
      title: 'deletes a user: 204, then 404',
      run: async (probe) => {
        const id = await probe.user();
        probe.status(await probe.send('DELETE', `/Users/${id}`), 204);
        probe.status(await probe.get(`/Users/${id}`), 404);
        probe.status(await probe.send('DELETE', `/Users/${id}`), 404);
      },
    },
    {
      id: 'EN-32',
      title: 'sends broken JSON, and no userName',
      run: async (probe) => {
        const broken = await probe.send('POST', '/Users', '{"schemas":[');
        probe.status(broken, 400);
        probe.at(broken, ['scimType'], 'invalidSyntax');
        const nameless = await probe.create('/Users', { schemas: [USER], displayName: 'D' });
        probe.status(nameless, 400);
        probe.at(nameless, ['scimType'], 'invalidValue');
      },
    },
    {
      id: 'EN-36',
      title: 'two e-mails of one type are kept',
      run: async (probe) => {
        const emails = [workMail('a@x.test'), { type: 'work', value: 'b@x.test' }];
        const id = await probe.user({ emails });
        const reply = await probe.get(`/Users/${id}`);
        probe.equal(probe.idsIn(own(reply.body, 'emails'), 'value'), ['a@x.test', 'b@x.test'], 'emails');
      },
    },
  ],
};

/** Microsoft Entra ID: groups, and users with the flag `aadOptscim062020` on the tenant URL. */
import { own } from '../../../core/scim/json.ts';
import type { Chapter } from './fixture.ts';
import { ENTERPRISE, GROUP, USER } from './probe.ts';

const workMail = (value: string) => ({ primary: true, type: 'work', value });

export const entraGroups: Chapter = {
  provider: 'Entra ID: groups',
  fixtures: [
    {
      id: 'EN-21',
      title: 'creates a group with a schema of its own',
      run: async (probe) => {
        const unknown = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group';
        const reply = await probe.create('/Groups', {
          schemas: [GROUP, unknown],
          externalId: `o-${probe.mark}`,
          displayName: probe.name(),
          meta: { resourceType: 'Group' },
          members: [],
        });
        probe.status(reply, 201);
        probe.that(
          !JSON.stringify(own(reply.body, 'schemas') ?? []).includes(unknown),
          'the foreign schema is in the answer',
        );
      },
    },
    {
      id: 'EN-23',
      title: 'renames a group',
      run: async (probe) => {
        const id = await probe.group();
        const name = probe.name();
        await probe.patched(`/Groups/${id}`, { op: 'Replace', path: 'displayName', value: name });
        probe.at(await probe.get(`/Groups/${id}`), ['displayName'], name);
      },
    },
    {
      id: 'EN-24',
      title: 'adds a member with $ref null, twice',
      run: async (probe) => {
        const [user, id] = [await probe.user(), await probe.group()];
        const operation = { op: 'Add', path: 'members', value: [{ $ref: null, value: user }] };
        await probe.patched(`/Groups/${id}`, operation);
        await probe.patched(`/Groups/${id}`, operation);
        await probe.members(id, [user]);
      },
    },
    {
      id: 'EN-25',
      title: 'adds a member as a bare text, and with an unknown sub-attribute',
      run: async (probe) => {
        const [one, two, id] = [await probe.user(), await probe.user(), await probe.group()];
        await probe.patched(`/Groups/${id}`, { op: 'add', path: 'members', value: one });
        const named = [{ displayName: 'new User', value: two }];
        await probe.patched(`/Groups/${id}`, { op: 'add', path: 'members', value: named });
        await probe.members(id, [one, two]);
      },
    },
    {
      id: 'EN-26',
      title: 'removes one member by a value array: only that one goes',
      run: async (probe) => {
        const [one, two] = [await probe.user(), await probe.user()];
        const id = await probe.group([one, two]);
        const operation = { op: 'Remove', path: 'members', value: [{ $ref: null, value: one }] };
        await probe.patched(`/Groups/${id}`, operation);
        await probe.members(id, [two]);
      },
    },
    {
      id: 'EN-27',
      title: 'removes all members',
      run: async (probe) => {
        const id = await probe.group([await probe.user(), await probe.user()]);
        await probe.patched(`/Groups/${id}`, { op: 'remove', path: 'members' });
        await probe.members(id, []);
      },
    },
  ],
};

export const entraFlag: Chapter = {
  provider: 'Entra ID with aadOptscim062020',
  fixtures: [
    {
      id: 'EF-01',
      title: 'disables with a boolean',
      run: async (probe) => {
        const id = await probe.user();
        await probe.patched(`/Users/${id}`, { op: 'replace', path: 'active', value: false });
        probe.at(await probe.get(`/Users/${id}`), ['active'], false);
      },
    },
    {
      id: 'EF-02',
      title: 'replaces without a path: dotted names and URNs are paths',
      run: async (probe) => {
        const id = await probe.user({ emails: [workMail('old@x.test')] });
        const operations = [
          { op: 'replace', path: 'emails[type eq "work"].value', value: 'new@x.test' },
          {
            op: 'replace',
            value: {
              displayName: 'B',
              'name.givenName': 'K',
              'name.familyName': 'U',
              [`${ENTERPRISE}:employeeNumber`]: '7',
            },
          },
        ];
        await probe.patched(`/Users/${id}`, ...operations);
        const reply = await probe.get(`/Users/${id}`);
        probe.at(reply, ['emails', 0, 'value'], 'new@x.test');
        probe.at(reply, ['name', 'givenName'], 'K');
        probe.at(reply, [ENTERPRISE, 'employeeNumber'], '7');
      },
    },
    {
      id: 'EF-03',
      title: 'adds a single attribute',
      run: async (probe) => {
        const id = await probe.user();
        await probe.patched(`/Users/${id}`, { op: 'add', path: 'nickName', value: 'B' });
        probe.at(await probe.get(`/Users/${id}`), ['nickName'], 'B');
      },
    },
    {
      id: 'EF-04',
      title: 'removes one member by a filter',
      run: async (probe) => {
        const [one, two] = [await probe.user(), await probe.user()];
        const id = await probe.group([one, two]);
        await probe.patched(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${one}"]` });
        await probe.members(id, [two]);
      },
    },
    {
      id: 'EF-05',
      title: 'has its flag in the query of every call, or between base and path',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        await probe.create('/Users', { schemas: [USER], userName });
        probe.hits(await probe.filter('/Users', `userName eq "${userName}"`, '&aadOptscim062020'), 1);
        const filter = encodeURIComponent(`userName eq "${userName}"`);
        probe.hits(await probe.get(`/?aadOptscim062020/Users?filter=${filter}`), 1);
      },
    },
    {
      id: 'EF-06',
      title: 'goes back to the older shapes with its other flag',
      run: async (probe) => {
        const [user, group] = [await probe.user(), await probe.group()];
        const flag = '?AzureAdScimPatch2017';
        await probe.patched(`/Users/${user}${flag}`, { op: 'Replace', path: 'active', value: 'False' });
        probe.at(await probe.get(`/Users/${user}`), ['active'], false);
        const value = [{ $ref: null, value: user }];
        await probe.patched(`/Groups/${group}${flag}`, { op: 'Add', path: 'members', value });
        await probe.patched(`/Groups/${group}${flag}`, { op: 'Remove', path: 'members', value });
        await probe.members(group, []);
      },
    },
  ],
};

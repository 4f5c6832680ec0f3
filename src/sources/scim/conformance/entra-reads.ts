/** Microsoft Entra ID in its default way of sending: what it looks up. */
import type { Chapter } from './fixture.ts';
import { LIST, resourcesIn, USER } from './probe.ts';

const workMail = (value: string) => ({ primary: true, type: 'work', value });

export const entraReads: Chapter = {
  provider: 'Entra ID: looking',
  fixtures: [
    {
      id: 'EN-01',
      title: 'Test Connection asks for a user that cannot exist: 200 and an empty list',
      run: async (probe) => {
        const reply = await probe.filter('/Users', `userName eq "${probe.name()}"`);
        probe.hits(reply, 0);
        probe.at(reply, ['schemas', 0], LIST);
        probe.at(reply, ['Resources'], []);
      },
    },
    {
      id: 'EN-02',
      title: 'asks for a group that cannot exist, members excluded',
      run: async (probe) =>
        probe.hits(
          await probe.filter('/Groups', `displayName eq "${probe.name()}"`, '&excludedAttributes=members'),
          0,
        ),
    },
    {
      id: 'EN-03',
      title: 'matches by externalId, with and without quotes',
      run: async (probe) => {
        const externalId = `jy-${probe.mark}`;
        const id = await probe.user({ externalId });
        for (const filter of [`externalId eq "${externalId}"`, `externalId eq ${externalId}`]) {
          const reply = await probe.filter('/Users', filter);
          probe.hits(reply, 1);
          probe.at(reply, ['Resources', 0, 'id'], id);
        }
      },
    },
    {
      id: 'EN-04',
      title: 'matches by e-mail of a type, in one element',
      run: async (probe) => {
        const [work, home] = [`${probe.name()}@x.test`, `${probe.name()}@x.test`];
        const id = await probe.user({ emails: [workMail(work), { type: 'home', value: home }] });
        const found = await probe.filter('/Users', `emails[type eq "work"].value eq "${work}"`);
        probe.hits(found, 1);
        probe.at(found, ['Resources', 0, 'id'], id);
        probe.hits(await probe.filter('/Users', `emails[type eq "work"].value eq "${home}"`), 0);
      },
    },
    {
      id: 'EN-05',
      title: 'matches by two attributes joined by and',
      run: async (probe) => {
        const userName = `${probe.name()}@x.test`;
        await probe.create('/Users', { schemas: [USER], userName, externalId: 'two' });
        probe.hits(await probe.filter('/Users', `userName eq "${userName}" and externalId eq "two"`), 1);
        probe.hits(await probe.filter('/Users', `userName eq "${userName}" and externalId eq "three"`), 0);
      },
    },
    {
      id: 'EN-22',
      title: 'reads a group without its members',
      run: async (probe) => {
        const id = await probe.group([await probe.user()]);
        const reply = await probe.get(`/Groups/${id}?excludedAttributes=members`);
        probe.status(reply, 200);
        probe.at(reply, ['members'], undefined);
        probe.at(reply, ['id'], id);
      },
    },
    {
      id: 'EN-28',
      title: 'tests a membership by a filter on id and members',
      run: async (probe) => {
        const [inside, outside] = [await probe.user(), await probe.user()];
        const id = await probe.group([inside]);
        probe.hits(await probe.filter('/Groups', `id eq "${id}" and members eq "${inside}"`), 1);
        probe.hits(await probe.filter('/Groups', `id eq "${id}" and members eq "${outside}"`), 0);
      },
    },
    {
      id: 'EN-30',
      title: 'reads the schemas: a list, characteristics in camelCase, no nulls',
      run: async (probe) => {
        const reply = await probe.get('/Schemas');
        probe.status(reply, 200);
        probe.at(reply, ['schemas', 0], LIST);
        const text = JSON.stringify(resourcesIn(reply));
        probe.that(!text.includes('null'), 'a schema holds null');
        probe.that(
          text.includes('"readWrite"') && !/"read_?write"/.test(text.replaceAll('"readWrite"', '')),
          'characteristics are not camelCase',
        );
      },
    },
    {
      id: 'EN-31',
      title:
        'asks as the validator does: brackets in attributes, a slash at the end, no quotes, many digits, small letters',
      run: async (probe) => {
        const word = `Employee${probe.mark.replaceAll('-', '')}`;
        const mail = `${probe.name()}@example.org`;
        await probe.user({ displayName: word, name: { familyName: word }, emails: [workMail(mail)] });
        probe.status(
          await probe.get(`/Users?attributes=${encodeURIComponent('emails[type eq "work"]')}&count=1`),
          200,
        );
        probe.hits(await probe.filter('/Users/', `DisplayName eq "${word}"`), 1);
        probe.hits(
          await probe.filter(
            '/Users',
            `name.FamilyName eq ${word} and (emails.Value co example.com or emails.Value co example.org)`,
          ),
          1,
        );
        probe.status(await probe.filter('/Users', 'userName sw O', '&count=1'), 200);
        probe.status(
          await probe.filter('/Users', 'meta.Created gt 2015-10-10T14:38:21.8617979-07:00', '&count=1'),
          200,
        );
        probe.status(await probe.get('/users?count=1'), 200);
      },
    },
    {
      id: 'EN-33',
      title: 'sends a charset with the content type and gets application/scim+json',
      run: async (probe) => {
        const body = { schemas: [USER], userName: `${probe.name()}@x.test` };
        const reply = await probe.create('/Users', body, {
          'Content-Type': 'application/scim+json; charset=utf-8',
        });
        probe.status(reply, 201);
        const type = reply.headers.get('content-type') ?? '';
        probe.that(type.startsWith('application/scim+json'), `the content type is ${type}`);
      },
    },
    {
      id: 'EN-35',
      title: 'asks many times at once: what is too much is 429 and says in seconds when to come again',
      run: async (probe) => {
        const replies = await Promise.all(Array.from({ length: 12 }, () => probe.get('/Users?count=1')));
        for (const reply of replies) {
          probe.status(reply, 200, 429);
          const wait = reply.headers.get('Retry-After');
          probe.that(
            reply.status === 200 || /^\d+$/.test(wait ?? ''),
            `429 with Retry-After: ${wait ?? 'absent'}`,
          );
        }
      },
    },
    {
      id: 'EN-34',
      title: 'signs in with a static bearer token; without one there is 401',
      run: async (probe) => {
        probe.status(await probe.get('/Users?count=1'), 200);
        probe.status(await probe.send('GET', '/Users', undefined, { Authorization: 'Bearer wrong' }), 401);
      },
    },
  ],
};

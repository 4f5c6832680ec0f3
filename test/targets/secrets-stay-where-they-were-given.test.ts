import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { changeTarget } from '../../src/targets/admin/verbs.ts';
import { attribution } from '../support/directory.ts';
import { openTestTargets, type TestTargets } from '../support/target-engine.ts';

describe('what a target is called with', () => {
  let on: TestTargets;
  const by = attribution('console');
  beforeAll(async () => {
    on = await openTestTargets({ drives: false });
  });
  afterAll(() => on.close());

  const scim = (settings: object, credentials: object = {}): Promise<unknown> =>
    on.add({ name: 'new', type: 'scim', settings, credentials });

  it.each([
    ['https://ann:secret@wiki.example.org/scim', 'settings.url must not hold a user or a password'],
    ['https://wiki.example.org/scim?token=secret', 'settings.url must be the base of the service'],
    ['https://wiki.example.org/scim#secret', 'settings.url must not have a # in it'],
    ['http://wiki.example.org/scim', 'settings.url: without TLS only a private network is spoken to'],
    ['no address', 'settings.url must be an address such as https://example.org/path'],
  ])('is never part of an address, nor sent in the clear: %s', async (url, why) => {
    await expect(scim({ url })).rejects.toMatchObject({
      code: 'target.invalid',
      details: { why: expect.stringContaining(why) },
    });
  });

  it('cannot end the header that it stands in', async () => {
    for (const bearer of ['secret\r\nx-admin: yes', 'secret\n', 'sécret', '']) {
      await expect(scim({ url: 'https://wiki.example.org' }, { bearer })).rejects.toMatchObject({
        code: 'target.invalid',
        details: { why: expect.stringMatching(/^credentials\.bearer must be one word of visible ASCII/) },
      });
    }
  });

  it.each([
    {
      type: 'scim',
      settings: { url: 'https://wiki.example.org/scim' },
      credentials: { bearer: 'secret' },
      move: { url: 'https://elsewhere.example.org/scim' },
      stay: { url: 'https://wiki.example.org/scim/v2', timeoutSeconds: 5 },
    },
    {
      type: 'ldap',
      settings: {
        ...{
          url: 'ldaps://ldap.example.org',
          bindDn: 'cn=muster,dc=example',
          groupBase: 'ou=groups,dc=example',
        },
        users: { mode: 'lookup', base: 'ou=people,dc=example' },
      },
      credentials: { password: 'secret' },
      move: { url: 'ldap://ldap.example.org' },
      stay: { groupName: 'x-{name}' },
    },
    {
      type: 'sql',
      settings: {
        ...{ dialect: 'postgresql', host: 'db.example.org', database: 'app', user: 'muster' },
        memberships: { table: 'memberships', group: 'g', user: 'u' },
      },
      credentials: { password: 'secret' },
      move: { port: 6543 },
      stay: { timeoutSeconds: 5 },
    },
  ])('does not follow a $type target to another address unless it is given again', async (target) => {
    const { type, settings, credentials, move, stay } = target;
    await on.add({ name: type, type, settings, credentials });
    const change = (given: object): Promise<unknown> => changeTarget(on.targets, type, { change: given, by });
    await expect(change({ settings: move })).rejects.toMatchObject({
      code: 'target.invalid',
      details: { why: expect.stringMatching(/^The address changes, so give credentials\.\w+ again/) },
    });
    await change({ settings: stay });
    await change({ settings: move, credentials });
  });

  it('is not asked for where there is none, nor of a webhook, whose key is sent to nobody', async () => {
    await on.add({ name: 'open', type: 'scim', settings: { url: 'https://open.example.org' } });
    await on.add({ name: 'hook', type: 'webhook', settings: { url: 'https://hook.example.org' } });
    for (const name of ['open', 'hook']) {
      await changeTarget(on.targets, name, {
        change: { settings: { url: 'https://moved.example.org' } },
        by,
      });
    }
  });
});

describe('the file of a target', () => {
  let on: TestTargets;
  beforeAll(async () => {
    on = await openTestTargets({ drives: false });
  });
  afterAll(() => on.close());

  it('is written by one target, whatever the letters', async () => {
    await on.add({ name: 'first', type: 'file', settings: { file: 'members.csv' } });
    await on.add({ name: 'other', type: 'file', settings: { file: 'others.csv' } });
    const refused = {
      code: 'target.invalid',
      details: { why: 'settings.file: first writes Members.csv already.' },
    };
    const second = { name: 'second', type: 'file', settings: { file: 'Members.csv' } };
    await expect(on.add(second)).rejects.toMatchObject(refused);
    const change = { settings: { file: 'Members.csv' } };
    const by = attribution('console');
    await expect(changeTarget(on.targets, 'other', { change, by })).rejects.toMatchObject(refused);
    await changeTarget(on.targets, 'first', { change, by });
  });

  it.each(['../members.csv', '/etc/passwd', 'a/b.csv', '.hidden', 'a\u0000.csv', '..'])(
    'stands in the folder of such files: %j',
    async (file) => {
      await expect(on.add({ name: 'out', type: 'file', settings: { file } })).rejects.toMatchObject({
        code: 'target.invalid',
        details: {
          why: expect.stringContaining('settings.file must be the name of a file, without folders'),
        },
      });
    },
  );
});

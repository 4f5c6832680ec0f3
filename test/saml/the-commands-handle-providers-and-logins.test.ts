/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- documents are looked into by the tests */
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import type { UserN } from '../../src/core/ids.ts';
import { deleteUser } from '../../src/directory/users.ts';
import { groupsOfUser } from '../../src/store/effective/membership.ts';
import { type CommandLine, type CommandRan, openCommandLine } from '../support/command-line.ts';
import { ENTITY, formOf, metadataOf, newKey, respond } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
let command: CommandLine;
beforeAll(async () => {
  site = await openSamlSite();
  command = await openCommandLine(site.url);
  for (const name of ['affiliation.employee', 'affiliation.student']) {
    const group = await site.do((work) => createGroup(work, { ...newGroupState, name }, { steps: [] }));
    if (name === 'affiliation.employee') await site.group('everybody at work', group);
  }
});
afterAll(async () => {
  await command.close();
  await site.close();
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- documents are looked into by the tests
const read = ({ code, out }: CommandRan): any => ({ code, said: JSON.parse(out) as unknown });
const file = (name: string, text: string): string => {
  const path = join(site.folder, name);
  writeFileSync(path, text);
  return path;
};

async function login(attributes: Readonly<Record<string, readonly string[]>>) {
  const browser = site.browser();
  const asked = await site.ask(browser);
  const xml = respond(asked, { key: site.key, attributes });
  return { browser, answer: await browser.post('/saml/uni/acs', formOf(xml, asked), FROM_PROVIDER) };
}

describe('muster idp', () => {
  it('adds a provider that is trusted for its own keys alone, and lists it', async () => {
    const metadata = file('two.xml', metadataOf(newKey(), { entityId: 'https://two.example.org' }));
    const added = await command.run('idp', 'add', 'two', '--metadata', metadata);
    expect(added).toMatchObject({ code: 0, out: '' });
    expect(added.err).toMatch(/\/saml\/two\/metadata[^]*trusted for its own keys alone/);
    const { said } = read(await command.run('idp', 'list', '--json'));
    expect(said).toMatchObject([
      { name: 'two', settings: { trustedFor: [], logout: 'provider' }, trouble: null },
      { name: 'uni', entityId: ENTITY, scopes: [{ value: 'example.org' }] },
    ]);
    expect((await command.run('idp', 'list')).out).toMatch(/NAME +ENTITY ID.*\ntwo +https:\/\/two/);
  });

  it('refuses metadata that cannot be used, a name that is taken, and one that cannot stand in an address', async () => {
    const bad = file('bad.xml', '<a/>');
    expect(await command.run('idp', 'add', 'bad', '--metadata', bad)).not.toMatchObject({ code: 0 });
    const good = file('three.xml', metadataOf(newKey(), { entityId: 'https://three.example.org' }));
    expect((await command.run('idp', 'add', 'two', '--metadata', good)).err).toContain('two');
    expect((await command.run('idp', 'add', 'A b', '--metadata', good)).err).toMatch(/small letters/);
    expect((await command.run('idp', 'add', 'x', '--metadata', good, '--trust', 'all')).code).toBe(2);
  });

  it('sets what is set, tells whoever asks for an unknown one, and takes one out of use', async () => {
    const set = await command.run('idp', 'set', 'two', '--absent', 'keep', '--logout', 'here', '--json');
    expect(read(set).said.settings).toMatchObject({ absent: 'keep', logout: 'here', ttlDays: 180 });
    expect((await command.run('idp', 'set', 'nobody', '--absent', 'keep')).err).toContain('nobody');
    expect((await command.run('idp', 'remove', 'two')).code).toBe(0);
    expect(read(await command.run('idp', 'list', '--json')).said).toHaveLength(1);
  });

  it('refreshes, and ends with 6 and the reason where the last good copy stays', async () => {
    expect((await command.run('idp', 'refresh')).err).toBe('uni is up to date.\n');
    const good = metadataOf(site.key);
    file('uni.xml', 'broken');
    const failed = await command.run('idp', 'refresh', 'uni');
    expect(failed).toMatchObject({ code: 6 });
    expect(failed.err).toMatch(/last good copy stays[^]*uni: .*cannot be used/);
    expect((await command.run('idp', 'list')).out).toMatch(/cannot be used/);
    file('uni.xml', good);
    expect((await command.run('idp', 'refresh', 'uni', '--json')).code).toBe(0);
  });

  it('test shows just what a real login then gives', async () => {
    const said = { uid: ['tess'], mail: ['tess@example.org'], eduPersonAffiliation: ['Employee'] };
    const words = ['--attribute', 'uid=tess', '--attributes', file('said.json', JSON.stringify(said))];
    const tried = read(await command.run('idp', 'test', 'uni', ...words, '--json'));
    expect(tried).toMatchObject({
      code: 0,
      said: { refused: null, outcome: { account: 'created', user: 'tess', gained: ['employee'] } },
    });
    expect(await site.database.rows({ text: `select from users where user_name = 'tess'` })).toEqual([]);
    expect((await login(said)).answer.status).toBe(303);
    const [row] = await site.database.rows<{ n: UserN }>({
      text: `select n from users where user_name = 'tess'`,
    });
    const groups = (await groupsOfUser(site.database, row?.n ?? (0 as UserN), { after: 0, limit: 100 })).map(
      ({ name }) => name,
    );
    expect(tried.said.outcome.groups).toEqual(groups);
    expect(groups).toEqual(expect.arrayContaining(['affiliation.employee', 'everybody at work']));
    const text = await command.run('idp', 'test', 'uni', '--attribute', 'x-odd=1');
    expect(text).toMatchObject({ code: 7 });
    expect(text.err).toMatch(/Refused: .*\(identity\.none\)/);
    expect(text.out).toMatch(/without meaning +x-odd/);
  });

  it('keys prints our certificates, and both while they rotate', async () => {
    const before = (await command.run('idp', 'keys')).out;
    expect(new X509Certificate(before).subject).toContain('localhost');
    const { said } = read(await command.run('idp', 'keys', '--rotate', '--json'));
    expect(said.certificates).toHaveLength(2);
  });
});

describe('muster affiliations expiring', () => {
  it('lists who would lose what, and the groups that go with it (A-04)', async () => {
    await login({ uid: ['exp'], eduPersonAffiliation: ['student'] });
    expect((await command.run('affiliations', 'expiring', '--within', '179')).err).toBe('None.\n');
    const { said } = read(await command.run('affiliations', 'expiring', '--within', '181', '--json'));
    expect(said).toContainEqual(
      expect.objectContaining({
        ...{ userName: 'exp', provider: 'uni', affiliation: 'student' },
        groups: ['affiliation.student'],
      }),
    );
    expect((await command.run('affiliations', 'expiring', '--within', 'soon')).code).toBe(2);
  });
});

describe('muster admin', () => {
  it('link prints one that signs its user in once, and release lets a held name be signed in by (D-08)', async () => {
    const user = await site.user('linked');
    const printed = await command.run('admin', 'link', '--user', 'linked');
    const path = new URL(printed.out.trim()).pathname;
    const browser = site.browser();
    expect((await browser.open(path)).status).toBe(303);
    expect((await browser.open('/')).text).toContain('linked');
    expect((await site.browser().open(path)).status).toBe(403);
    await site.do((work) => deleteUser(work, { user: user.id, ifMatch: null }));
    await site.user('linked');
    expect((await login({ uid: ['linked'] })).answer.status).toBe(403);
    expect(site.lastReason()).toBe('identity.quarantined');
    expect((await command.run('admin', 'release', 'Linked')).code).toBe(0);
    expect((await login({ uid: ['linked'] })).answer.status).toBe(303);
    expect((await command.run('admin', 'release', 'nothing-held')).code).not.toBe(0);
  });
});

describe('muster login', () => {
  it('binds a key to a user, lists it, and takes it away with the sessions that hang on it (D-10)', async () => {
    await site.user('bound-by-hand');
    await site.user('another');
    const key = 'targetedId=t-hand';
    expect((await command.run('login', 'bind', 'bound-by-hand', 'uni', key)).code).toBe(0);
    expect((await command.run('login', 'bind', 'another', 'uni', key)).code).toBe(4);
    expect((await command.run('login', 'bind', 'another', 'uni', 'uid=x')).code).toBe(2);
    const { said } = read(await command.run('login', 'list', 'bound-by-hand', '--json'));
    expect(said).toMatchObject([{ kind: 'targetedId', issuer: ENTITY, value: 't-hand' }]);
    const { browser, answer } = await login({ 'pairwise-id': ['t-hand'] });
    expect(answer.status).toBe(303);
    expect((await browser.open('/')).text).toContain('bound-by-hand');
    expect((await command.run('login', 'release', 'bound-by-hand', 'uni', key)).code).toBe(0);
    expect((await browser.open('/')).text).not.toContain('bound-by-hand');
    expect((await command.run('login', 'release', 'bound-by-hand', 'uni', key)).code).toBe(4);
  });
});

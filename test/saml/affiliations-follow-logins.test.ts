import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProviderSettings } from '../../src/core/saml/provider.ts';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { listExpiringFacts } from '../../src/store/saml/expiring.ts';
import { formOf, metadataOf, newKey, respond } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
const keys = new Map<string, ReturnType<typeof newKey>>();
beforeAll(async () => {
  site = await openSamlSite({ settings: { absent: 'grace' } });
  keys.set('uni', site.key);
  const more: readonly [string, Partial<ProviderSettings>][] = [
    ['remove', { absent: 'remove' }],
    ['keep', { absent: 'keep' }],
    ['breaker', { absent: 'remove' }],
  ];
  for (const [name, settings] of more) {
    keys.set(name, newKey());
    await site.addProvider(
      name,
      metadataOf(keys.get(name) ?? site.key, { entityId: entityOf(name) }),
      settings,
    );
  }
  for (const name of ['affiliation.employee', 'affiliation.student', 'affiliation.staff@example.org']) {
    await site.do((work) => createGroup(work, { ...newGroupState, name }, { steps: [] }));
  }
  const [employees] = await site.database.rows<{ id: never }>({
    text: `select id from groups where name_key = 'affiliation.employee'`,
  });
  await site.group('all-staff', ...(employees === undefined ? [] : [employees]));
});
afterAll(() => site.close());

const entityOf = (idp: string): string =>
  idp === 'uni' ? 'https://idp.example.org/metadata' : `https://${idp}.example.org/metadata`;

async function login(
  uid: string,
  affiliations: readonly string[] | null,
  { idp = 'uni', scoped = [] as readonly string[], authority = '' } = {},
): Promise<void> {
  const browser = site.browser();
  const asked = await site.ask(browser, { idp });
  const context = `<saml:AuthnStatement AuthnInstant="${new Date().toISOString()}"><saml:AuthnContext>${authority === '' ? '' : `<saml:AuthenticatingAuthority>${authority}</saml:AuthenticatingAuthority>`}</saml:AuthnContext></saml:AuthnStatement>`;
  const xml = respond(asked, {
    ...{
      key: keys.get(idp) ?? site.key,
      issuer: entityOf(idp),
      responseIssuer: entityOf(idp),
      authn: context,
    },
    attributes: {
      uid: [uid],
      ...(affiliations === null ? {} : { eduPersonAffiliation: affiliations }),
      ...(scoped.length === 0 ? {} : { eduPersonScopedAffiliation: scoped }),
    },
  });
  const answer = await browser.post(`/saml/${idp}/acs`, formOf(xml, asked), FROM_PROVIDER);
  expect([answer.status, site.lastReason()]).toEqual([303, null]);
}

async function groupsOf(uid: string): Promise<string[]> {
  const rows = await site.database.rows<{ name: string }>(
    {
      text: `select distinct g.name from users u join assertion a on a.member_n = u.n and not a.suppressed
             join closure c on c.descendant = a.group_n join groups g on g.n = c.ancestor
             where u.user_name_key = $1 order by g.name`,
    },
    [uid],
  );
  return rows.map(({ name }) => name);
}

describe('affiliations', () => {
  it('A-01, A-02 put their user into the groups that follow them, without case, and into the outer ones', async () => {
    await login('eva', ['Employee', 'EMPLOYEE']);
    expect(await groupsOf('eva')).toEqual(['affiliation.employee', 'all-staff']);
  });

  it('A-01 are replaced by the next login, and only those of that provider and authority', async () => {
    await login('ron', ['employee', 'student']);
    await login('ron', ['student'], { idp: 'remove' });
    await login('ron', ['employee']);
    expect(await groupsOf('ron')).toEqual(['affiliation.employee', 'affiliation.student', 'all-staff']);
    await login('ron', [], { idp: 'remove' });
    expect(await groupsOf('ron')).toEqual(['affiliation.employee', 'all-staff']);
    await login('ron', ['student'], { authority: 'https://home.example.org' });
    expect(await groupsOf('ron')).toEqual(['affiliation.employee', 'affiliation.student', 'all-staff']);
  });

  it('A-02 of a scope follow only where the provider owns the scope', async () => {
    await login('ida', [], { scoped: ['staff@example.org', 'employee@evil.example', 'employee'] });
    expect(await groupsOf('ida')).toEqual(['affiliation.staff@example.org']);
  });

  it('A-03 that are not mentioned are removed, kept, or stay for the grace time', async () => {
    for (const idp of ['uni', 'remove', 'keep']) await login(`abs-${idp}`, ['student'], { idp });
    for (const idp of ['uni', 'remove', 'keep']) await login(`abs-${idp}`, null, { idp });
    expect(await groupsOf('abs-remove')).toEqual([]);
    expect(await groupsOf('abs-keep')).toEqual(['affiliation.student']);
    expect(await groupsOf('abs-uni')).toEqual(['affiliation.student']);
    const expiring = await listExpiringFacts(site.database, 2);
    expect(expiring.map(({ user_name, groups }) => [user_name, groups])).toEqual([
      ['abs-uni', ['affiliation.student']],
    ]);
    const hours = ((expiring[0]?.expires_at.getTime() ?? 0) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23);
    expect(hours).toBeLessThanOrEqual(24);
  });

  it('A-04 end by themselves when nobody returns, after 180 days', async () => {
    await login('leo', ['student']);
    const soon = await listExpiringFacts(site.database, 170);
    expect(soon.map(({ user_name }) => user_name)).not.toContain('leo');
    const later = await listExpiringFacts(site.database, 181);
    expect(later.map(({ user_name }) => user_name)).toContain('leo');
  });

  it('A-05 are not taken away once too many lose all of them at once; a person is told', async () => {
    const people = Array.from({ length: 30 }, (_, n) => `many${n}`);
    for (const uid of people) await login(uid, ['student'], { idp: 'breaker' });
    for (const uid of people) await login(uid, [], { idp: 'breaker' });
    const left = await Promise.all(people.map(groupsOf));
    const lost = left.filter((groups) => groups.length === 0).length;
    // Of the first 43 logins 13 had lost all: the next would have been more than 30 %.
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThanOrEqual(13);
    const rows = await site.database.rows({
      text: `select subject from alert where kind = 'provider.breaker' and resolved_at is null`,
    });
    expect(rows).toEqual([{ subject: 'breaker' }]);
  });
});

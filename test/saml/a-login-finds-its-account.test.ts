import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { foldName } from '../../src/core/names.ts';
import { defaultProviderSettings, type ProviderSettings } from '../../src/core/saml/provider.ts';
import { releaseKey } from '../../src/directory/identity-providers.ts';
import { bindLoginKey } from '../../src/directory/login-keys.ts';
import { createUser, changeUser, createStub, deleteUser } from '../../src/directory/users.ts';
import { tryAttributes } from '../../src/sources/saml/admin.ts';
import { setAdministrator } from '../../src/store/sessions.ts';
import { attribution } from '../support/directory.ts';
import { ENTITY, formOf, metadataOf, newKey, respond, type ResponseOptions } from './provider.ts';
import { FROM_PROVIDER, openSamlSite, type SamlSite } from './site.ts';

let site: SamlSite;
const idps = new Map<string, { key: ReturnType<typeof newKey>; entityId: string }>();
beforeAll(async () => {
  site = await openSamlSite();
  const provider = async (name: string, settings: Partial<ProviderSettings>, scopes = ['example.org']) => {
    const [key, entityId] = [newKey(), `https://${name}.example.org/metadata`];
    idps.set(name, { key, entityId });
    await site.addProvider(name, metadataOf(key, { entityId, scopes }), settings);
  };
  idps.set('uni', { key: site.key, entityId: ENTITY });
  await provider('strict', { trustedFor: defaultProviderSettings.trustedFor });
  await provider('mail', { trustedFor: ['email'], userName: 'eduPersonPrincipalName' });
  await provider('closed', { provision: 'refuse' });
});
afterAll(() => site.close());
beforeEach(() => {
  site.logged.length = 0;
});

/** A login with those attributes; answers the reason for its refusal, or who was signed in. */
async function login(
  attributes: Readonly<Record<string, readonly string[]>>,
  idp = 'uni',
  more: Partial<ResponseOptions> = {},
): Promise<string> {
  const browser = site.browser();
  const asked = await site.ask(browser, { idp });
  const { key, entityId } = idps.get(idp) ?? { key: site.key, entityId: ENTITY };
  const xml = respond(asked, { key, issuer: entityId, responseIssuer: entityId, attributes, ...more });
  const answer = await browser.post(`/saml/${idp}/acs`, formOf(xml, asked), FROM_PROVIDER);
  if (answer.status !== 303) return site.lastReason() ?? '';
  return /<code>([^<]+)</.exec((await browser.open('/')).text)?.[1] ?? '';
}

const targeted = (value: string) => ({ 'urn:oid:1.3.6.1.4.1.5923.1.1.1.10': [value] });

describe('a login', () => {
  it('is not let into the account of the installation’s own links by its name, nor given that name before the first link, but by a key bound by hand', async () => {
    const said = { uid: ['Administrator'], ...targeted('t-ad') };
    expect(await login(said)).toBe('identity.unbound');
    const taken = { text: `select from users where user_name_key = 'administrator'` };
    expect(await site.database.rows(taken)).toEqual([]);
    const made = await site.do(async (work) => {
      const user = await createUser(work, {
        ...{ userName: 'administrator', active: true, externalId: null, document: {} },
      });
      await setAdministrator(work.tx, user.n);
      return user;
    });
    expect(await login(said)).toBe('identity.unbound');
    await site.do((work) =>
      bindLoginKey(work, { user: made.id, kind: 'targetedId', issuer: ENTITY, value: 't-ad' }),
    );
    expect(await login(said)).not.toBe('identity.unbound');
    const text = 'select how from session where user_n = $1';
    expect(await site.database.rows({ text }, [made.n])).toEqual([{ how: 'saml' }]);
  });

  it('makes an account with what the provider says, and finds it again by the targetedId', async () => {
    const said = { uid: ['ann'], mail: ['ann@example.org'], displayName: ['Ann A.'], ...targeted('t-ann') };
    const id = await login(said);
    const [row] = await site.database.rows<{ document: object; user_name: string }>(
      { text: 'select document, user_name from users where id = $1' },
      [id],
    );
    expect(row).toMatchObject({
      user_name: 'ann',
      document: { displayName: 'Ann A.', emails: [{ value: 'ann@example.org' }] },
    });
    expect(await login({ ...targeted('t-ann') })).toBe(id);
  });

  it('becomes the stub that a file made, by its targetedId, and keeps its memberships (D-10)', async () => {
    const stub = await site.do((work) => createStub(work, { userName: null, document: {} }));
    const text = `insert into identity_key (kind, issuer, value_key, user_n, value, source_n) values ('targetedId', $1, 't-stub', $2, 't-stub', 4)`;
    await site.database.rows({ text }, [ENTITY, stub.n]);
    const group = await site.group('of-stubs', stub);
    expect(await login({ uid: ['stub1'], ...targeted('t-stub') })).toBe(stub.id);
    const rows = await site.database.rows<{ stub: boolean; user_name: string; groups: number[] }>(
      {
        text: 'select stub, user_name, array(select group_n from assertion where member_n = n) as groups from users where id = $1',
      },
      [stub.id],
    );
    expect(rows).toEqual([{ stub: false, user_name: 'stub1', groups: [group.n] }]);
  });

  it('of a provider that is trusted for names meets the user that a SCIM client made', async () => {
    const made = await site.user('Scim.User');
    expect(await login({ uid: ['scim.user'], ...targeted('t-scim') })).toBe(made.id);
    expect(await login({ ...targeted('t-scim') })).toBe(made.id);
  });

  it('of a provider of which nothing is said, does so only by a name whose scope it owns', async () => {
    const made = await site.user('owned@example.org');
    await site.user('plain');
    expect(await login({ uid: ['plain'], ...targeted('t-plain') }, 'strict')).toBe('identity.unbound');
    expect(await login({ eduPersonPrincipalName: ['owned@example.org'] }, 'strict')).toBe(made.id);
    expect(await login({ eduPersonPrincipalName: ['admin@other.example'] }, 'strict')).toBe('identity.none');
    // By a bare name it would make an account that it could not find again.
    expect(await login({ uid: ['fresh'] }, 'strict')).toBe('identity.none');
    expect(await login({ uid: ['fresh'], ...targeted('t-fresh') }, 'strict')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('never takes an account over by its e-mail, unless the provider is trusted for that', async () => {
    const document = { emails: [{ value: 'victim@example.org' }] };
    const victim = await site.do((work) =>
      createUser(work, { userName: 'victim', active: true, externalId: null, document }),
    );
    const said = { mail: ['Victim@example.org'], ...targeted('t-evil') };
    expect(await login({ ...said, uid: ['evil'] })).toBe('identity.unbound');
    expect(await login(said, 'mail')).toBe(victim.id);
  });

  it('is refused when its keys name two accounts, or several', async () => {
    await login({ uid: ['first'], ...targeted('t-first') });
    await site.user('second');
    expect(await login({ uid: ['second'], ...targeted('t-first') })).toBe('identity.conflict');
    expect(await login({ uid: ['first'], ...targeted('t-other') })).toBe('identity.conflict');
    for (const userName of ['twin1', 'twin2']) {
      const document = { emails: [{ value: 'twins@example.org' }] };
      await site.do((work) => createUser(work, { userName, active: true, externalId: null, document }));
    }
    expect(await login({ mail: ['twins@example.org'], ...targeted('t-twin') }, 'mail')).toBe(
      'identity.ambiguous',
    );
  });

  it('by a second provider does not take over what the first one knows by a key of its own', async () => {
    await login({ uid: ['bound'], ...targeted('t-bound') });
    expect(await login({ uid: ['bound'], ...targeted('x') }, 'closed')).toBe('identity.unbound');
  });

  it('by a key that belonged to somebody else waits for an administrator (D-08)', async () => {
    const gone = await site.user('recycled');
    await site.do((work) => deleteUser(work, { user: gone.id, ifMatch: null }));
    const next = await site.user('recycled');
    expect(await login({ uid: ['recycled'], ...targeted('t-new') })).toBe('identity.quarantined');
    await site.do((work) => releaseKey(work, foldName('Recycled')));
    expect(await login({ uid: ['recycled'], ...targeted('t-new') })).toBe(next.id);
  });

  it('makes no account where the provider may not, and signs nobody in who is not active', async () => {
    expect(await login({ uid: ['unheard'], ...targeted('u') }, 'closed')).toBe('user.unknown');
    const user = await site.user('dormant');
    await site.do((work) =>
      changeUser(work, { user: user.id, ifMatch: null, edit: (state) => ({ ...state, active: false }) }),
    );
    expect(await login({ uid: ['dormant'] })).toBe('user.inactive');
  });

  it('writes only what the provider changed since its last word (D-09)', async () => {
    const id = await login({ uid: ['dora'], displayName: ['Dora'], ...targeted('t-dora') });
    const rename = (displayName: string) =>
      site.do((work) =>
        changeUser(work, {
          user: id as never,
          ifMatch: null,
          edit: (s) => ({ ...s, document: { ...s.document, displayName } }),
        }),
      );
    await rename('Dora the Great');
    const name = async () =>
      (
        await site.database.rows<{ name: string }>(
          { text: `select document->>'displayName' as name from users where id = $1` },
          [id],
        )
      )[0]?.name;
    await login({ displayName: ['Dora'], ...targeted('t-dora') });
    expect(await name()).toBe('Dora the Great');
    await login({ displayName: ['Dora D.'], ...targeted('t-dora') });
    expect(await name()).toBe('Dora D.');
  });

  it('reads OIDs, MACE names and name ids as the same attributes', async () => {
    const id = await login({ 'urn:mace:dir:attribute-def:uid': ['olga'], ...targeted('t-olga') });
    const nameId = `<saml:Attribute Name="urn:mace:dir:attribute-def:eduPersonTargetedID"><saml:AttributeValue><saml:NameID NameQualifier="${ENTITY}" SPNameQualifier="x">t-olga</saml:NameID></saml:AttributeValue></saml:Attribute>`;
    expect(await login({}, 'uni', { rawAttributes: nameId })).toBe(id);
    expect(await login(targeted(`${ENTITY}!x!t-olga`))).toBe(id);
    expect(await login({ 'urn:oid:0.9.2342.19200300.100.1.1': ['olga'], ...targeted('t-olga') })).toBe(id);
  });

  it('goes on to the page that was asked for, and to no other site', async () => {
    const go = async (next: string) => {
      const browser = site.browser();
      const asked = await site.ask(browser, { query: `?next=${encodeURIComponent(next)}` });
      const form = formOf(respond(asked, { key: site.key }), asked);
      return (await browser.post('/saml/uni/acs', form, FROM_PROVIDER)).headers.get('Location');
    };
    expect(await go('/groups/1/join')).toBe('/groups/1/join');
    for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:x']) {
      expect(await go(next)).toBe('/');
    }
  });
});

describe('a login that is tried out', () => {
  it('shows what a real one would do, and keeps nothing', async () => {
    const attributes = [
      { name: 'uid', values: ['trial'] },
      { name: 'eduPersonScopedAffiliation', values: ['staff@example.org', 'staff@evil.example'] },
      { name: 'x-unknown', values: ['y'] },
    ];
    const tried = await tryAttributes(site.providers, attribution('console'), { name: 'uni', attributes });
    expect(tried).toMatchObject({
      refused: null,
      claims: { userName: 'trial', dropped: ['staff@evil.example'], unused: ['x-unknown'] },
      outcome: { account: 'created', user: 'trial', gained: ['staff@example.org'] },
    });
    expect(await site.database.rows({ text: `select from users where user_name = 'trial'` })).toEqual([]);
    const none = await tryAttributes(site.providers, attribution('console'), { name: 'uni', attributes: [] });
    expect(none.refused?.reason).toBe('identity.none');
  });
});

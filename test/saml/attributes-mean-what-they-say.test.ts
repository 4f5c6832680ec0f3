import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ownsScope } from '../../src/core/saml/attributes.ts';
import { type Claims, readClaims } from '../../src/core/saml/claims.ts';
import { defaultProviderSettings } from '../../src/core/saml/provider.ts';
import { fitsScopePattern } from '../../src/core/saml/scope-pattern.ts';
import { runsOf } from '../support/fuzz.ts';

type Said = Readonly<Record<string, readonly string[]>>;

function claimsOf(said: Said, scopes: readonly string[] = []): Claims {
  const attributes = Object.entries(said).map(([name, values]) => ({ name, values: [...values] }));
  const metadata = {
    entityId: 'https://idp.example.org',
    scopes: scopes.map((value) => ({ value, isPattern: false })),
  };
  const assertion = { nameId: null, attributes, authn: null };
  return readClaims(assertion, { metadata, settings: defaultProviderSettings });
}

const soap = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const microsoft = 'http://schemas.microsoft.com';

describe('what providers call things', () => {
  it('Entra ID: the claims of an enterprise application as it is set up at first', () => {
    const claims = claimsOf({
      [`${microsoft}/identity/claims/tenantid`]: ['0b0e'],
      [`${microsoft}/identity/claims/objectidentifier`]: ['5f0c'],
      [`${microsoft}/identity/claims/displayname`]: ['Ada Lovelace'],
      [`${soap}/givenname`]: ['Ada'],
      [`${soap}/surname`]: ['Lovelace'],
      [`${soap}/emailaddress`]: ['ada@example.org'],
      [`${soap}/name`]: ['ada@tenant.example.org'],
    });
    expect(claims).toMatchObject({
      loginKeys: [{ kind: 'targetedId', value: '5f0c' }],
      userName: 'ada@tenant.example.org',
      isNameOwned: false,
      email: 'ada@example.org',
      profile: {
        displayName: 'Ada Lovelace',
        givenName: 'Ada',
        familyName: 'Lovelace',
        email: 'ada@example.org',
      },
      affiliations: null,
      unused: [`${microsoft}/identity/claims/tenantid`],
    });
  });

  it('ADFS: the UPN is the userName, and no claim but the private id ties a login to an account', () => {
    const claims = claimsOf({
      [`${soap}/upn`]: ['ada@ad.example.org'],
      [`${microsoft}/ws/2008/06/identity/claims/windowsaccountname`]: ['AD\\ada'],
      [`${soap}/emailaddress`]: ['ada@example.org'],
      [`${soap}/surname`]: ['Lovelace'],
    });
    expect(claims).toMatchObject({
      ...{ loginKeys: [], userName: 'ada@ad.example.org', email: 'ada@example.org', unused: [] },
      profile: { familyName: 'Lovelace', email: 'ada@example.org' },
    });
    const withId = claimsOf({ [`${soap}/privatepersonalidentifier`]: ['p-1'], [`${soap}/upn`]: ['ada'] });
    expect(withId.loginKeys).toEqual([{ kind: 'targetedId', value: 'p-1', qualifiers: null }]);
  });

  it('research federations: OIDs, MACE names and plain ones are one attribute, in any case', () => {
    const claims = claimsOf(
      {
        'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['Employee'],
        'urn:mace:dir:attribute-def:eduPersonAffiliation': ['Employee', 'member'],
        EDUPERSONAFFILIATION: ['student'],
        'urn:oid:1.3.6.1.4.1.5923.1.1.1.9': ['staff@example.org', 'staff@elsewhere.example'],
        'urn:oasis:names:tc:SAML:attribute:pairwise-id': ['xyz@example.org', 'stolen@elsewhere.example'],
        'urn:oid:1.3.6.1.4.1.5923.1.1.1.6': ['ada@example.org'],
      },
      ['example.org'],
    );
    expect(claims).toMatchObject({
      loginKeys: [
        { kind: 'targetedId', value: 'xyz@example.org' },
        { kind: 'eppn', value: 'ada@example.org' },
      ],
      isNameOwned: true,
      affiliations: [
        { value: 'Employee', scope: null },
        { value: 'member', scope: null },
        { value: 'student', scope: null },
        { value: 'staff', scope: 'example.org' },
      ],
      dropped: ['stolen@elsewhere.example', 'staff@elsewhere.example'],
    });
  });
});

describe('a scope', () => {
  const pattern = (value: string, scope: string): boolean => ownsScope([{ value, isPattern: true }], scope);

  it.each([
    ['^([a-zA-Z0-9-]{1,63}\\.){0,2}vho\\.aaf\\.edu\\.au$', 'a.b.vho.aaf.edu.au', true],
    ['^([a-zA-Z0-9-]{1,63}\\.){0,2}vho\\.aaf\\.edu\\.au$', 'a.b.c.vho.aaf.edu.au', false],
    ['.+\\.example\\.org', 'LAW.Example.ORG', true],
    ['.+\\.example\\.org', 'example.org', false],
    ['.+\\.example\\.org', 'law.example.org.evil.test', false],
    ['.+\\.example\\.org', 'law-example-org', false],
    ['(law|arts)\\.example\\.org', 'arts.example.org', true],
    ['(law|arts)\\.example\\.org', 'artslaw.example.org', false],
    ['example\\.org|example\\.net', 'example.netx', false],
    ['[^.]+\\.example\\.org', 'a.b.example.org', false],
  ])('by the pattern %s: %s is %s', (value, scope, isOwned) => {
    expect(pattern(value, scope)).toBe(isOwned);
  });

  it('by a pattern that is none, or of a kind that is not read, is nobody’s', () => {
    const scopes = ['example.org', 'aa', '(example.org', ''];
    for (const value of [
      '(example.org',
      '[z-a]',
      'a**',
      '(?=e)example.org',
      '(a)\\1',
      'a{999}',
      '*',
      'a{',
      '[',
    ])
      for (const scope of scopes)
        expect([value, scope, pattern(value, scope)]).toEqual([value, scope, false]);
    expect(pattern('.*', 'a'.repeat(256))).toBe(false);
    expect(pattern('a'.repeat(201), 'a'.repeat(201))).toBe(false);
    expect(ownsScope([{ value: '.*', isPattern: false }], 'example.org')).toBe(false);
    expect(ownsScope([], 'example.org')).toBe(false);
  });

  it('is judged at once by patterns that lead others to try for ever', () => {
    const scope = `${'a'.repeat(254)}!`;
    for (const value of ['(a+)+$', '(a|a)*b', '((a*)*)*b', '.*.*.*.*.*.*.*.*b', '(.*a){50}b'])
      expect(pattern(value, scope)).toBe(false);
    expect(pattern('(a+)+!', scope)).toBe(true);
  });

  it('is judged as a regular expression judges it (property)', () => {
    const atom = fc.constantFrom('a', 'b', '\\.', '.', '[ab]', '[^a]', '[a-c]', '(a|b)', '(?:ab|.)', '\\w');
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,}'))
      .map((parts) => parts.join(''));
    const patterns = fc.oneof(
      fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('')),
      fc.tuple(piece, piece).map(([one, other]) => `${one}|${other}`),
      fc.tuple(piece, piece).map(([one, other]) => `(${one}${other})+`),
    );
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), maxLength: 8 });
    fc.assert(
      fc.property(patterns, texts, (value, text) => {
        expect(fitsScopePattern(value, text)).toBe(new RegExp(`^(?:${value})$`).test(text));
      }),
      runsOf(500),
    );
  });
});

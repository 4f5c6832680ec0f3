import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matches } from '../../src/core/scim/filter-evaluate.ts';
import { parseFilter } from '../../src/core/scim/filter-parse.ts';
import { auto, ENTERPRISE, refusalOf, registry, strict } from './support.ts';
import { FUZZ_PATIENCE_MS, runsOf } from '../support/fuzz.ts';

const user = {
  schemas: [registry.user.core.id],
  id: '7f0c1d1e-1111-4222-8333-444455556666',
  userName: 'BJensen',
  active: true,
  name: { familyName: "O'Malley", givenName: 'Bär' },
  title: '',
  emails: [
    { type: 'work', value: 'bj@example.com', primary: true },
    { type: 'home', value: 'home@example.org' },
  ],
  meta: { created: '2015-10-10T21:38:21.861Z', resourceType: 'User', version: 'W/"3"' },
  [ENTERPRISE]: { employeeNumber: '0701', manager: { value: 'M1' } },
};

function fits(filter: string): boolean {
  return matches(parseFilter(registry.user, filter, auto), user);
}

function refusal(filter: string, profile: typeof auto | typeof strict = auto) {
  return refusalOf(() => parseFilter(registry.user, filter, profile));
}

describe('A filter (RFC 7644 §3.4.2.2)', () => {
  it.each([
    'userName eq "bjensen"',
    'USERNAME Eq "BJENSEN"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "BJ"',
    'name.familyName co "o\'malley"',
    'name.givenName eq "BÄR"',
    'name.givenName eq "b\\u00e4r"',
    'userName ew "sen"',
    'userName gt "a" and userName lt "c"',
    'id eq "7f0c1d1e-1111-4222-8333-444455556666"',
    'title pr',
    'emails pr and not (phoneNumbers pr)',
    'nickName ne "x"',
    'emails eq "bj@example.com"',
    'emails.value eq "bj@example.com"',
    'emails[type eq "work" and value co "@example.com"]',
    'emails[type eq "work"].value eq "BJ@example.com"',
    'not (emails[type eq "home"].value eq "bj@example.com")',
    'emails ne "bj@example.com"',
    'active eq true',
    'active eq True',
    'active ne false',
    `${ENTERPRISE}:employeeNumber eq 0701`,
    `${ENTERPRISE}:manager eq "M1"`,
    `${ENTERPRISE}:manager.value eq "M1"`,
    'meta.created ge 2015-10-10T14:38:21.8610000-07:00',
    'meta.created lt "2015-10-10T21:38:21.8617979Z"',
    'userName eq "x" and userName eq "y" or active eq true',
    'active eq true or userName eq "x" and userName eq "y"',
    'not (userName eq "x") and active eq true',
    'nickName eq null',
    'emails ne null',
    'schemas eq "urn:ietf:params:scim:schemas:core:2.0:User"',
  ])('holds: %s', (filter) => {
    expect(fits(filter)).toBe(true);
  });

  it.each([
    'id eq "7F0C1D1E-1111-4222-8333-444455556666"',
    'emails[type eq "home"].value eq "bj@example.com"',
    'emails[type eq "home" and value eq "bj@example.com"]',
    'nickName pr',
    'nickName co ""',
    'phoneNumbers.value ne "1"',
    'meta.created gt "2015-10-10T21:38:21.8617979Z"',
    `${ENTERPRISE}:manager.value eq "m1"`,
    '(userName eq "bjensen" or active eq true) and active eq false',
  ])('does not hold: %s', (filter) => {
    expect(fits(filter)).toBe(false);
  });

  it.each([
    '',
    'userName',
    'userName eq',
    'userName xx "1"',
    'userName eq "1" userName eq "2"',
    'userName eq "1" and',
    '(userName eq "1"',
    'userName eq "1")',
    'userName eq "abc',
    'userName eq "\\x"',
    'userName eq "a\\u0000"',
    'emails[type eq "a"',
    'emails[emails[type eq "a"] pr]',
    'emails[type eq "a"].value',
    'name eq "x"',
    'name[familyName eq "x"].value eq "y"',
    'userName[value eq "x"]',
    'colour eq "x"',
    'emails.colour eq "x"',
    'password eq "x"',
    'password pr',
    'active gt true',
    'active co true',
    'meta.created co "2015"',
    'meta.created gt "yesterday"',
    'x509Certificates.value gt "AA"',
    'not userName eq "x"',
    '__proto__ eq "x"',
    'constructor.name eq "x"',
    'userName gt null',
  ])('is refused: %s', (filter) => {
    expect(refusal(filter)).toBe('filter.invalid');
  });

  it('refuses loose values under the strict profile', () => {
    for (const filter of ['userName eq bjensen', 'active eq "true"', 'userName eq 5']) {
      expect(refusal(filter, strict)).toBe('filter.invalid');
    }
  });

  it('is stopped before it is parsed: 4 KiB, depth 10, 50 terms', () => {
    expect(refusal(`userName eq "${'x'.repeat(4_096)}"`)).toBe('filter.invalid');
    expect(refusal(`${'('.repeat(2_000)}active pr${')'.repeat(2_000)}`)).toBe('filter.invalid');
    expect(refusal(`${'('.repeat(11)}active pr${')'.repeat(11)}`)).toBe('filter.invalid');
    expect(refusal(Array.from({ length: 51 }, () => 'active pr').join(' and '))).toBe('filter.invalid');
    expect(fits(`${'('.repeat(10)}active pr${')'.repeat(10)}`)).toBe(true);
    expect(fits(Array.from({ length: 50 }, () => 'active pr').join(' and '))).toBe(true);
  });

  it(
    'binds not over and over or, as an evaluation of its own says (property)',
    () => {
      type Tree = { text: string; value: boolean };
      const leaf = fc.boolean().map((value): Tree => ({ text: value ? 'active pr' : 'nickName pr', value }));
      const { tree } = fc.letrec<{ tree: Tree; and: Tree; unit: Tree }>((tie) => ({
        unit: fc.oneof(
          { maxDepth: 4 },
          leaf,
          tie('tree').map((inner) => ({ text: `(${inner.text})`, value: inner.value })),
          tie('tree').map((inner) => ({ text: `not (${inner.text})`, value: !inner.value })),
        ),
        and: fc.array(tie('unit'), { minLength: 1, maxLength: 3 }).map((units) => ({
          text: units.map(({ text }) => text).join(' and '),
          value: units.every(({ value }) => value),
        })),
        tree: fc.array(tie('and'), { minLength: 1, maxLength: 3 }).map((ands) => ({
          text: ands.map(({ text }) => text).join(' or '),
          value: ands.some(({ value }) => value),
        })),
      }));
      fc.assert(
        fc.property(tree, ({ text, value }) => {
          fc.pre(text.split('pr').length <= 50 && depthOf(text) <= 8);
          expect(fits(text)).toBe(value);
        }),
        runsOf(100),
      );
    },
    FUZZ_PATIENCE_MS,
  );

  it(
    'never fails in another way than by refusing, whatever the text (property)',
    () => {
      const piece = fc.constantFrom(
        ...'userName emails type value eq and or not pr [ ] ( ) . " \\ $ref 1 true'.split(' '),
      );
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((pieces) => pieces.join(' ')),
      );
      fc.assert(
        fc.property(text, (filter) => {
          try {
            fits(filter);
          } catch (error) {
            expect(error).toMatchObject({ code: 'filter.invalid' });
          }
        }),
        runsOf(500),
      );
    },
    FUZZ_PATIENCE_MS,
  );
});

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '(') deepest = Math.max(deepest, (depth += 1));
    if (char === ')') depth -= 1;
  }
  return deepest + text.split('not').length;
}

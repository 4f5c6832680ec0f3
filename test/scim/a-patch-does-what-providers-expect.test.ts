import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../src/core/scim/json.ts';
import { auto, ENTERPRISE, patchUser, refusalOf, strict } from './support.ts';
import { FUZZ_PATIENCE_MS, runsOf } from '../support/fuzz.ts';

const work = { type: 'work', value: 'w@x.test' };
const home = { type: 'home', value: 'h@x.test' };

describe('A PATCH (RFC 7644 §3.5.2)', () => {
  it('EN-10: coerces the text of a boolean', () => {
    expect(patchUser({ active: true }, [{ op: 'Replace', path: 'active', value: 'False' }])).toEqual({
      active: false,
    });
  });

  it('EN-12: applies operations in order', () => {
    const after = patchUser({ emails: [work] }, [
      { op: 'Replace', path: 'displayName', value: 'D' },
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'n@x.test' },
      { op: 'Replace', path: 'NAME.GIVENNAME', value: 'G' },
      { op: 'Replace', path: `${ENTERPRISE}:employeeNumber`, value: '7' },
      { op: 'Replace', path: 'displayName', value: 'E' },
    ]);
    expect(after).toEqual({
      displayName: 'E',
      emails: [{ type: 'work', value: 'n@x.test' }],
      name: { givenName: 'G' },
      [ENTERPRISE]: { employeeNumber: '7' },
    });
  });

  it('EN-13: makes the element that a filter describes when there is none', () => {
    const after = patchUser({}, [
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '1' },
      { op: 'Replace', path: 'addresses[type eq "other"].Formatted', value: 'Here' },
    ]);
    expect(after).toEqual({
      phoneNumbers: [{ type: 'mobile', value: '1' }],
      addresses: [{ type: 'other', formatted: 'Here' }],
    });
  });

  it('refuses that under the strict profile, for replace only', () => {
    const replace = [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'x' }];
    expect(refusalOf(() => patchUser({}, replace, strict))).toBe('patch.no_target');
    const add = [{ op: 'add', path: 'emails[type eq "work"].value', value: 'x' }];
    expect(patchUser({}, add, strict)).toEqual({ emails: [{ type: 'work', value: 'x' }] });
  });

  it('EN-14, EN-15: takes a bare manager, and clears one in three ways', () => {
    const path = `${ENTERPRISE}:manager`;
    const set = patchUser({}, [{ op: 'Add', path, value: 'M' }]);
    expect(set).toEqual({ [ENTERPRISE]: { manager: { value: 'M' } } });
    expect(patchUser(set, [{ op: 'Replace', path, value: '' }])).toEqual({});
    expect(patchUser(set, [{ op: 'Remove', path }])).toEqual({});
    expect(patchUser(set, [{ op: 'Remove', path: `${path}.value` }])).toEqual({});
  });

  it('EN-16: unpacks a role from JSON text', () => {
    const value = [{ value: '{"id":"r1","value":"Admin","displayName":"Administrator"}' }];
    expect(patchUser({}, [{ op: 'Add', path: 'roles', value }])).toEqual({
      roles: [{ value: 'Admin', display: 'Administrator' }],
    });
  });

  it('EN-17: coerces the value in a path filter and makes the element', () => {
    const operations = [{ op: 'Add', path: 'roles[primary eq "True"].value', value: 'Admin' }];
    expect(patchUser({}, operations)).toEqual({ roles: [{ primary: true, value: 'Admin' }] });
  });

  it('EN-18: takes the only element of an array for a single value', () => {
    const operations = [{ op: 'Replace', path: 'displayName', value: ['X'] }];
    expect(patchUser({}, operations)).toEqual({ displayName: 'X' });
    expect(refusalOf(() => patchUser({}, operations, strict))).toBe('value.invalid');
  });

  it('EF-02: reads dotted and URN names of a value without a path as paths', () => {
    const value = {
      displayName: 'B',
      'name.givenName': 'K',
      [`${ENTERPRISE}:employeeNumber`]: '7',
      [ENTERPRISE]: { division: 'D' },
    };
    expect(patchUser({}, [{ op: 'replace', value }])).toEqual({
      displayName: 'B',
      name: { givenName: 'K' },
      [ENTERPRISE]: { employeeNumber: '7', division: 'D' },
    });
  });

  it('SA-01: merges into a complex value, and null takes a part away (RFC 7644 §3.5.2.3)', () => {
    const before = { name: { givenName: 'A', familyName: 'B', middleName: 'C' } };
    const value = { givenName: 'N', middleName: null };
    expect(patchUser(before, [{ op: 'replace', path: 'name', value }])).toEqual({
      name: { givenName: 'N', familyName: 'B' },
    });
  });

  it('removes by filter, by value array, by value, or all', () => {
    const before = { emails: [work, home] };
    expect(patchUser(before, [{ op: 'remove', path: 'emails[type eq "work"]' }])).toEqual({ emails: [home] });
    expect(patchUser(before, [{ op: 'remove', path: 'emails', value: [{ value: 'W@x.test' }] }])).toEqual({
      emails: [home],
    });
    expect(patchUser(before, [{ op: 'remove', path: 'emails', value: 'h@x.test' }])).toEqual({
      emails: [work],
    });
    expect(patchUser(before, [{ op: 'remove', path: 'emails', value: null }])).toEqual({});
    expect(patchUser(before, [{ op: 'remove', path: 'emails' }])).toEqual({});
    expect(patchUser(before, [{ op: 'remove', path: 'emails[type eq "x"]' }])).toEqual(before);
  });

  it('adds a present value without a second one, and takes what is new in it', () => {
    const before = { emails: [{ ...home, primary: true }, work] };
    expect(
      patchUser(before, [{ op: 'add', path: 'emails', value: [{ ...work, value: 'W@X.TEST' }] }]),
    ).toEqual(before);
    expect(patchUser(before, [{ op: 'add', path: 'emails', value: [{ ...work, primary: true }] }])).toEqual({
      emails: [
        { ...home, primary: false },
        { ...work, primary: true },
      ],
    });
  });

  it('leaves one primary: the one set last', () => {
    const before = { emails: [{ ...work, primary: true }, home] };
    expect(
      patchUser(before, [{ op: 'replace', path: 'emails[type eq "home"].primary', value: true }]),
    ).toEqual({
      emails: [
        { ...work, primary: false },
        { ...home, primary: true },
      ],
    });
  });

  it('refuses as RFC 7644 §3.5.2 says', () => {
    expect(refusalOf(() => patchUser({}, [{ op: 'remove' }]))).toBe('patch.no_target');
    expect(refusalOf(() => patchUser({ userName: 'a' }, [{ op: 'remove', path: 'userName' }]))).toBe(
      'attribute.immutable',
    );
    expect(refusalOf(() => patchUser({}, [{ op: 'remove', path: 'groups' }]))).toBe('attribute.immutable');
    expect(refusalOf(() => patchUser({}, [{ op: 'replace', path: 'id', value: 'other' }]))).toBe(
      'attribute.immutable',
    );
    expect(refusalOf(() => patchUser({}, [{ op: 'move', path: 'title', value: 'x' }]))).toBe('body.invalid');
    expect(refusalOf(() => patchUser({}, [{ op: 'add', path: 'title' }]))).toBe('value.invalid');
    expect(refusalOf(() => patchUser({}, [{ op: 'add', path: 'active', value: 'perhaps' }]))).toBe(
      'value.invalid',
    );
    expect(refusalOf(() => patchUser({}, [{ op: 'add', path: 'emails[type eq', value: 'x' }]))).toBe(
      'path.invalid',
    );
    expect(refusalOf(() => patchUser({}, [{ op: 'add', path: 'title[value eq "x"]', value: 'x' }]))).toBe(
      'path.invalid',
    );
    expect(refusalOf(() => patchUser({}, [{ op: 'add', path: 'colour', value: 'x' }], strict))).toBe(
      'path.invalid',
    );
  });

  it('is refused where very many operations are on an attribute of very many values, which all others would wait for', () => {
    const emails = Array.from({ length: 1_000 }, (_, at) => ({ type: 'work', value: `${at}@x.test` }));
    const many = (count: number, operation: Json): Json => Array.from({ length: count }, () => operation);
    const byFilter = { op: 'remove', path: 'emails[type eq "home"].display' };
    expect(patchUser({ emails }, many(50, byFilter))).toEqual({ emails });
    expect(refusalOf(() => patchUser({ emails }, many(51, byFilter)))).toBe('value.invalid');
    const terms = Array.from({ length: 47 }, () => 'type eq "home"').join(' or ');
    const byMany = { op: 'remove', path: `emails[${terms}].display` };
    expect(refusalOf(() => patchUser({ emails }, many(5, byMany)))).toBe('value.invalid');
    const title = { op: 'replace', path: 'title', value: 'T' };
    expect(patchUser({ emails }, many(1_000, title))).toMatchObject({ title: 'T' });
  });

  it('EN-19, EN-20, OK-14: passes over empty lists, unknown names and a repeated id', () => {
    const id = 'c0ffee00-0000-4000-8000-000000000001';
    expect(patchUser({}, [])).toEqual({});
    expect(
      patchUser({}, [{ op: 'replace', name: 'x', value: { id, title: 'T', colour: 'red', meta: {} } }]),
    ).toEqual({
      title: 'T',
    });
  });

  it('makes nothing of __proto__, constructor and their like', () => {
    const value = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"name":{"__proto__":{"x":1}}}',
    ) as Json;
    expect(patchUser({}, [{ op: 'add', value }])).toEqual({});
    for (const path of [
      '__proto__.polluted',
      'constructor.prototype',
      'name.__proto__',
      'emails[type eq "x"].__proto__',
    ]) {
      expect(patchUser({}, [{ op: 'add', path, value: 'x' }])).toEqual({});
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it(
    'is idempotent: the same replacements twice change nothing more (property)',
    () => {
      const path = fc.constantFrom(
        'title',
        'name.givenName',
        'emails',
        'emails[type eq "work"].value',
        'emails[type eq "home"]',
        `${ENTERPRISE}:division`,
        'name',
      );
      const value = fc.oneof(
        fc.string(),
        fc.constant(null),
        fc.record({ value: fc.string(), type: fc.constantFrom('work', 'home'), givenName: fc.string() }),
      );
      const operation = fc.record({ op: fc.constantFrom('replace', 'remove'), path, value });
      fc.assert(
        fc.property(fc.array(operation, { maxLength: 1 }), fc.array(operation), (first, before) => {
          const start = quietly({}, before);
          const once = quietly(start, first);
          expect(quietly(once, first)).toEqual(once);
        }),
        runsOf(500),
      );
    },
    FUZZ_PATIENCE_MS,
  );

  it(
    'never fails in another way than by refusing, and never keeps what the schema has not (property)',
    () => {
      const operation = fc.record(
        {
          op: fc.constantFrom('add', 'replace', 'remove', 'x'),
          path: fc.oneof(fc.string(), fc.constantFrom('emails', 'name', 'members')),
          value: fc.jsonValue() as fc.Arbitrary<Json>,
        },
        { requiredKeys: [] },
      );
      fc.assert(
        fc.property(fc.array(operation), (operations) => {
          try {
            JSON.stringify(patchUser({ title: 'T' }, operations, auto));
          } catch (error) {
            expect(error).toHaveProperty('code');
          }
        }),
        runsOf(500),
      );
    },
    FUZZ_PATIENCE_MS,
  );
});

function quietly(document: Parameters<typeof patchUser>[0], operations: Json): ReturnType<typeof patchUser> {
  try {
    return patchUser(document, operations);
  } catch (error) {
    expect(error).toHaveProperty('code');
    return document;
  }
}

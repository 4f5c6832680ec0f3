import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  escapeDnValue,
  firstType,
  firstValue,
  isBelow,
  normalDn,
  parentOf,
  rdn,
} from '../../../src/targets/connectors/ldap/dn.ts';

const BASE = 'ou=people,dc=example,dc=org';
/** Texts as names are: well-formed, with every character that means something in a name. */
const anyName = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(' ', ',', '+', '"', '\\', '<', '>', ';', '=', '#', '\u0000', '*', '(', ')', '/'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  })
  .filter((text) => text.isWellFormed());

describe('a value in a distinguished name', () => {
  it('never ends its step, whatever it is, and is read back as it was', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const dn = `${rdn('uid', name)},${BASE}`;
        expect(firstValue(dn)).toBe(name);
        expect(firstType(dn)).toBe('uid');
        expect(parentOf(dn)).toBe(BASE);
        expect(normalDn(dn)?.endsWith(`,${BASE}`)).toBe(true);
      }),
    );
  });

  it('holds no character bare that RFC 4514 §2.4 wants escaped', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const written = escapeDnValue(name);
        expect(written).not.toMatch(/(?<!\\)[",+;<>]|^[ #]| $/);
        expect(written).not.toContain('\u0000');
      }),
    );
  });
});

describe('two names', () => {
  it.each([
    ['uid=ada,ou=People,dc=example', 'UID = Ada , OU=people,DC=EXAMPLE'],
    ['cn=a\\,b,dc=x', 'cn=a\\2Cb,dc=x'],
    ['cn=a\\,b,dc=x', 'cn="a,b",dc=x'],
    ['cn=Lučić,dc=x', 'cn=Lu\\C4\\8Di\\C4\\87,dc=x'],
    ['cn=a+uid=b,dc=x', 'uid=b+cn=a,dc=x'],
    ['cn=a  b,dc=x', 'cn=a b,dc=x'],
  ])('%s and %s are the same', (one, other) => {
    expect(normalDn(one)).toBe(normalDn(other));
  });

  it.each([
    ['cn=a,dc=x', 'cn=b,dc=x'],
    ['cn=a\\,dc\\=x,dc=y', 'cn=a,dc=x,dc=y'],
    ['cn=a\\+b,dc=x', 'cn=a+uid=b,dc=x'],
  ])('%s and %s are not', (one, other) => {
    expect(normalDn(one)).not.toBe(normalDn(other));
  });

  it.each(['people', 'ou people,dc=x', 'uid=a,,dc=x', '=a', 'cn=a\\', 'u id=a'])('%s is none', (text) => {
    expect(normalDn(text)).toBeNull();
  });

  it('keep their normal form when it is normalised again', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const normal = normalDn(`${rdn('cn', name)},${BASE}`);
        expect(normalDn(normal ?? '')).toBe(normal);
      }),
    );
  });

  it('lie below one another by whole steps', () => {
    expect(isBelow('uid=a,ou=people,dc=x', 'ou=people,dc=x')).toBe(true);
    expect(isBelow('uid=a,ou=otherpeople,dc=x', 'people,dc=x')).toBe(false);
    expect(isBelow('ou=people,dc=x', 'ou=people,dc=x')).toBe(true);
  });
});

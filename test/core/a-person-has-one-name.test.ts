import { describe, expect, it } from '@jest/globals';
import { fullNameOf } from '../../src/core/person-name.ts';

describe('the name of a person', () => {
  const name = { formatted: 'Prof. Ada Byron', givenName: 'Ada', familyName: 'Lovelace' };

  it.each([
    [{ displayName: 'Ada B.', name }, 'Ada B.'],
    [{ displayName: '  ', name }, 'Prof. Ada Byron'],
    [{ name: { ...name, formatted: '' } }, 'Ada Lovelace'],
    [{ name: { familyName: 'Lovelace' } }, 'Lovelace'],
    [{ name: { givenName: ' Ada ' } }, 'Ada'],
    [{ name: { honorificPrefix: 'Dr.' } }, null],
    [{ displayName: null, name: null }, null],
    [{ displayName: 7, name: 'Ada' }, null],
    [{}, null],
  ])('of %j is %j', (parts, called) => {
    expect(fullNameOf(parts)).toBe(called);
  });
});

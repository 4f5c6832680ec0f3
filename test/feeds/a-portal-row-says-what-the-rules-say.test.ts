import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { IdentityOrder } from '../../src/core/feeds/identity-cell.ts';
import {
  DEFAULT_IDENTITY_ORDER,
  readIdentityCell,
  readIdentityOrder,
} from '../../src/core/feeds/identity-cell.ts';
import { createPortalRowReader } from '../../src/core/feeds/portal-row.ts';
import { isFault, type MembershipRow } from '../../src/core/feeds/row.ts';
import { readAll } from './support.ts';

const SAMPLES_ORDER: IdentityOrder = ['targetedId', 'email', 'userName'];

function read(
  line: string,
  order = DEFAULT_IDENTITY_ORDER,
): ReturnType<ReturnType<typeof createPortalRowReader>> {
  const [row] = readAll(`group,role,username,isgroup,action\n${line}`).rows;
  if (row === undefined) throw new Error('no row');
  if (row.fault !== null) throw new Error(row.fault.detail);
  return createPortalRowReader(order)(row.cells);
}

function readGood(line: string): MembershipRow {
  const row = read(line);
  if (isFault(row)) throw new Error(row.detail);
  return row;
}

function codeOf(line: string): string | null {
  const row = read(line);
  return isFault(row) ? row.code : null;
}

describe('a row of the portal file', () => {
  it('F-01 trims its cells', () => {
    expect(readGood(' g1 , member , u1 , FALSE , import ').group).toEqual({ name: 'g1', key: 'g1' });
  });

  it.each([
    ['', 'import'],
    ['import', 'import'],
    ['IMPORT', 'import'],
    ['Delete', 'delete'],
  ])('F-02 reads the action "%s" as %s', (cell, action) => {
    expect(readGood(`g1,,u1,false,${cell}`).action).toBe(action);
  });

  it.each(['remove', 'imports', '-'])('F-02 refuses the action "%s"', (cell) => {
    expect(codeOf(`g1,,u1,false,${cell}`)).toBe('action.invalid');
  });

  it.each([
    ['true', 'group'],
    ['TRUE', 'group'],
    ['1', 'group'],
    ['Yes', 'group'],
    ['false', 'user'],
    ['0', 'user'],
    ['no', 'user'],
    ['', 'user'],
  ])('F-03 reads isgroup "%s" as a %s', (cell, kind) => {
    expect(readGood(`g1,,m1,${cell},import`).member.kind).toBe(kind);
  });

  it.each(['ja', '2', 'maybe'])('F-03 refuses isgroup "%s"', (cell) => {
    expect(codeOf(`g1,,u1,${cell},import`)).toBe('isgroup.invalid');
  });

  it('F-07 takes * with delete only, for users or for nestings', () => {
    expect(readGood('g1,,*,,delete').member.kind).toBe('all-users');
    expect(readGood('g1,,*,true,delete').member.kind).toBe('all-groups');
    expect(codeOf('g1,,*,,import')).toBe('member.star');
  });

  it('F-08 reads roles as a ; list, each once, and ignores them in a delete', () => {
    expect(readGood('g1,member; Publisher;;MEMBER,u1,,import').roles).toEqual([
      { name: 'member', key: 'member' },
      { name: 'Publisher', key: 'publisher' },
    ]);
    expect(readGood('g1,member,u1,,delete').roles).toEqual([]);
  });

  it.each([
    ['group.invalid', ',,u1,false,import'],
    ['member.invalid', 'g1,,,true,import'],
    ['identity.invalid', 'g1,,,false,import'],
    ['identity.invalid', 'g1,,||,false,import'],
    ['identity.invalid', 'g1,,a|b|c|d,false,import'],
  ])('refuses with %s: %s', (code, line) => {
    expect(codeOf(line)).toBe(code);
  });

  it('takes the whole cell as a name when isgroup is true', () => {
    expect(readGood('g1,,a|b|c|d,true,import').member).toEqual({
      kind: 'group',
      group: { name: 'a|b|c|d', key: 'a|b|c|d' },
    });
  });
});

describe('the identity cell', () => {
  function keys(cell: string, order = DEFAULT_IDENTITY_ORDER): Record<string, string | boolean> {
    const given = readIdentityCell(cell, order);
    if (isFault(given)) throw new Error(given.detail);
    return Object.fromEntries(
      Object.entries({
        targetedId: given.targetedId?.key,
        userName: given.userName?.key,
        email: given.email?.key,
        either: given.either?.key,
        lone: given.lone,
      }).filter((entry): entry is [string, string | boolean] => entry[1] !== undefined),
    );
  }

  it.each([
    ['Ada', { userName: 'ada', lone: true }],
    ['ada|Ada@School.example', { userName: 'ada', email: 'ada@school.example', lone: false }],
    ['||uid7', { userName: 'uid7', lone: true }],
    ['|ada@x.example|', { either: 'ada@x.example', lone: true }],
    ['ada@x.example', { either: 'ada@x.example', lone: true }],
    ['AbC||', { targetedId: 'AbC', lone: false }],
    ['t1|ada@x.example|ada', { targetedId: 't1', userName: 'ada', email: 'ada@x.example', lone: false }],
    ['|a@x|b@x', { userName: 'a@x', email: 'b@x', lone: false }],
    ['|alan|turing', { userName: 'alan', email: 'turing', lone: false }],
    ['t1||ada', { targetedId: 't1', userName: 'ada', lone: false }],
  ])('%s gives %j', (cell, given) => {
    expect(keys(cell)).toEqual(given);
  });

  it('keeps the qualifiers of a targetedId beside its bare value', () => {
    const given = readIdentityCell('https://idp!https://sp!Q7x||', DEFAULT_IDENTITY_ORDER);
    expect(given).toMatchObject({
      targetedId: { key: 'Q7x', issuer: 'https://idp', audience: 'https://sp' },
    });
  });

  it.each(['portal-groups.csv', 'portal-groups-saml.csv', 'portal-groups-header-4.csv'])(
    'of every row of %s gives the same keys under both orders',
    (file) => {
      const { rows } = readAll(readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8'));
      expect(rows.length).toBeGreaterThan(2);
      for (const row of rows) {
        expect(row.fault).toBeNull();
        const read = createPortalRowReader(DEFAULT_IDENTITY_ORDER)(row.cells);
        expect(isFault(read)).toBe(false);
        expect(createPortalRowReader(SAMPLES_ORDER)(row.cells)).toEqual(read);
      }
    },
  );

  it('has an order that a setting names', () => {
    expect(readIdentityOrder('targetedId|email|userName')).toEqual(SAMPLES_ORDER);
    expect(readIdentityOrder('email|email|userName')).toBeNull();
    expect(readIdentityOrder('userName|email')).toBeNull();
  });
});

import { describe, expect, it } from '@jest/globals';
import { codeThrownBy, readAll } from './support.ts';

describe('the header of a portal file', () => {
  it.each([
    ['comma', 'group,role,username,isgroup\ng1,,u1,false\n'],
    ['semicolon', 'group;role;username;isgroup\ng1;;u1;false\n'],
    ['tab', 'group\trole\tusername\tisgroup\ng1\t\tu1\tfalse\n'],
    ['any case and order', 'ISGROUP,Username,Group,ROLE\nfalse,u1,g1,\n'],
    ['quotes', '"group","role","username","isgroup"\n"g1","","u1","false"\n'],
    ['blank lines before it', '\n  \n,,,\ngroup,role,username,isgroup\ng1,,u1,false\n'],
    ["Excel's sep= line", 'sep=;\ngroup;role;username;isgroup\ng1;;u1;false\n'],
    ['no header at all', 'g1,,u1,false\n'],
    ['no header, with an action', 'g1;;u1;;delete\n'],
    ['mixed line ends', 'group,role,username,isgroup\r\rg1,,u1,false\r\n\n'],
  ])('fits with %s', (_, text) => {
    const { rows } = readAll(text);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.fault).toBeNull();
    expect(['group', 'role', 'username'].map((column) => rows[0]?.cells(column))).toEqual(['g1', '', 'u1']);
  });

  it('fits whatever pieces the text comes in', () => {
    const text = '\r\nsep=;\r\n"group";role;username;isgroup\r\ng1;member;u1;false';
    const { rows } = readAll(text, { pieces: Array.from(text) });
    expect(rows.map(({ line, original }) => ({ line, original }))).toEqual([
      { line: 4, original: 'g1;member;u1;false' },
    ]);
  });

  it.each([
    ['header.duplicate', 'group,role,username,isgroup,group', 'group'],
    ['header.missing', 'group,username,isgroup', 'role'],
    ['header.unknown', 'group,role,username,isgroup,colour', 'colour'],
    ['header.unknown', 'groop,role,username,isgroup', 'groop'],
    ['header.unreadable', 'one single column', 'Line 1'],
    ['header.unreadable', 'a,b,c', 'Line 1'],
  ])('is refused with %s, naming the columns', (code, header, named) => {
    const call = (): unknown => readAll(`${header}\nx,y,z,false\n`);
    expect(codeThrownBy(call)).toBe(code);
    expect(call).toThrow(named);
  });

  it('ignores columns of remarks, so that rejects can be dropped again', () => {
    const { rows } = readAll('#line,#code,#reason,group,role,username,isgroup\n3,x,"y, z",g1,,u1,\n');
    expect(rows[0]?.cells('username')).toBe('u1');
  });

  it('refuses the delimiter that the feed does not declare', () => {
    const call = (): unknown => readAll('group;role;username;isgroup\n', { delimiter: ',' });
    expect(codeThrownBy(call)).toBe('header.unreadable');
  });

  it('of an empty file is not missed', () => {
    expect(readAll('').rows).toEqual([]);
    expect(readAll('\n \n').reader.layout()).toBeNull();
    expect(readAll('group,role,username,isgroup').rows).toEqual([]);
  });
});

describe('a row whose cells are at fault', () => {
  const header = 'group,role,username,isgroup\n';
  it.each([
    ['row.too_few_cells', 'g1,,u1'],
    ['row.too_many_cells', 'g1,,u1,false,delete'],
    ['row.quote', 'g1,,"u1"x,false'],
    ['row.control_character', 'g1,,u\u00001,false'],
    ['row.control_character', 'g1,,u\u00851,false'],
    ['row.undecodable', 'g1,,u\ufffd1,false'],
  ])('is refused with %s and the rest goes on', (code, row) => {
    const { rows } = readAll(`${header}${row}\ng2,,u2,false\n`);
    expect(rows.map(({ fault }) => fault?.code ?? null)).toEqual([code, null]);
    expect(rows[0]?.original).toBe(row);
  });

  it('tells a text that was cut off', () => {
    expect(readAll(`${header}g1,,u1,false\ng2,,u`).reader.cutOff()).toBe(3);
    expect(readAll(`${header}g1,,u1,false\ng2,,u\n`).reader.cutOff()).toBeNull();
    expect(readAll(`${header}g1,,u1,false`).reader.cutOff()).toBeNull();
  });
});

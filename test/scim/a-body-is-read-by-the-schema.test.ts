import { describe, expect, it } from '@jest/globals';
import { omit, type Json, type JsonObject } from '../../src/core/scim/json.ts';
import { project, readProjection } from '../../src/core/scim/projection.ts';
import { readResource } from '../../src/core/scim/resource-read.ts';
import type { Note } from '../../src/core/scim/value-read.ts';
import { ENTERPRISE, patchUser, reader, readUser, refusalOf, registry, strict } from './support.ts';

const USER = registry.user.core.id;

describe('The body of a POST or PUT', () => {
  it('comes out in the spelling of the schema, without what is unassigned or readOnly', () => {
    const body = {
      schemas: [USER, ENTERPRISE],
      USERNAME: 'a',
      Active: 'True',
      id: 'mine',
      meta: { resourceType: 'User' },
      groups: [{ value: 'g' }],
      roles: [],
      title: null,
      addresses: [{ type: 'work', formatted: null, country: null }],
      emails: [{ VALUE: 'a@x.test', primary: true, type: 'work' }],
      [ENTERPRISE.toUpperCase()]: { MANAGER: 'm' },
    };
    expect(readUser(body)).toEqual({
      userName: 'a',
      active: true,
      addresses: [{ type: 'work' }],
      emails: [{ value: 'a@x.test', primary: true, type: 'work' }],
      [ENTERPRISE]: { manager: { value: 'm' } },
    });
  });

  it('has at most 1,000 values of an attribute, but for members', () => {
    const emails = (count: number): JsonObject[] =>
      Array.from({ length: count }, (_, at) => ({ value: `${at}@x.test` }));
    expect(readUser({ userName: 'a', emails: emails(1_000) }).emails).toHaveLength(1_000);
    expect(refusalOf(() => readUser({ userName: 'a', emails: emails(1_001) }))).toBe('value.invalid');
    const add = [{ op: 'add', path: 'emails', value: emails(1_001) }];
    expect(refusalOf(() => patchUser({}, add))).toBe('value.invalid');
    const members = emails(1_001);
    const group = readResource(registry.group, { displayName: 'G', members }, reader());
    expect(group.members).toHaveLength(1_001);
  });

  it('drops unknown names with a note, or refuses them under the strict profile', () => {
    const notes: Note[] = [];
    const body = {
      schemas: [USER, 'urn:unknown'],
      userName: 'a',
      colour: 'red',
      emails: [{ value: 'x', colour: 1 }],
    };
    expect(readUser(body, undefined, notes)).toEqual({ userName: 'a', emails: [{ value: 'x' }] });
    expect(notes.map(({ path }) => path)).toEqual(['schemas: "urn:unknown"', 'colour', 'emails.colour']);
    expect(refusalOf(() => readUser({ schemas: [USER], userName: 'a', colour: 'red' }, strict))).toBe(
      'value.invalid',
    );
    expect(refusalOf(() => readUser({ userName: 'a' }, strict))).toBe('value.invalid');
  });

  it.each<Json>([
    {},
    { userName: null },
    { userName: { x: 1 } },
    { userName: 'a', active: 'perhaps' },
    { userName: 'a', active: 1 },
    { userName: 'a', name: 'text' },
    { userName: 'a', emails: [['x']] },
    { userName: 'a\u0000' },
    { userName: 'a', title: '\ud800' },
    { userName: 'a', x509Certificates: [{ value: '!' }] },
    { userName: 'a', [ENTERPRISE]: 'x' },
  ])('is refused where a value does not fit: %j', (body) => {
    expect(refusalOf(() => readUser(body))).toBe('value.invalid');
  });

  it('keeps equal values once and the first primary (RFC 7643 §2.4)', () => {
    const emails = [
      { type: 'work', value: 'a@x.test', primary: true },
      { type: 'work', value: 'A@x.test' },
      { type: 'home', value: 'a@x.test', primary: true },
    ];
    expect(readUser({ userName: 'a', emails })).toMatchObject({
      emails: [emails[0], { type: 'home', value: 'a@x.test', primary: false }],
    });
  });

  it('makes nothing of __proto__', () => {
    const body = JSON.parse('{"userName":"a","__proto__":{"x":1},"name":{"__proto__":{"x":1}}}') as Json;
    expect(readUser(body)).toEqual({ userName: 'a' });
  });
});

describe('attributes and excludedAttributes (RFC 7644 §3.9)', () => {
  const resource: JsonObject = {
    id: '1',
    userName: 'a',
    name: { givenName: 'G', familyName: 'F' },
    emails: [{ type: 'work', value: 'x' }, { type: 'home' }],
    password: 'secret',
    meta: { version: '1' },
    [ENTERPRISE]: { division: 'D', department: 'P' },
  };
  const shown = (attributes: string | null, excluded: string | null): JsonObject =>
    omit(project(registry.user, resource, readProjection(registry.user, attributes, excluded)), ['schemas']);

  it('leaves always what is always returned, and never shows a password', () => {
    expect(shown('userName', null)).toEqual({ id: '1', userName: 'a' });
    expect(shown('password', null)).toEqual({ id: '1' });
    expect(shown(null, 'id,userName,name,emails,meta')).toEqual({
      id: '1',
      [ENTERPRISE]: resource[ENTERPRISE],
    });
  });

  it('knows sub-attributes, URNs, whole extensions and filters in brackets', () => {
    expect(shown('name.givenName,emails.value', null)).toEqual({
      id: '1',
      name: { givenName: 'G' },
      emails: [{ value: 'x' }],
    });
    expect(shown(`${ENTERPRISE}:division`, null)).toEqual({ id: '1', [ENTERPRISE]: { division: 'D' } });
    expect(shown(ENTERPRISE, null)).toEqual({ id: '1', [ENTERPRISE]: resource[ENTERPRISE] });
    expect(shown('emails[type eq "work, or"],colour', null)).toEqual({ id: '1', emails: resource.emails });
    expect(shown('emails[value eq "a]\\",b"].value, userName', null)).toEqual({
      ...{ id: '1', userName: 'a' },
      emails: [{ value: 'x' }],
    });
    expect(shown('userName,emails[value eq "a],name', null)).toEqual({
      ...{ id: '1', userName: 'a' },
      emails: resource.emails,
    });
    expect(shown(null, `meta,emails,name.givenName,userName,${ENTERPRISE}`)).toEqual({
      id: '1',
      name: { familyName: 'F' },
    });
  });

  it('names in schemas the extensions that are left (RFC 7643 §3)', () => {
    const schemas = (attributes: string | null): unknown =>
      project(registry.user, resource, readProjection(registry.user, attributes, null)).schemas;
    expect(schemas(null)).toEqual([USER, ENTERPRISE]);
    expect(schemas('userName')).toEqual([USER]);
  });

  it('refuses both at once', () => {
    expect(refusalOf(() => shown('userName', 'name'))).toBe('body.invalid');
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createGroup, newGroupState } from '../../src/directory/groups.ts';
import { changeUser, createUser } from '../../src/directory/users.ts';
import type { Filter } from '../../src/core/scim/filter.ts';
import { matches } from '../../src/core/scim/filter-evaluate.ts';
import { parseFilter } from '../../src/core/scim/filter-parse.ts';
import type { JsonObject } from '../../src/core/scim/json.ts';
import { buildRegistry, type ResourceType } from '../../src/core/scim/registry.ts';
import { groupResource, memberOfGroup, userResource } from '../../src/sources/scim/resource.ts';
import { listScimGroups, listScimUsers } from '../../src/store/scim/list.ts';
import type { UserRow } from '../../src/store/users.ts';
import { beforeAllMembers, listMembers } from '../../src/store/scim/member-rows.ts';
import { BASE_URL, openDirectory, type TestDirectory } from './directory.ts';
import { auto, ENTERPRISE } from './support.ts';
import { FUZZ_PATIENCE_MS, runsOf } from '../support/fuzz.ts';

const MUSTER_GROUP = 'urn:muster:params:scim:schemas:extension:2.0:Group';
/** Texts that tell apart folding, normalisation, wildcards, byte order and escapes. */
const words = [
  'a',
  'A',
  'ab',
  'aB%',
  'a_b',
  'Straße',
  'STRASSE',
  'ä',
  'a\u0308',
  'İ',
  'Σας',
  'ΣΑΣ',
  '😀',
  '\uffff',
  '"q"',
  'b\\c',
  ' a',
];

/** Types that only an operator's schemas have. */
const LIBRARY = 'urn:example:params:scim:schemas:extension:library:2.0:User';
const registry = buildRegistry([
  {
    id: LIBRARY,
    name: 'Library',
    attributes: [
      { name: 'joined', type: 'dateTime' },
      { name: 'loans', type: 'integer' },
      { name: 'fine', type: 'decimal' },
      { name: 'visits', type: 'dateTime', multiValued: true },
    ],
  },
]);
const instants = [
  '0000-01-01T00:00:00.000Z',
  '2024-02-29T22:30:00.000Z',
  '2024-02-29T22:30:00.001Z',
  '9999-12-31T23:59:59.999Z',
];
const numbers = [-1, 0, 0.5, 3, 9_007_199_254_740_991, 1e300];

let test: TestDirectory;
let users: readonly JsonObject[];
let groups: readonly JsonObject[];
const everything = { filter: null, sort: null, from: { offset: 0 }, limit: 1_000, total: 'exact' } as const;
const extras = { groups: true, signIn: true };

beforeAll(async () => {
  test = await openDirectory();
  await test.write(async (work) => {
    const made: UserRow[] = [];
    for (const [at, word] of words.entries()) {
      const next = words[(at + 3) % words.length] ?? '';
      const document = {
        ...(at % 2 === 0
          ? { displayName: word, name: { familyName: next, givenName: word } }
          : { title: word }),
        ...(at % 3 === 0 ? {} : { emails: emailsOf(at, word, next) }),
        ...(at % 3 === 1 ? { [LIBRARY]: libraryOf(at) } : {}),
        ...(at % 4 === 0 ? { x509Certificates: [{ value: 'QUJD' }] } : {}),
        ...(at % 5 === 0
          ? { [ENTERPRISE]: { department: next, manager: { value: made[0]?.id ?? 'nobody' } } }
          : {}),
      };
      made.push(
        await createUser(work, {
          userName: `${word.trim()}${at}`,
          active: at % 6 !== 1,
          externalId: at % 2 === 0 ? word : null,
          document,
        }),
      );
    }
    let inner: string | null = null;
    for (const [at, word] of words.entries()) {
      if (at % 3 !== 0) continue;
      const members = made.filter((_, other) => other % 4 === at % 4).map(({ id }) => id);
      const group = await createGroup(
        work,
        {
          ...newGroupState,
          name: `${word}${at}`,
          open: at % 2 === 0,
          description: at % 2 === 0 ? word : null,
          externalId: at % 2 === 0 ? word : null,
        },
        {
          steps: [
            {
              do: 'add',
              members: inner === null ? members : [...members, inner as (typeof members)[number]],
            },
          ],
        },
      );
      inner = group.id;
    }
  });
  // Versions and times that differ.
  const [first] = await test.write(async (work) =>
    work.tx.rows<{ id: never }>({ text: 'select id from users order by n' }),
  );
  await test.write(async (work) =>
    changeUser(work, {
      user: first?.id as never,
      ifMatch: null,
      edit: (user) => ({ ...user, document: { ...user.document, nickName: 'x' } }),
    }),
  );
  users = await readUsers(null);
  groups = await readGroups(null);
});

afterAll(() => test.close());

function libraryOf(at: number): JsonObject {
  const instant = (place: number): string => instants[place % instants.length] ?? '';
  const number = numbers[at % numbers.length] ?? 0;
  return {
    joined: instant(at),
    ...(Number.isSafeInteger(number) ? { loans: number } : {}),
    fine: number,
    ...(at % 2 === 0 ? { visits: [instant(at), instant(at + 1)] } : {}),
  };
}

function emailsOf(at: number, word: string, next: string): JsonObject[] {
  return [
    { type: 'work', value: word, ...(at % 2 === 0 ? { primary: true } : {}) },
    { type: at % 2 === 0 ? 'home' : 'work', value: next, display: word },
  ];
}

async function readUsers(filter: Filter | null): Promise<JsonObject[]> {
  const { rows, total } = await listScimUsers(test.database, test.view, {
    ...everything,
    type: registry.user,
    filter,
    extras,
  });
  expect(total).toBe(rows.length);
  // Facts of sign-ins are shown on request and are no data of the user's own (RFC 7643 §3).
  return rows.map((row) => ({
    ...userResource(registry.user, BASE_URL, row),
    schemas: userResource(registry.user, BASE_URL, { ...row, keys: [] }).schemas ?? [],
  }));
}

async function readGroups(filter: Filter | null): Promise<JsonObject[]> {
  const { rows } = await listScimGroups(test.database, test.view, {
    ...everything,
    type: registry.group,
    filter,
  });
  const members = await listMembers(test.database, test.view, {
    groups: rows.map(({ n }) => n),
    after: beforeAllMembers,
  });
  return rows.map((row) => ({
    ...groupResource(registry.group, BASE_URL, row),
    members: members
      .filter(({ group_n }) => group_n === row.n)
      .flatMap((member) => memberOfGroup(BASE_URL, member) ?? []),
  }));
}

const text = fc.constantFrom(
  ...words,
  ...words.map((word) => Array.from(word)[0] ?? ''),
  ...words.map((word) => Array.from(word).at(-1) ?? ''),
);
const textOp = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le');
const orderOp = fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le');
const quoted = (value: fc.Arbitrary<string>) => value.map((word) => JSON.stringify(word));

function leaf(name: fc.Arbitrary<string>, op: fc.Arbitrary<string>, value: fc.Arbitrary<string>) {
  return fc.tuple(name, op, value).map((parts) => parts.join(' '));
}

function tree(leaves: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const { term } = fc.letrec<{ term: string }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaves,
      fc
        .tuple(tie('term'), fc.constantFrom('and', 'or'), tie('term'))
        .map(([one, word, other]) => `(${one} ${word} ${other})`),
      tie('term').map((inner) => `not (${inner})`),
    ),
  }));
  return term;
}

/** Values that some resource really has at a path, so that `eq` has something to find. */
function seen(resources: () => readonly JsonObject[], ...names: string[]): fc.Arbitrary<string> {
  return fc.nat().map((at) => {
    const resource = resources()[at % resources().length];
    const value = names.reduce<unknown>(
      (part, name) => (part as Record<string, unknown> | undefined)?.[name],
      resource,
    );
    return JSON.stringify(typeof value === 'string' ? value : 'none');
  });
}

function commonLeaves(resources: () => readonly JsonObject[]): fc.Arbitrary<string> {
  return fc.oneof(
    leaf(fc.constant('id'), textOp, seen(resources, 'id')),
    leaf(fc.constant('externalId'), textOp, quoted(text)),
    leaf(
      fc.constant('meta.created'),
      fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le'),
      seen(resources, 'meta', 'created'),
    ),
    leaf(
      fc.constant('meta.lastModified'),
      fc.constantFrom('eq', 'gt', 'ge', 'lt', 'le'),
      seen(resources, 'meta', 'lastModified'),
    ),
    leaf(fc.constant('meta.location'), textOp, seen(resources, 'meta', 'location')),
    leaf(fc.constant('meta.version'), textOp, seen(resources, 'meta', 'version')),
    leaf(
      fc.constant('schemas'),
      textOp,
      fc.constantFrom(`"${ENTERPRISE}"`, '"urn"', `"${registry.user.core.id}"`),
    ),
  );
}

async function expectEqual(type: ResourceType, filter: string): Promise<void> {
  const parsed = parseFilter(type, filter, auto);
  const isUser = type.name === 'User';
  const found = isUser ? await readUsers(parsed) : await readGroups(parsed);
  const expected = (isUser ? users : groups).filter((resource) => matches(parsed, resource));
  expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
}

describe('Filters in SQL', () => {
  it(
    'find the users that the evaluator finds (property)',
    async () => {
      const element = fc.oneof(
        leaf(
          fc.constantFrom('value', 'type', 'display'),
          textOp,
          quoted(fc.oneof(text, fc.constantFrom('work', 'home'))),
        ),
        fc.constantFrom('primary eq true', 'primary pr', 'display pr', 'type ne "work"', 'primary ne true'),
      );
      const leaves = fc.oneof(
        commonLeaves(() => users),
        leaf(
          fc.constantFrom(
            'userName',
            'displayName',
            'title',
            'name.familyName',
            'name.givenName',
            'emails',
            'emails.type',
            `${ENTERPRISE}:department`,
          ),
          textOp,
          quoted(text),
        ),
        leaf(
          fc.constantFrom('userName'),
          textOp,
          seen(() => users, 'userName'),
        ),
        fc.constantFrom(
          'active eq true',
          'active ne true',
          'title pr',
          'name pr',
          'emails pr',
          'emails.display pr',
          'groups pr',
          'title eq null',
        ),
        fc
          .constantFrom(
            'x509Certificates.value eq "QUJD"',
            'x509Certificates.value eq "quJD"',
            'identityKeys.kind eq "email"',
          )
          .map((filter) =>
            filter.startsWith('identity')
              ? `urn:muster:params:scim:schemas:extension:2.0:User:${filter}`
              : filter,
          ),
        leaf(
          fc.constant(`${ENTERPRISE}:manager`),
          fc.constantFrom('eq', 'ne', 'sw'),
          fc.oneof(
            seen(() => users, 'id'),
            fc.constant('"nobody"'),
          ),
        ),
        leaf(fc.constant(`${ENTERPRISE}:manager.displayName`), textOp, quoted(text)),
        leaf(
          fc.constantFrom(`${LIBRARY}:joined`, `${LIBRARY}:visits`, 'meta.created'),
          orderOp,
          quoted(
            fc.constantFrom(
              ...instants,
              '9999-12-31T23:59:59.9999Z',
              '2024-02-29T23:30:00.0005+01:00',
              '2024-02-29T22:30:00',
            ),
          ),
        ),
        leaf(
          fc.constantFrom(`${LIBRARY}:loans`, `${LIBRARY}:fine`),
          orderOp,
          fc.constantFrom(...numbers.slice(0, 5), 1.5, -3).map(String),
        ),
        leaf(fc.constant(`${LIBRARY}:fine`), orderOp, fc.constantFrom('1e300', '1.7e308', '-1e300')),
        leaf(
          fc.constantFrom('groups', 'groups.value'),
          textOp,
          seen(() => groups, 'id'),
        ),
        leaf(fc.constant('groups.display'), textOp, quoted(text)),
        leaf(
          fc.constant('groups.type'),
          fc.constantFrom('eq', 'ne'),
          fc.constantFrom('"direct"', '"indirect"'),
        ),
        fc
          .tuple(
            seen(() => groups, 'displayName'),
            fc.constantFrom('direct', 'indirect'),
          )
          .map(([name, type]) => `groups[display eq ${name} and type eq "${type}"]`),
        tree(element).map((inner) => `emails[${inner}]`),
        fc
          .tuple(element, leaf(fc.constant('value'), textOp, quoted(text)))
          .map(([inner, last]) => `emails[${inner}].${last}`),
      );
      await fc.assert(
        fc.asyncProperty(tree(leaves), async (filter) => {
          fc.pre(filter.length < 3_000);
          await expectEqual(registry.user, filter);
        }),
        runsOf(600),
      );
    },
    FUZZ_PATIENCE_MS,
  );

  it(
    'find the groups that the evaluator finds (property)',
    async () => {
      const leaves = fc.oneof(
        commonLeaves(() => groups),
        leaf(
          fc.constantFrom('displayName', `${MUSTER_GROUP}:description`, `${MUSTER_GROUP}:autoLeave`),
          textOp,
          quoted(text),
        ),
        leaf(
          fc.constant('displayName'),
          textOp,
          seen(() => groups, 'displayName'),
        ),
        leaf(
          fc.constantFrom('members', 'members.value'),
          textOp,
          fc.oneof(
            seen(() => users, 'id'),
            seen(() => groups, 'id'),
          ),
        ),
        leaf(fc.constant('members.display'), textOp, quoted(text)),
        leaf(fc.constant('members.type'), textOp, fc.constantFrom('"User"', '"group"')),
        leaf(
          fc.constant('members.$ref'),
          textOp,
          seen(() => users, 'meta', 'location'),
        ),
        fc.constantFrom(
          'members pr',
          `${MUSTER_GROUP}:open eq true`,
          `${MUSTER_GROUP}:roles pr`,
          `${MUSTER_GROUP}:kind eq "Regular"`,
        ),
        fc
          .tuple(
            seen(() => users, 'id'),
            fc.constantFrom('User', 'Group'),
          )
          .map(([id, type]) => `members[value eq ${id} and type eq "${type}"]`),
      );
      await fc.assert(
        fc.asyncProperty(tree(leaves), async (filter) => {
          fc.pre(filter.length < 3_000);
          await expectEqual(registry.group, filter);
        }),
        runsOf(400),
      );
    },
    FUZZ_PATIENCE_MS,
  );
});

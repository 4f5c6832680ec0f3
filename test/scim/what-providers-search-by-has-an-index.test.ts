import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GroupId, UserId } from '../../src/core/ids.ts';
import { parseFilter } from '../../src/core/scim/filter-parse.ts';
import type { ResourceType } from '../../src/core/scim/registry.ts';
import { type Connection, onlyRow } from '../../src/store/database.ts';
import { findScimGroup } from '../../src/store/scim/group-rows.ts';
import { listScimGroups, listScimUsers } from '../../src/store/scim/list.ts';
import { findScimUser } from '../../src/store/scim/user-rows.ts';
import { externalIdIssuer } from '../../src/store/users.ts';
import { openDirectory, type TestDirectory } from './directory.ts';
import { withPlans } from '../support/plans.ts';
import { auto, registry } from './support.ts';

const USERS = 20_000;
const GROUPS = 10_000;
let test: TestDirectory;

beforeAll(async () => {
  test = await openDirectory();
  const { source } = test.view;
  const fill = (text: string, ...values: readonly unknown[]) => test.database.rows({ text }, values);
  await fill(
    `insert into users (user_name, user_name_key, created_by, document, search)
     select name, name, $1, document, document
     from generate_series(1, $2::int) i,
       lateral (select 'user' || i || '@example.test' as name) named,
       lateral (select jsonb_build_object('displayName', 'person ' || i, 'emails',
         jsonb_build_array(jsonb_build_object('type', 'work', 'value', name))) as document) written`,
    source,
    USERS,
  );
  await fill(
    `insert into identity_key (kind, issuer, value_key, value, user_n, source_n)
     select k.kind, k.issuer, k.value, k.value, u.n, $1 from users u,
       lateral (values ('email', '', u.user_name), ('externalId', $2, 'ext-' || u.n)) k(kind, issuer, value)`,
    source,
    externalIdIssuer(source),
  );
  await fill(
    `insert into groups (name, name_key, created_by)
     select name, name, $1 from generate_series(1, $2::int) i, lateral (select 'group ' || i as name) named`,
    source,
    GROUPS,
  );
  await fill(
    `insert into group_external_id (source_n, group_n, value) select $1, n, 'ext-' || n from groups`,
    source,
  );
  await fill('vacuum analyze users, identity_key, groups, group_external_id');
});

afterAll(() => test.close());

/** A look at all rows of a table, one by one: by themselves, or in the order of an index of all that live. */
const WALK =
  /"Seq Scan"[^{}]*"Relation Name":"(?:users|groups|identity_key|group_external_id)"|"Index Name":"(?:users|groups)_live"(?![^{}]*"Index Cond")/;

/** Plans of all statements that the list asks. */
async function plansFor(type: ResourceType, filter: string): Promise<readonly string[]> {
  const { answer, plans } = await withPlans<{ readonly rows: readonly object[] }>(
    test.database,
    (connection) => {
      const list = type.name === 'User' ? listScimUsers : listScimGroups;
      return list(connection, test.view, {
        ...{ type, filter: parseFilter(type, filter, auto), sort: null, from: { offset: 0 }, limit: 100 },
        ...{ total: 'exact', extras: { groups: true, signIn: false } },
      });
    },
  );
  expect(answer.rows).toHaveLength(1);
  return plans;
}

describe.each([
  [registry.user, 'userName eq "USER777@example.test"', /users_user_name_(?:unique|prefix)/],
  [registry.user, 'userName sw "user7771@"', /users_user_name_prefix/],
  [registry.user, 'displayName eq "Person 777"', /users_search/],
  [registry.user, 'displayName sw "Person 7771"', /users_display_name_prefix/],
  [registry.user, 'emails.value eq "user777@example.test"', /users_search/],
  [registry.user, 'emails[type eq "work"].value eq "user777@example.test"', /users_search/],
  [registry.user, 'emails.value sw "user7771@"', /identity_key_prefix/],
  [registry.group, 'displayName eq "Group 777"', /groups_name_(?:unique|prefix)/],
  [registry.group, 'displayName sw "Group 4771"', /groups_name_prefix/],
] as const)('of an attribute', (type, filter, index) => {
  it(`a search for ${filter} goes through an index (${type.name})`, async () => {
    for (const plan of await plansFor(type, filter)) {
      expect(plan).toMatch(index);
      expect(plan).not.toMatch(WALK);
    }
  });
});

describe.each([
  [registry.user, 'eq', /identity_key_(?:pkey|value)/],
  [registry.user, 'sw', /identity_key_external_prefix/],
  [registry.group, 'eq', /group_external_id_value/],
  [registry.group, 'sw', /group_external_id_prefix/],
] as const)('of an externalId', (type, op, index) => {
  it(`a search by ${op} goes through an index (${type.name})`, async () => {
    const table = type.name === 'User' ? 'users' : 'groups';
    const [last] = await test.database.rows<{ n: number }>({ text: `select max(n) as n from ${table}` });
    for (const plan of await plansFor(type, `externalId ${op} "ext-${last?.n ?? 0}"`)) {
      expect(plan).toMatch(index);
      expect(plan).not.toMatch(WALK);
    }
  });
});

it('planning it takes longer than reading it, so a user or group that is looked for all day is planned once', async () => {
  const user = onlyRow(
    await test.database.rows<{ id: UserId }>({ text: 'select id from users order by n limit 1' }),
  );
  const group = onlyRow(
    await test.database.rows<{ id: GroupId }>({ text: 'select id from groups order by n limit 1' }),
  );
  const extras = { groups: true, signIn: true };
  const page = { sort: null, from: { offset: 0 }, limit: 100, total: 'exact' } as const;
  const looks: readonly ((connection: Connection) => Promise<unknown>)[] = [
    (on) => findScimUser(on, test.view, { id: user.id, extras }),
    (on) => findScimGroup(on, test.view, group.id),
    (on) => {
      const filter = parseFilter(registry.user, 'userName eq "user777@example.test"', auto);
      return listScimUsers(on, test.view, { ...page, extras, type: registry.user, filter });
    },
    (on) => {
      const filter = parseFilter(registry.group, 'displayName eq "Group 777"', auto);
      return listScimGroups(on, test.view, { ...page, type: registry.group, filter });
    },
  ];
  await test.database.transaction(async (tx) => {
    const names = new Set<string | undefined>();
    const watched: Connection = {
      rows: (statement, values) => {
        names.add(statement.name);
        return tx.rows(statement, values);
      },
    };
    const all = async (): Promise<void> => {
      for (const look of looks) await look(watched);
    };
    const kept = async (): Promise<ReadonlyMap<string, number>> => {
      const rows = await tx.rows<{ name: string; generic_plans: number }>({
        text: 'select name, generic_plans from pg_prepared_statements',
      });
      return new Map(rows.map(({ name, generic_plans: runs }) => [name, runs]));
    };
    // PostgreSQL makes five plans for the values at hand before it compares them with the one for all.
    for (let run = 0; run < 6; run += 1) await all();
    const before = await kept();
    await all();
    const after = await kept();
    expect(names.size).toBe(looks.length);
    for (const name of names) expect(after.get(name ?? '')).toBe((before.get(name ?? '') ?? 0) + 1);
  });
});

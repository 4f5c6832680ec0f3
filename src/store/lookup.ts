/** Finding what a person names by hand, and naming what is shown to one: for commands and pages, not hot paths. */
import { type GroupId, type GroupN, isUuid, type UserId, type UserN } from '../core/ids.ts';
import { foldName, foldText } from '../core/names.ts';
import { type Connection, named } from './database.ts';

/** A user as people see it. A stub has no userName; `name` is then the key it is known by. */
export interface NamedUser {
  readonly n: UserN;
  readonly id: UserId;
  readonly name: string;
  readonly active: boolean;
  readonly stub: boolean;
}

export interface NamedGroup {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
}

/** What a user is called: the userName, else a display name, else any key that it is known by. */
export const userLabel = `coalesce(u.user_name, u.document->>'displayName',
  (select k.value from identity_key k where k.user_n = u.n order by k.kind = 'email' desc, k.kind limit 1), u.id::text)`;

/** What `fullNameOf` of core makes a person's name of. */
export const userNameParts = `jsonb_build_object('displayName', u.document->'displayName', 'name', u.document->'name')`;

const userColumns = `u.n, u.id, ${userLabel} as name, u.active, u.stub`;

const userById = named(
  'lookup_user_by_id',
  `select ${userColumns} from users u where u.id = $1 and u.deleted_at is null`,
);

const userByKey = named(
  'lookup_user_by_key',
  `select ${userColumns} from users u where u.deleted_at is null and (u.user_name_key = $1 or u.n in (
     select k.user_n from identity_key k
     where k.value_key in ($1, $2) and k.kind in ('email', 'uid', 'eppn', 'targetedId')))
   order by (u.user_name_key = $1) desc nulls last limit 2`,
);

const userByDisplayName = named(
  'lookup_user_by_display_name',
  `select ${userColumns} from users u
   where u.deleted_at is null and lower(u.document->>'displayName') = lower($1) limit 2`,
);

const groupById = named(
  'lookup_group_by_id',
  'select g.n, g.id, g.name from groups g where g.id = $1 and g.deleted_at is null',
);

const groupByName = named(
  'lookup_group_by_name',
  'select g.n, g.id, g.name from groups g where g.name_key = $1 and g.deleted_at is null',
);

const userNames = named('lookup_user_names', `select ${userColumns} from users u where u.n = any($1::int[])`);

const groupsById = named(
  'lookup_groups_by_id',
  `select g.n, g.id, g.name from groups g where g.id = any($1::uuid[]) and g.deleted_at is null order by g.name_key
   limit 1000`,
);

const peopleNames = named(
  'lookup_people_names',
  `select u.id, ${userLabel} as name from users u where u.id = any($1::uuid[])`,
);

const groupNames = named(
  'lookup_group_names',
  'select g.n, g.id, g.name from groups g where g.n = any($1::int[])',
);

/**
 * Users that a text may mean, by id, userName, then e-mail or another identity key, then display name: the first
 * of these ways that finds anybody. Two when it is not clear which; a userName is always clear.
 */
export async function findUsersCalled(connection: Connection, text: string): Promise<NamedUser[]> {
  if (isUuid(text)) return connection.rows<NamedUser>(userById, [text]);
  const byKey = await connection.rows<NamedUser>(userByKey, [foldName(text), text.trim()]);
  const [first] = byKey;
  if (first !== undefined) return foldText(first.name) === foldText(text) ? [first] : byKey;
  return connection.rows<NamedUser>(userByDisplayName, [text.trim()]);
}

/** The group of that id or name. */
export async function findGroupCalled(connection: Connection, text: string): Promise<NamedGroup | null> {
  const byName = (await connection.rows<NamedGroup>(groupByName, [foldName(text)]))[0];
  if (byName !== undefined || !isUuid(text)) return byName ?? null;
  return (await connection.rows<NamedGroup>(groupById, [text]))[0] ?? null;
}

/** Users by number, tombstones included. */
export async function nameUsers(
  connection: Connection,
  users: readonly number[],
): Promise<ReadonlyMap<number, NamedUser>> {
  const rows = await connection.rows<NamedUser>(userNames, [users]);
  return new Map(rows.map((row) => [row.n, row]));
}

/** Groups by number, tombstones included. */
export async function nameGroups(
  connection: Connection,
  groups: readonly number[],
): Promise<ReadonlyMap<number, NamedGroup>> {
  const rows = await connection.rows<NamedGroup>(groupNames, [groups]);
  return new Map(rows.map((row) => [row.n, row]));
}

/** What the users of those ids are called, tombstones included; texts that are no ids are left out. */
export async function namePeople(
  connection: Connection,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const asked = [...new Set(ids)].filter(isUuid);
  if (asked.length === 0) return new Map();
  const rows = await connection.rows<{ id: string; name: string }>(peopleNames, [asked]);
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** Living groups of those ids, by name; a thousand at most. */
export async function nameGroupsById(connection: Connection, ids: readonly string[]): Promise<NamedGroup[]> {
  return ids.length === 0 ? [] : connection.rows<NamedGroup>(groupsById, [ids]);
}

/** Re-reading what marks point at: the state of memberships, nestings, groups and users in one snapshot. */
import { named, type Tx } from '../database.ts';

/** A user in a group, looked at again. */
export interface EdgeFactRow {
  readonly group_n: number;
  readonly member_n: number;
  readonly present: boolean;
}

export interface UserFactRow {
  readonly n: number;
  readonly state: 'active' | 'inactive' | 'gone';
  /** Groups that list the user. */
  readonly groups: readonly number[];
}

const edges = named(
  'facts_edges',
  `select p.group_n, p.member_n, g.n is not null and exists (
     select 1 from assertion a
     where a.group_n = p.group_n and a.member_n = p.member_n and not a.suppressed) as present
   from (select distinct * from unnest($1::int[], $2::int[]) as p(group_n, member_n)) p
   join users u on u.n = p.member_n
   left join groups g on g.n = p.group_n and g.deleted_at is null`,
);

const groupsAmong = named('facts_groups_among', 'select n from groups where n = any($1::int[])');

const nestings = named(
  'facts_nestings',
  `select g.n as group_n, array(
     select distinct a.member_n from assertion a
     where a.group_n = g.n and a.member_kind = 'g' and not a.suppressed) as members
   from groups g where g.n = any($1::int[]) and g.deleted_at is null`,
);

const goneGroups = named(
  'facts_gone_groups',
  'select n from groups where n = any($1::int[]) and deleted_at is not null',
);

const users = named(
  'facts_users',
  `select u.n,
          case when u.deleted_at is not null then 'gone' when u.active then 'active' else 'inactive' end as state,
          array(select distinct a.group_n from assertion a where a.member_n = u.n and not a.suppressed) as groups
   from users u where u.n = any($1::int[])`,
);

/** Whether each user is listed in each group; pairs whose member is no user have no row. */
export async function readEdges(
  tx: Tx,
  groups: readonly number[],
  members: readonly number[],
): Promise<EdgeFactRow[]> {
  return groups.length === 0 ? [] : tx.rows<EdgeFactRow>(edges, [groups, members]);
}

/** Those of the numbers that are groups', deleted ones too. */
export async function readGroupsAmong(tx: Tx, members: readonly number[]): Promise<ReadonlySet<number>> {
  if (members.length === 0) return new Set();
  return new Set((await tx.rows<{ n: number }>(groupsAmong, [members])).map(({ n }) => n));
}

/** All groups nested directly in each of those that live. */
export async function readNestings(
  tx: Tx,
  groups: readonly number[],
): Promise<{ readonly group_n: number; readonly members: readonly number[] }[]> {
  return groups.length === 0 ? [] : tx.rows(nestings, [groups]);
}

/** Those of the groups that are deleted. */
export async function readGoneGroups(tx: Tx, groups: readonly number[]): Promise<number[]> {
  if (groups.length === 0) return [];
  return (await tx.rows<{ n: number }>(goneGroups, [groups])).map(({ n }) => n);
}

export async function readUsers(tx: Tx, numbers: readonly number[]): Promise<UserFactRow[]> {
  return numbers.length === 0 ? [] : tx.rows<UserFactRow>(users, [numbers]);
}

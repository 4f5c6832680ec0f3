/**
 * What a target should hold, read from the directory at this moment; where roles come as groups (O-10), those too: a
 * role's group has the role's number below zero, so that it never meets a group's. Level-triggered: workers ask again right
 * before they send, whatever made them look. Stubs and inactive users are never desired; what an undone push put back
 * (kept.ts) is.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, type Statement } from '../database.ts';

/** A user of alias `u` is desired at target $1: by the directory, or because an undone push put it back. */
const isWanted = `not u.stub and u.deleted_at is null and u.user_name is not null and (
  u.active and ((select t.all_users from target t where t.n = $1)
                or exists (select from assertion a
                           join closure c on c.descendant = a.group_n
                           join target_scope s on s.group_n = c.ancestor and s.target_n = $1
                           where a.member_n = u.n and not a.suppressed))
  or exists (select from target_kept k where k.target_n = $1 and k.kind = 'u' and k.user_n = u.n))`;

/** True where roles come to target $1 as groups. */
export const hasRoleGroups = `exists (select from target t where t.n = $1 and t.settings->>'roles' = 'groupPerRole')`;

/** A role of alias `r` that some group confers. */
const isConferred = `exists (select from group_role gr join closure c on c.ancestor = gr.group_n where gr.role_n = r.n)`;

/** Users of alias `u` who hold the role with number -$2 and are wanted at target $1. */
const holders = `group_role gr
  join closure c on c.ancestor = gr.group_n
  join assertion a on a.group_n = c.descendant and not a.suppressed and a.member_kind = 'u'
  join users u on u.n = a.member_n and ${isWanted}`;

/** Members of group $2 whom an undone push put back at target $1. */
const keptMembers = `select k.user_n as n from target_kept k
  join users u on u.n = k.user_n and u.deleted_at is null and u.user_name is not null
  where k.target_n = $1 and k.kind = 'm' and k.group_n = $2`;

/** Live, named, active users of alias `u` asserted in a descendant of group `c.ancestor`. */
const effective = `closure c
  join assertion a on a.group_n = c.descendant and not a.suppressed and a.member_kind = 'u'
  join users u on u.n = a.member_n and u.active and not u.stub and u.deleted_at is null and u.user_name is not null`;

export interface DesiredUser {
  readonly n: UserN;
  readonly id: string;
  readonly userName: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
}

export interface DesiredGroup {
  readonly n: GroupN;
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
}

const wantedUsers: Statement = named(
  'target_wanted_users',
  `select u.n from users u where u.n = any($2::int[]) and ${isWanted}`,
);

const allWantedUsers = named(
  'target_all_wanted_users',
  `select u.n from users u where ${isWanted} order by u.n`,
);

const desiredUsers = named(
  'target_desired_users',
  `select u.n, u.id, u.user_name as "userName", u.document,
     array(select distinct r.name from assertion a
           join closure c on c.descendant = a.group_n
           join group_role gr on gr.group_n = c.ancestor
           join role r on r.n = gr.role_n
           where a.member_n = u.n and not a.suppressed order by r.name) as roles
   from users u where u.n = any($2::int[]) and ${isWanted}`,
);

const desiredGroups = named(
  'target_desired_groups',
  `select g.n, g.id, g.name,
     array(select distinct r.name from closure c join group_role gr on gr.group_n = c.ancestor
           join role r on r.n = gr.role_n where c.descendant = g.n order by r.name) as roles
   from groups g
   where g.n = any($2::int[]) and (
     g.deleted_at is null and exists (select from target_scope s where s.group_n = g.n and s.target_n = $1)
     or exists (select from target_kept k where k.target_n = $1 and k.kind = 'g' and k.group_n = g.n))
   union all
   select -r.n, md5('role ' || r.n || ' of ' || (select id from target where n = $1))::uuid, r.name, '{}' from role r
   where -r.n = any($2::int[]) and ${hasRoleGroups} and ${isConferred}`,
);

const members = named(
  'target_desired_members',
  `select distinct a.member_n as n from ${effective} where c.ancestor = $2 and a.member_n = any($3::int[])
   union all ${keptMembers} and k.user_n = any($3::int[])`,
);

const roleMembers = named(
  'target_desired_role_members',
  `select distinct a.member_n as n from ${holders} where gr.role_n = -$2::int and a.member_n = any($3::int[])
   union all ${keptMembers} and k.user_n = any($3::int[])`,
);

const allRoleMembers = named(
  'target_all_desired_role_members',
  `select distinct a.member_n as n from ${holders} where gr.role_n = -$2::int
   union all ${keptMembers}`,
);

const allMembers = named(
  'target_all_desired_members',
  `select distinct a.member_n as n from ${effective} where c.ancestor = $2 union all ${keptMembers}`,
);

const scopeGroups = named(
  'target_scope_groups_of_users',
  `select c.ancestor as group_n, array_agg(distinct a.member_n) as members
   from assertion a
   join closure c on c.descendant = a.group_n
   join target_scope s on s.group_n = c.ancestor and s.target_n = $1
   where a.member_n = any($2::int[]) and not a.suppressed
   group by c.ancestor
   union all
   select -gr.role_n, array_agg(distinct a.member_n)
   from assertion a
   join closure c on c.descendant = a.group_n
   join group_role gr on gr.group_n = c.ancestor
   where a.member_n = any($2::int[]) and not a.suppressed and ${hasRoleGroups}
   group by gr.role_n
   union all
   select k.group_n, array_agg(k.user_n) from target_kept k
   where k.target_n = $1 and k.kind = 'm' and k.user_n = any($2::int[])
   group by k.group_n order by 1`,
);

/** Those of `users` that target `target` should have. */
export async function wantedAmong(
  connection: Connection,
  target: number,
  users: readonly UserN[],
): Promise<Set<UserN>> {
  if (users.length === 0) return new Set();
  return new Set((await connection.rows<{ n: UserN }>(wantedUsers, [target, users])).map(({ n }) => n));
}

/** Every user that the target should have. */
export async function allWanted(connection: Connection, target: number): Promise<UserN[]> {
  return (await connection.rows<{ n: UserN }>(allWantedUsers, [target])).map(({ n }) => n);
}

/** Those of `users` that the target should have, as they should be there. */
export async function readDesiredUsers(
  connection: Connection,
  target: number,
  users: readonly UserN[],
): Promise<Map<UserN, DesiredUser>> {
  const rows = await connection.rows<DesiredUser>(desiredUsers, [target, users]);
  return new Map(rows.map((user) => [user.n, user]));
}

/** Those of `groups` that are assigned to the target and alive. */
export async function readDesiredGroups(
  connection: Connection,
  target: number,
  groups: readonly GroupN[],
): Promise<Map<GroupN, DesiredGroup>> {
  const rows = await connection.rows<DesiredGroup>(desiredGroups, [target, groups]);
  return new Map(rows.map((group) => [group.n, group]));
}

/** A group as a target knows it. */
export interface GroupAt {
  readonly target: number;
  readonly group: GroupN;
}

/** Those of `users` that are effective members of the group, or were put back. Says nothing of whether it is assigned. */
export async function effectiveAmong(
  connection: Connection,
  { target, group }: GroupAt,
  users: readonly UserN[],
): Promise<Set<UserN>> {
  if (users.length === 0) return new Set();
  const rows = isRoleGroup(group)
    ? await connection.rows<{ n: UserN }>(roleMembers, [target, group, users])
    : await connection.rows<{ n: UserN }>(members, [target, group, users]);
  return new Set(rows.map(({ n }) => n));
}

/** Every effective member of the group that a target can be told of. */
export async function allEffective(connection: Connection, { target, group }: GroupAt): Promise<UserN[]> {
  const rows = isRoleGroup(group)
    ? await connection.rows<{ n: UserN }>(allRoleMembers, [target, group])
    : await connection.rows<{ n: UserN }>(allMembers, [target, group]);
  return rows.map(({ n }) => n);
}

/** True for a group that stands for a role. */
export function isRoleGroup(group: number): boolean {
  return group < 0;
}

/** The target's groups that list these users, at any depth. */
export async function scopeGroupsOf(
  connection: Connection,
  target: number,
  users: readonly UserN[],
): Promise<{ readonly group_n: GroupN; readonly members: readonly UserN[] }[]> {
  return users.length === 0 ? [] : connection.rows(scopeGroups, [target, users]);
}

/** Following the log: what changed since a target last looked, as marks. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import { hasRoleGroups } from './desired.ts';

/** A direct entry of the log, as a mark: it says where to look, not what became of it. */
export interface Mark {
  readonly type: string;
  readonly group_n: GroupN | null;
  readonly user_n: UserN | null;
  readonly added: readonly number[] | null;
  readonly removed: readonly number[] | null;
  /** A group confers other roles than before. */
  readonly moves_roles: boolean;
}

export interface News {
  /** False for a target that never looked: it has to be swept. */
  readonly isFollowing: boolean;
  readonly marks: readonly Mark[];
  /** Text of the snapshot that these marks lead to. */
  readonly position: string;
  /** The target's version at that moment. */
  readonly version: number;
}

const news = named(
  'target_news',
  `select t.position is not null as is_following, pg_current_snapshot()::text as position, t.version,
     coalesce((select json_agg(json_build_object('type', c.type, 'group_n', c.group_n, 'user_n', c.user_n,
                                                 'added', c.added, 'removed', c.removed, 'moves_roles',
                                                 coalesce(c.type like 'group.%' and c.after ? 'roles', false)) order by c.xid, c.seq)
               from change c
               where c.xid >= pg_snapshot_xmin(t.position) and c.batch is null
                 and not pg_visible_in_snapshot(c.xid, t.position)), '[]') as marks
   from target t where t.n = $1`,
);

const savePosition = named(
  'target_save_position',
  `with later as materialized (select set_config('synchronous_commit', 'off', true))
   update target set position = $2::pg_snapshot from later where n = $1`,
);
const askSweep = named('target_ask_sweep', 'update target set swept_at = null where n = $1');
const saveSweep = named(
  'target_save_sweep',
  'update target set swept_at = now(), swept_version = $2 where n = $1',
);

const nameless = named(
  'target_nameless_users',
  'select n from users where (stub or user_name is null) and deleted_at is null',
);

const ancestors = named(
  'target_scope_ancestors',
  `select c.descendant as below, c.ancestor as above from closure c
   join target_scope s on s.group_n = c.ancestor and s.target_n = $1
   where c.descendant = any($2::int[])`,
);

const groupsAmong = named('target_groups_among', 'select n from groups where n = any($1::int[])');

const scopeGroups = named(
  'target_scope_groups',
  `select group_n as n from target_scope where target_n = $1
   union select -r.n from role r where ${hasRoleGroups}
   union select k.group_n from target_kept k where k.target_n = $1 and k.kind = 'g' order by 1`,
);

const rolesAbove = named(
  'target_roles_above',
  `select distinct c.descendant as below, -gr.role_n as above from closure c
   join group_role gr on gr.group_n = c.ancestor where c.descendant = any($1::int[])`,
);

const knownBelow = named(
  'target_known_users_below',
  `select distinct o.n from target_object o
   join assertion a on a.member_n = o.n and not a.suppressed
   join closure c on c.descendant = a.group_n and c.ancestor = any($2::int[])
   where o.target_n = $1 and o.kind = 'u' order by o.n`,
);

const knownGroups = named(
  'target_known_groups',
  `select n from target_object where target_n = $1 and kind = 'g' and state <> 'gone' order by n`,
);

const knownUsers = named(
  'target_known_users',
  `select n, wanted from target_object where target_n = $1 and kind = 'u' and state <> 'gone'`,
);

/** What was committed since the target last looked. One statement, so marks and position are of one moment. */
export async function readNews(tx: Tx, target: number): Promise<News> {
  const row = onlyRow(
    await tx.rows<{ is_following: boolean; position: string; version: number; marks: Mark[] }>(news, [
      target,
    ]),
  );
  const { is_following: isFollowing, marks, position, version } = row;
  return { isFollowing, marks, position, version };
}

/**
 * Moves the place in the log, and has the transaction not wait for the disk: place and marks are kept or lost
 * together, and whatever is committed after them with a wait, an attempt above all, has them on the disk too.
 */
export async function saveTargetPosition(tx: Tx, target: number, position: string): Promise<void> {
  await tx.rows(savePosition, [target, position]);
}

/** Has the target compared whole with the directory, soon. */
export async function askForSweep(connection: Connection, target: number): Promise<void> {
  await connection.rows(askSweep, [target]);
}

/** Users that no target can be told of: stubs, and who has no name. */
export async function usersWithoutName(connection: Connection): Promise<UserN[]> {
  return (await connection.rows<{ n: UserN }>(nameless)).map(({ n }) => n);
}

/** Everything was compared, by a driver that was started for that version of the target. */
export async function noteSweep(connection: Connection, target: number, version: number): Promise<void> {
  await connection.rows(saveSweep, [target, version]);
}

/** The target's groups at or above each of `groups`. */
export function scopeGroupsAbove(
  connection: Connection,
  target: number,
  groups: readonly GroupN[],
): Promise<{ readonly below: GroupN; readonly above: GroupN }[]> {
  return connection.rows(ancestors, [target, groups]);
}

/** Roles, as the numbers of their groups, that each of `groups` passes on from itself or from above. */
export function rolesAboveGroups(
  connection: Connection,
  groups: readonly GroupN[],
): Promise<{ readonly below: GroupN; readonly above: GroupN }[]> {
  return groups.length === 0 ? Promise.resolve([]) : connection.rows(rolesAbove, [groups]);
}

/** Users whom the target has to do with and who are listed in these groups or below. */
export async function knownUsersBelow(
  connection: Connection,
  target: number,
  groups: readonly GroupN[],
): Promise<UserN[]> {
  if (groups.length === 0) return [];
  return (await connection.rows<{ n: UserN }>(knownBelow, [target, groups])).map(({ n }) => n);
}

/** Those of the numbers that are groups, living or not; the others are users. */
export async function onlyGroups(connection: Connection, members: readonly number[]): Promise<Set<number>> {
  if (members.length === 0) return new Set();
  return new Set((await connection.rows<{ n: number }>(groupsAmong, [members])).map(({ n }) => n));
}

/** The target's assigned groups, those of roles, and those that an undo put back. */
export function readScope(connection: Connection, target: number): Promise<{ readonly n: GroupN }[]> {
  return connection.rows(scopeGroups, [target]);
}

/** Groups that the target has to do with, assigned or not any more. */
export async function readKnownGroups(connection: Connection, target: number): Promise<GroupN[]> {
  return (await connection.rows<{ n: GroupN }>(knownGroups, [target])).map(({ n }) => n);
}

/** Users that the target has to do with, and whether they were wanted when last marked. */
export function readKnownUsers(
  connection: Connection,
  target: number,
): Promise<{ readonly n: UserN; readonly wanted: boolean }[]> {
  return connection.rows(knownUsers, [target]);
}

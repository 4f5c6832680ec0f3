/** What the page of a group tells besides its own row. */
import type { GroupId, GroupN, UserId } from '../../core/ids.ts';
import { type Connection, named, onlyRow } from '../database.ts';
import { userLabel } from '../lookup.ts';

export interface LeaderName {
  readonly type: 'user' | 'group';
  readonly id: UserId | GroupId;
  readonly name: string;
}

export interface GroupCounts {
  readonly pending: number;
  /** Groups that it lists, and that list it. */
  readonly contains: number;
  readonly contained: number;
}

const leaders = named(
  'screen_leaders_of_group',
  `select case l.leader_kind when 'u' then 'user' else 'group' end as type, coalesce(u.id, g.id) as id,
     coalesce(case when u.n is not null then ${userLabel} end, g.name) as name
   from group_leader l left join users u on u.n = l.leader_n and u.deleted_at is null
   left join groups g on g.n = l.leader_n and g.deleted_at is null
   where l.group_n = $1 and (u.n is not null or g.n is not null) order by l.leader_n`,
);

const counts = named(
  'screen_counts_of_group',
  `select (select count(*)::int from join_request r where r.group_n = $1 and r.state = 'pending') as pending,
     (select count(distinct a.member_n)::int from assertion a
      where a.group_n = $1 and a.member_kind = 'g' and not a.suppressed) as contains,
     (select count(distinct a.group_n)::int from assertion a join groups g on g.n = a.group_n
      where a.member_n = $1 and not a.suppressed and g.deleted_at is null) as contained`,
);

/** Leaders of a group with their names. */
export async function namedLeaders(connection: Connection, group: GroupN): Promise<LeaderName[]> {
  return connection.rows<LeaderName>(leaders, [group]);
}

/** What waits at a group, and how many groups it touches. */
export async function countAround(connection: Connection, group: GroupN): Promise<GroupCounts> {
  return onlyRow(await connection.rows<GroupCounts>(counts, [group]));
}

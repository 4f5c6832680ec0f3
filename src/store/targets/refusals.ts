/** Memberships that a target refuses, one by one, for people to read: whom, in which group, and what was said. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import type { ListedAttempt } from './listing.ts';

/** A member list of which something is refused. */
export interface RefusingListRow {
  readonly n: GroupN;
  readonly refused: number;
}

/** Where a page of refused memberships begins: behind this user of this group. */
export interface RefusedPlace {
  readonly group: number;
  readonly user: number;
}

export interface Membership {
  readonly group: GroupN;
  readonly user: UserN;
}

export interface RefusedRow {
  readonly group_n: GroupN;
  readonly user_n: UserN;
  /** Null for the group of a role. */
  readonly group_id: string | null;
  readonly group_name: string;
  readonly user_id: string;
  readonly user_name: string;
  /** The last attempt of 30 days that was refused and that the member was part of. */
  readonly attempt: ListedAttempt | null;
}

const lists = named(
  'target_refusing_lists',
  `select o.n, o.blocked_count as refused from target_object o
   where o.target_n = $1 and o.kind = 'm' and o.blocked_count > 0 and o.n >= $2
     and ($3::uuid is null or o.n = (select g.n from groups g where g.id = $3))
   order by o.n limit $4`,
);

const describe = named(
  'target_refused_members',
  `select p.group_n, p.user_n, g.id as group_id, coalesce(g.name, o.name, p.group_n::text) as group_name,
     u.id as user_id, coalesce(u.user_name, u.id::text) as user_name, a.attempt
   from unnest($2::int[], $3::int[]) with ordinality as p(group_n, user_n, at)
   join users u on u.n = p.user_n
   left join groups g on g.n = p.group_n
   left join target_object o on o.target_n = $1 and o.kind = 'g' and o.n = p.group_n
   left join lateral (
     select json_build_object('operation', t.operation, 'at', t.started_at, 'endedAt', t.ended_at, 'outcome', t.outcome,
                              'why', t.why, 'exchange', t.exchange) as attempt
     from target_attempt t
     where t.target_n = $1 and t.kind = 'm' and t.object_n = p.group_n and t.members @> array[p.user_n]
       and t.outcome in ('rejected', 'missing', 'conflict')
     order by t.n desc limit 1) a on true
   order by p.at`,
);

/** Lists with refused members from that of a number on, or that of one group alone. */
export function refusingLists(
  connection: Connection,
  target: number,
  { from, group, limit }: { readonly from: number; readonly group: string | null; readonly limit: number },
): Promise<RefusingListRow[]> {
  return connection.rows<RefusingListRow>(lists, [target, from, group, limit]);
}

/** Those memberships, in their order, with what was said of each. */
export function describeRefused(
  connection: Connection,
  target: number,
  memberships: readonly Membership[],
): Promise<RefusedRow[]> {
  if (memberships.length === 0) return Promise.resolve([]);
  const groups = memberships.map(({ group }) => group);
  const users = memberships.map(({ user }) => user);
  return connection.rows<RefusedRow>(describe, [target, groups, users]);
}

/** What a page of members tells of each: who it is, who asserts it, through what, and what it may do in the group. */
import type { GroupId, GroupN, UserId, UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow, type Statement } from '../database.ts';
import { userLabel } from '../lookup.ts';

export interface ShownMember {
  readonly n: UserN | GroupN;
  readonly type: 'user' | 'group';
  readonly id: UserId | GroupId;
  readonly name: string;
  readonly active: boolean;
  readonly stub: boolean;
  /** Names of the sources that assert it in the group itself; none where it is in it through others. */
  readonly sources: readonly string[];
  readonly since: Date | null;
  /** When it ends by itself; null for never. */
  readonly expires_at: Date | null;
  /** Names of the groups that list it and lead here, three at most. */
  readonly through: readonly string[];
  readonly can_add: boolean;
  readonly can_remove: boolean;
}

const describe = named(
  'screen_describe_members',
  `select m.n, case when u.n is null then 'group' else 'user' end as type, coalesce(u.id, g.id) as id,
     coalesce(case when u.n is not null then ${userLabel} end, g.name) as name,
     coalesce(u.active, true) as active, coalesce(u.stub, false) as stub,
     coalesce(a.sources, '{}') as sources, a.since, a.expires_at,
     array(select distinct t.name from assertion x join closure c on c.descendant = x.group_n and c.ancestor = $1
           join groups t on t.n = x.group_n
           where x.member_n = m.n and not x.suppressed and x.group_n <> $1 order by t.name limit 3) as through,
     coalesce(d.can_add, false) as can_add, coalesce(d.can_remove, false) as can_remove
   from unnest($2::int[]) with ordinality as m(n, place)
   left join users u on u.n = m.n left join groups g on g.n = m.n
   left join lateral (
     select array_agg(distinct s.name) as sources, min(x.since) as since,
       case when bool_or(x.expires_at is null) then null else max(x.expires_at) end as expires_at
     from assertion x join source s on s.n = x.source_n
     where x.group_n = $1 and x.member_n = m.n and not x.suppressed) a on true
   left join delegation d on d.group_n = $1 and d.user_n = m.n
   where u.n is not null or g.n is not null
   order by m.place`,
);

const userFits = `(u.user_name_key like $2 or lower(u.document->>'displayName') like $2)`;

const matchingGroups = `
  select g.n from groups g
  where g.name_key like $2 and g.n in (
    select a.member_n from assertion a
    where a.group_n = $1 and a.member_kind = 'g' and a.member_n > $3 and not a.suppressed)`;

/** Looks at each member. Both are planned at every run, since the size of the group decides how to go about it. */
const matching: Statement = {
  text: `select n from (
     select u.n from users u
     where ${userFits} and u.n in (
       select a.member_n from assertion a
       where a.group_n = $1 and a.member_kind = 'u' and a.member_n > $3 and not a.suppressed)
     union all ${matchingGroups}) m
   order by n limit $4`,
};

/**
 * Looks at each user first, and whether it is a member afterwards: where most users are members, walking the table is
 * far quicker than finding each of them.
 */
const matchingAmongMost: Statement = {
  text: `select n from (
     (select f.n from (select u.n from users u where u.n > $3 and ${userFits} order by u.n offset 0) f
      where exists (select from assertion a
        where a.group_n = $1 and a.member_n = f.n and a.member_kind = 'u' and not a.suppressed)
      order by f.n limit $4)
     union all ${matchingGroups}) m
   order by n limit $4`,
};

/** From one member in so many users on, walking all users is the quicker way. */
const USERS_A_MEMBER = 8;

const most = named(
  'screen_has_most_users',
  `select (select count(*) from (select from assertion a where a.group_n = $1 limit most.members) m) >= most.members
     as "hasMost"
   from (select greatest(1, reltuples / ${USERS_A_MEMBER})::bigint as members from pg_class
         where oid = 'users'::regclass) most`,
);

/** Members by number, in the order given, as they stand to the group. */
export async function describeShownMembers(
  connection: Connection,
  group: GroupN,
  members: readonly number[],
): Promise<ShownMember[]> {
  return members.length === 0 ? [] : connection.rows<ShownMember>(describe, [group, members]);
}

/** Numbers of direct members whose name fits a pattern of LIKE. */
export async function matchingMembers(
  connection: Connection,
  group: GroupN,
  { pattern, after, limit }: { readonly pattern: string; readonly after: number; readonly limit: number },
): Promise<number[]> {
  const { hasMost } = onlyRow(await connection.rows<{ hasMost: boolean }>(most, [group]));
  const statement = hasMost ? matchingAmongMost : matching;
  const rows = await connection.rows<{ n: number }>(statement, [group, pattern, after, limit]);
  return rows.map(({ n }) => n);
}

const listed = named(
  'screen_listed_among',
  `select coalesce(u.id, g.id) as id from unnest($2::uuid[]) as asked(id)
   left join users u on u.id = asked.id left join groups g on g.id = asked.id
   where exists (select from assertion a
     where a.group_n = $1 and a.member_n = coalesce(u.n, g.n) and not a.suppressed)`,
);

/** Those of the users and groups that a group lists itself. */
export async function listedAmong(
  connection: Connection,
  group: GroupN,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await connection.rows<{ id: string }>(listed, [group, ids]);
  return new Set(rows.map(({ id }) => id));
}

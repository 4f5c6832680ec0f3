/** What an applied plan moved, turned round: read from the log rows of its transaction. */
import type { GroupN, SourceN, UserId, UserN } from '../../core/ids.ts';
import type { MemberKind } from '../assertions.ts';
import { type Connection, named, type Tx } from '../database.ts';

/** Members of one group that a plan added or removed, as far as group and members still live. */
export interface MovedMembers {
  readonly group_n: GroupN;
  readonly is_added: boolean;
  readonly members: readonly (UserN | GroupN)[];
  readonly kinds: readonly MemberKind[];
}

const moved = named(
  'plan_undo_moves',
  `select net.group_n, net.way > 0 as is_added, array_agg(net.member_n order by net.member_n) as members,
          array_agg(case when k.n is null then 'u' else 'g' end order by net.member_n) as kinds
   from (
     select group_n, member_n, sum(way) as way from (
       select c.group_n, m.n as member_n, 1 as way from change c cross join unnest(c.added) as m(n)
       where c.xid = $1::text::xid8 and c.type = 'membership.direct'
       union all
       select c.group_n, m.n, -1 from change c cross join unnest(c.removed) as m(n)
       where c.xid = $1::text::xid8 and c.type = 'membership.direct') steps
     group by group_n, member_n) net
   join groups g on g.n = net.group_n and g.deleted_at is null and g.kind = 'regular'
   left join groups k on k.n = net.member_n and k.deleted_at is null
   left join users u on u.n = net.member_n and u.deleted_at is null
   where net.way <> 0 and (k.n is not null or u.n is not null)
   group by net.group_n, net.way > 0 order by net.group_n, is_added`,
);

const deactivated = named(
  'plan_undo_deactivated',
  `select u.id from change c join change_personal p on p.seq = c.seq
   join users u on u.n = c.user_n and u.deleted_at is null and not u.active
   where c.xid = $1::text::xid8 and c.type = 'user.updated'
     and p.before ->> 'active' = 'true' and p.after ->> 'active' = 'false' order by u.n`,
);

/** All that a transaction writes bears the moment of its beginning. */
const restate = named(
  'plan_undo_restate',
  `with done as (select at from change where xid = $1::text::xid8 order by seq limit 1),
   restated as (
     update user_statement p set ended_at = null, ended_active = false
     from done, users u
     where p.source_n = $2 and p.ended_at = done.at and u.n = p.user_n and u.deleted_at is null)
   select`,
);

const lockGroups = named(
  'plan_undo_lock_groups',
  `with locked as (select n from groups where n = any($1::int[]) order by n for no key update) select count(*) from locked`,
);

/** What the transaction moved, net, by group. */
export async function listMoved(connection: Connection, xid: string): Promise<MovedMembers[]> {
  return connection.rows<MovedMembers>(moved, [xid]);
}

/** Users that the transaction deactivated and that still are. */
export async function listDeactivated(connection: Connection, xid: string): Promise<UserId[]> {
  return (await connection.rows<{ id: UserId }>(deactivated, [xid])).map(({ id }) => id);
}

/** Lets the source say again what the transaction ended of what it said of people, as far as they still live. */
export async function restateEnded(tx: Tx, { xid, source }: { xid: string; source: SourceN }): Promise<void> {
  await tx.rows(restate, [xid, source]);
}

/** True when something that the transaction did can be turned round. */
export async function leavesAnything(connection: Connection, xid: string): Promise<boolean> {
  const found = await Promise.all([listMoved(connection, xid), listDeactivated(connection, xid)]);
  return found.some((rows) => rows.length > 0);
}

/** Locks groups in the order of their numbers until the transaction ends. */
export async function lockGroupsMoved(tx: Tx, groups: readonly GroupN[]): Promise<void> {
  await tx.rows(lockGroups, [groups]);
}

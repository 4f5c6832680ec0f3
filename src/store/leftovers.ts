/** Rows that a deletion leaves for later: no read finds them, for every read passes through the closure. */
import { type Connection, named } from './database.ts';
import { endedMemberships } from './history.ts';

const sweep = named(
  'leftovers_sweep',
  `with swept as (
     delete from assertion where ctid = any(array(
       select a.ctid from groups g join assertion a on a.group_n = g.n
       where g.deleted_at is not null limit $1)) returning *),
   ended as (select s.*, g.deleted_at from swept s join groups g on g.n = s.group_n),
   ${endedMemberships('ended', 'deleted_at')}
   select 1 where false`,
);

const remaining = named(
  'leftovers_remaining',
  `select exists (select 1 from groups g join assertion a on a.group_n = g.n where g.deleted_at is not null) as found`,
);

/** Removes up to `limit` memberships of deleted groups; answers whether there are more. */
export async function sweepDeletedGroups(connection: Connection, limit: number): Promise<boolean> {
  await connection.rows(sweep, [limit]);
  return (await connection.rows<{ found: boolean }>(remaining))[0]?.found ?? false;
}

/** How far behind targets are, for the list of them. */
import { type Connection, named } from '../database.ts';

export interface TargetLagRow {
  readonly id: string;
  /** Users, groups and member lists that are still to be sent; counted up to a limit. */
  readonly due: number;
  /** Users and groups that are refused or in conflict, and member lists with members that are. */
  readonly trouble: number;
  /** Id of the plan that waits for a decision. */
  readonly held: string | null;
}

/** Beyond this many nobody counts. */
export const MOST_COUNTED = 1_000;

const lags = named(
  'screen_target_troubles',
  `select t.id,
     (select count(*)::int from (select from target_object o where o.target_n = t.n
        and o.state in ('due', 'sending', 'resending', 'observing', 'backing-off') limit ${MOST_COUNTED}) d) as due,
     (select count(*)::int from (
        select from target_object o where o.target_n = t.n and o.state in ('blocked', 'conflict')
        union all
        select from target_object o where o.target_n = t.n and o.kind = 'm' and o.blocked_count > 0
          and o.state not in ('blocked', 'conflict')
        limit ${MOST_COUNTED}) b) as trouble,
     (select p.id from plan p where p.target_n = t.n and p.state = 'held' order by p.n desc limit 1) as held
   from target t where t.deleted_at is null`,
);

/** Every target's, by its id. */
export async function readTargetLags(connection: Connection): Promise<ReadonlyMap<string, TargetLagRow>> {
  const rows = await connection.rows<TargetLagRow>(lags);
  return new Map(rows.map((row) => [row.id, row]));
}

/** Forgetting what ended longer ago than history is kept (D-23). */
import { type Connection, named } from './database.ts';

const tables = ['membership_past', 'activity_past', 'rule_past', 'affiliation_past'] as const;

const forget = tables.map((table) =>
  named(
    `history_forget_${table}`,
    `with gone as (
       delete from ${table} where ctid = any(array(
         select ctid from ${table} where until < now() - $1 * interval '1 day' limit $2)) returning 1)
     select count(*) as gone from gone`,
  ),
);

/** Removes up to `limit` spans of each kind that ended more than `days` ago; answers whether there may be more. */
export async function forgetHistory(connection: Connection, days: number, limit: number): Promise<boolean> {
  let isMore = false;
  for (const statement of forget) {
    const [row] = await connection.rows<{ gone: number }>(statement, [days, limit]);
    isMore ||= (row?.gone ?? 0) >= limit;
  }
  return isMore;
}

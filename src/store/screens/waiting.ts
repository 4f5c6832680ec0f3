/** What waits for somebody, in figures: shown beside the ways of the navigation. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, onlyRow } from '../database.ts';
import { isUnread } from '../inbox.ts';

export interface Waiting {
  readonly unread: number;
  readonly requests: number;
}

/** Figures beyond this are not counted out. */
const MOST = 100;

const count = named(
  'screen_waiting',
  `select
     (select count(*)::int from (
        select from inbox_item i left join plan p on p.n = i.plan_n where i.user_n = $1 and ${isUnread}
        limit ${MOST}) x) as unread,
     (select count(*)::int from (
        select from join_request r join groups g on g.n = r.group_n and g.deleted_at is null
        where r.state = 'pending' and ($2::int[] is null or r.group_n = any($2)) limit ${MOST}) x) as requests`,
);

/** What a user has not read, and the requests of those groups; null for all groups. */
export async function countWaiting(
  connection: Connection,
  user: UserN,
  groups: readonly GroupN[] | null,
): Promise<Waiting> {
  return onlyRow(await connection.rows<Waiting>(count, [user, groups]));
}

/** Requests for those who decide: what waits, the oldest first, and what was decided, the newest first. */
import type { GroupN } from '../../core/ids.ts';
import { fullNameOf, type NameParts } from '../../core/person-name.ts';
import { type Connection, named } from '../database.ts';
import { userLabel, userNameParts } from '../lookup.ts';
import type { RequestRow } from '../requests.ts';

export interface ShownRequest extends Pick<
  RequestRow,
  | 'n'
  | 'id'
  | 'kind'
  | 'group_n'
  | 'group_id'
  | 'group_name'
  | 'user_id'
  | 'state'
  | 'reason'
  | 'created_at'
  | 'expires_at'
  | 'decided_at'
  | 'decision_reason'
> {
  readonly who: string;
  /** The name that goes with it; null where there is none, or the same. */
  readonly called: string | null;
  readonly decided_by: string | null;
}

const select = (where: string, order: 'asc' | 'desc'): string => `
  select r.n, r.id, r.kind, r.group_n, g.id as group_id, g.name as group_name, u.id as user_id,
    ${userLabel} as who, ${userNameParts} as parts, r.state, r.reason, r.created_at, r.expires_at, r.decided_at, r.decision_reason,
    coalesce((select coalesce(d.user_name, d.document->>'displayName') from users d
              where r.decided_by_kind = 'user' and d.id = case when r.decided_by_id ~ '^[0-9a-f-]{36}$' then r.decided_by_id::uuid end), r.decided_by_id) as decided_by
  from join_request r join groups g on g.n = r.group_n join users u on u.n = r.user_n
  where ${where} and ($1::int[] is null or r.group_n = any($1)) and g.deleted_at is null and u.deleted_at is null
  order by r.n ${order} limit $3`;

const waiting = named('screen_requests_waiting', select(`r.state = 'pending' and r.n > $2`, 'asc'));
const decided = named(
  'screen_requests_decided',
  select(`r.state <> 'pending' and ($2 = 0 or r.n < $2)`, 'desc'),
);

export interface RequestsPage {
  /** Of these groups; null for all. */
  readonly groups: readonly GroupN[] | null;
  readonly which: 'waiting' | 'decided';
  /** Number of the last one of the page before; 0 for the first page. */
  readonly after: number;
  readonly limit: number;
}

/** A page of requests. */
export async function listShownRequests(
  connection: Connection,
  { groups, which, after, limit }: RequestsPage,
): Promise<ShownRequest[]> {
  const rows = await connection.rows<Omit<ShownRequest, 'called'> & { readonly parts: NameParts }>(
    which === 'waiting' ? waiting : decided,
    [groups, after, limit],
  );
  return rows.map(({ parts, ...row }) => {
    const called = fullNameOf(parts);
    return { ...row, called: called === row.who ? null : called };
  });
}

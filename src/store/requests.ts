/** Requests to join and to leave. */
import type { RequestKind } from '../core/joining.ts';
import type { GroupId, GroupN, UserId, UserN } from '../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from './changes.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';
import type { Page } from './effective/membership.ts';

export type RequestState = 'pending' | 'approved' | 'denied' | 'cancelled' | 'expired';

export interface RequestRow {
  readonly n: number;
  readonly id: string;
  readonly kind: RequestKind;
  readonly group_n: GroupN;
  readonly group_id: GroupId;
  readonly group_name: string;
  readonly user_n: UserN;
  readonly user_id: UserId;
  readonly user_name: string | null;
  readonly state: RequestState;
  readonly reason: string | null;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by_kind: string | null;
  readonly decided_by_id: string | null;
  readonly decision_reason: string | null;
}

/** How a request ended, and by whom. */
export interface Decision {
  readonly state: Exclude<RequestState, 'pending'>;
  readonly byKind: string;
  readonly byId: string;
  readonly reason: string | null;
}

const columns = `r.n, r.id, r.kind, r.group_n, g.id as group_id, g.name as group_name, r.user_n, u.id as user_id,
  u.user_name, r.state, r.reason, r.created_at, r.expires_at, r.decided_at, r.decided_by_kind, r.decided_by_id,
  r.decision_reason`;
const joined = 'join groups g on g.n = r.group_n join users u on u.n = r.user_n';

const insert = named(
  'request_insert',
  `with r as (
     insert into join_request (kind, group_n, user_n, reason, expires_at)
     values ($1, $2, $3, $4, now() + make_interval(days => $5)) returning *)
   select ${columns} from r ${joined}`,
);

const byId = named('request_by_id', `select ${columns} from join_request r ${joined} where r.id = $1`);

const lockById = named(
  'request_lock_by_id',
  `select ${columns} from join_request r ${joined} where r.id = $1 for update of r`,
);

const decide = named(
  'request_decide',
  `with r as (
     update join_request set state = $2, decided_at = now(), decided_by_kind = $3, decided_by_id = $4,
       decision_reason = $5
     where n = $1 and state = 'pending' returning *)
   select ${columns} from r ${joined}`,
);

const waitingOf = named(
  'request_waiting_of',
  `select r.n from join_request r where r.state = 'pending' and r.user_n = $1 and r.group_n = $2 for update`,
);

const overdue = named(
  'request_overdue',
  `select r.n from join_request r where r.state = 'pending' and r.expires_at <= now()
   order by r.expires_at limit $1 for update skip locked`,
);

const page = named(
  'request_page',
  `select ${columns} from join_request r ${joined}
   where r.n > $1 and ($3::text is null or r.state = $3) and ($4::int is null or r.group_n = $4)
     and ($5::int is null or r.user_n = $5) and ($6::int[] is null or r.group_n = any($6) or r.user_n = $7)
     and g.deleted_at is null and u.deleted_at is null
   order by r.n limit $2`,
);

export interface NewRequest {
  readonly kind: RequestKind;
  readonly group: GroupN;
  readonly user: UserN;
  readonly reason: string | null;
  readonly days: number;
}

/** Adds a request; the constraint `join_request_pending_unique` refuses a second one that waits (J-07). */
export async function insertRequest(tx: Tx, request: NewRequest): Promise<RequestRow> {
  const { kind, group, user, reason, days } = request;
  return onlyRow(await tx.rows<RequestRow>(insert, [kind, group, user, reason, days]));
}

/** The request with that id. */
export async function findRequest(connection: Connection, id: string): Promise<RequestRow | null> {
  return (await connection.rows<RequestRow>(byId, [id]))[0] ?? null;
}

/** As {@link findRequest}, locked until the transaction ends. */
export async function lockRequest(tx: Tx, id: string): Promise<RequestRow | null> {
  return (await tx.rows<RequestRow>(lockById, [id]))[0] ?? null;
}

/** Ends a request that waits; null when somebody else has ended it (J-13). */
export async function decideRequest(
  tx: Tx,
  request: Pick<RequestRow, 'n'>,
  { state, byKind, byId: who, reason }: Decision,
): Promise<RequestRow | null> {
  return (await tx.rows<RequestRow>(decide, [request.n, state, byKind, who, reason]))[0] ?? null;
}

/** Requests whose time is over, locked; those that somebody decides right now are left out. */
export async function lockOverdue(tx: Tx, limit: number): Promise<number[]> {
  return (await tx.rows<{ n: number }>(overdue, [limit])).map(({ n }) => n);
}

export interface RequestFilter {
  readonly state: RequestState | null;
  readonly group: GroupN | null;
  readonly user: UserN | null;
  /** Only of these groups, or of this user; null for all. */
  readonly visible: { readonly groups: readonly GroupN[]; readonly user: UserN } | null;
}

/** Requests in the order in which they were made. */
export async function listRequests(
  connection: Connection,
  { after, limit }: Page,
  { state, group, user, visible }: RequestFilter,
): Promise<RequestRow[]> {
  return connection.rows<RequestRow>(page, [
    after,
    limit,
    state,
    group,
    user,
    visible?.groups ?? null,
    visible?.user ?? null,
  ]);
}

const endMany = named(
  'request_end_many',
  `with ended as (
     update join_request set state = $2, decided_at = now(), decided_by_kind = $4, decided_by_id = $5,
       decision_reason = $3
     where n = any($1::bigint[]) and state = 'pending' returning *),
   logged as (
     insert into change (type, group_n, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                         after, reason)
     select 'request.' || state, group_n, user_n, $4::text, $5::text,
       (select u.n from users u where u.id = $6::uuid), $7::int, $8::bigint, $9::text,
       jsonb_build_object('request', jsonb_build_object('id', id, 'kind', kind)), $3::text
     from ended order by n returning xid, seq)
   select array(select n from ended order by n) as ended,
     (select max(xid::text) from logged) as xid, (select max(seq) from logged) as seq`,
);

const waitingInClosedGroups = named(
  'request_waiting_in_closed_groups',
  `select r.n from join_request r join groups g on g.n = r.group_n
   where r.state = 'pending' and r.user_n = any($1::int[]) and not g.public order by r.n for update of r`,
);

const waitingInGroup = named(
  'request_waiting_in_group',
  `select r.n from join_request r where r.state = 'pending' and r.group_n = $1 order by r.n for update`,
);

const waitingOfUser = named(
  'request_waiting_of_user',
  `select r.n from join_request r where r.state = 'pending' and r.user_n = $1 order by r.n for update`,
);

/** Which waiting requests end together. */
export type Waiting =
  | { readonly of: 'users-in-closed-groups'; readonly users: readonly UserN[] }
  | { readonly of: 'group'; readonly group: GroupN }
  | { readonly of: 'user'; readonly user: UserN }
  | { readonly of: 'pair'; readonly user: UserN; readonly group: GroupN };

/** Requests that wait, locked. */
export async function lockWaitingRequests(tx: Tx, waiting: Waiting): Promise<number[]> {
  const rows = await lockWhich(tx, waiting);
  return rows.map(({ n }) => n);
}

function lockWhich(tx: Tx, waiting: Waiting): Promise<{ n: number }[]> {
  switch (waiting.of) {
    case 'users-in-closed-groups':
      return tx.rows(waitingInClosedGroups, [waiting.users]);
    case 'group':
      return tx.rows(waitingInGroup, [waiting.group]);
    case 'user':
      return tx.rows(waitingOfUser, [waiting.user]);
    case 'pair':
      return tx.rows(waitingOf, [waiting.user, waiting.group]);
  }
}

export interface ManyEnded {
  readonly ended: readonly number[];
  readonly place: Place | null;
}

/** Ends requests that nobody decided, each with its entry in the log, in the author's name. */
export async function endRequests(
  tx: Tx,
  requests: readonly number[],
  end: { readonly state: 'cancelled' | 'expired'; readonly reason: string | null },
  author: ChangeAuthor,
): Promise<ManyEnded> {
  if (requests.length === 0) return { ended: [], place: null };
  const row = onlyRow(
    await tx.rows<{ ended: number[]; xid: string | null; seq: number | null }>(endMany, [
      requests,
      end.state,
      end.reason,
      ...authorColumns(author),
    ]),
  );
  return {
    ended: row.ended,
    place: row.xid === null || row.seq === null ? null : { xid: row.xid, seq: row.seq },
  };
}

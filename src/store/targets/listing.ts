/** What a target holds and should hold, for people to read: the ledger in pages (O-02). */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named, type Statement } from '../database.ts';

export interface ListedAttempt {
  readonly operation: string;
  readonly at: string;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly why: string | null;
  readonly exchange: unknown;
}

export interface ListedObject {
  /** Place in the listing. */
  readonly at: number;
  readonly n: number;
  readonly kind: 'u' | 'g';
  readonly id: string | null;
  readonly name: string | null;
  readonly remote_id: string | null;
  readonly state: string;
  readonly wanted: boolean;
  readonly held: 'a' | 'i' | null;
  readonly owned: 'c' | 'a' | null;
  readonly why: string | null;
  readonly failures: number;
  readonly due_at: Date | null;
  readonly applied_at: Date | null;
  readonly observed_at: Date | null;
  readonly left_at: Date | null;
  readonly attempt: ListedAttempt | null;
  readonly list: {
    readonly state: string;
    readonly why: string | null;
    readonly applied: number;
    readonly toAdd: number;
    readonly toRemove: number;
    readonly waiting: number;
    readonly blocked: number;
    readonly attempt: ListedAttempt | null;
  } | null;
}

/** Which objects; `pending` is everything that is still to be done. */
export const LISTED_STATES = ['pending', 'settled', 'waiting', 'blocked', 'conflict', 'gone'] as const;
export type ListedState = (typeof LISTED_STATES)[number];

const open = `('due', 'sending', 'resending', 'observing', 'backing-off')`;
/** Numbers may be negative; users and groups never share one. */
const ZERO = 2_147_483_648;
const place = `(o.n::bigint + ${ZERO})`;

const lastAttempt = (kind: string): string => `(
  select json_build_object('operation', a.operation, 'at', a.started_at, 'endedAt', a.ended_at, 'outcome', a.outcome,
                           'why', a.why, 'exchange', a.exchange)
  from target_attempt a where a.target_n = o.target_n and a.kind = ${kind} and a.object_n = o.n
  order by a.n desc limit 1)`;

/** A page of one kind by the ledger's own key; `fits` tells the state that is asked for. */
const pageOf = (kind: 'u' | 'g', { all, lists, fits }: KindOfObject): string => `(
       select o.* from target_object o${lists}
       where o.target_n = $1 and o.kind = '${kind}' and o.n > $2::bigint - ${ZERO} and ($4::"char" is null or $4 = '${kind}')
         and ($5::uuid is null or o.n = (select x.n from ${all} x where x.id = $5))
         and case coalesce($3, '') ${fits} else o.state = $3 end
       order by o.n limit $6)`;

interface KindOfObject {
  /** The table of all of them. */
  readonly all: string;
  readonly lists: string;
  readonly fits: string;
}

const users: KindOfObject = {
  all: 'users',
  lists: '',
  fits: `when '' then o.state <> 'gone' when 'pending' then o.state in ${open} when 'waiting' then false`,
};

/** What is true of a group's member list is true of the group. */
const groups: KindOfObject = {
  all: 'groups',
  lists: `
       left join target_object m on m.target_n = o.target_n and m.kind = 'm' and m.n = o.n`,
  fits: `when '' then o.state <> 'gone'
         when 'pending' then o.state in ${open} or coalesce(m.state in ${open}, false)
         when 'settled' then o.state = 'settled' and coalesce(m.state = 'settled', true)
         when 'waiting' then coalesce(m.waiting_count > 0, false)
         when 'blocked' then o.state = 'blocked' or coalesce(m.state = 'blocked' or m.blocked_count > 0, false)`,
};

/** Planned at every run: which index leads to a page depends on the state that is asked for. */
const list: Statement = {
  text: `select ${place} as at, o.n, o.kind, coalesce(u.id, g.id) as id, coalesce(u.user_name, g.name, o.name) as name,
     o.remote_id, o.state, o.wanted, o.held, o.owned, o.why, o.failures, o.due_at, o.applied_at, o.observed_at,
     o.left_at, ${lastAttempt('o.kind')} as attempt,
     case when m.n is not null then json_build_object(
       'state', m.state, 'why', m.why, 'applied', m.applied_count, 'toAdd', m.add_count, 'toRemove', m.remove_count,
       'waiting', m.waiting_count, 'blocked', m.blocked_count, 'attempt', ${lastAttempt(`'m'`)}) end as list
   from (
     select * from (${pageOf('u', users)} union all ${pageOf('g', groups)}) x order by n limit $6) o
   left join target_object m on o.kind = 'g' and m.target_n = o.target_n and m.kind = 'm' and m.n = o.n
   left join users u on o.kind = 'u' and u.n = o.n
   left join groups g on o.kind = 'g' and g.n = o.n
   order by o.n`,
};

export interface ObjectQuery {
  readonly state: ListedState | null;
  readonly kind: 'u' | 'g' | null;
  readonly id: string | null;
  readonly after: number;
  readonly limit: number;
}

/** Users and groups of a target, each with its last attempt; a group with its member list. */
export function listObjects(
  connection: Connection,
  target: number,
  { state, kind, id, after, limit }: ObjectQuery,
): Promise<ListedObject[]> {
  return connection.rows<ListedObject>(list, [target, after, state, kind, id, limit]);
}

export interface ListedMember {
  readonly n: UserN;
  readonly id: string;
  readonly user_name: string | null;
  readonly remote_id: string | null;
  readonly operation: string | null;
  readonly at: Date | null;
  readonly outcome: string | null;
  readonly why: string | null;
}

const members = named(
  'target_member_list',
  `select u.n, u.id, u.user_name, o.remote_id, a.operation, coalesce(a.ended_at, a.started_at) as at, a.outcome, a.why
   from users u
   left join target_object o on o.target_n = $1 and o.kind = 'u' and o.n = u.n
   left join lateral (
     select t.operation, t.started_at, t.ended_at, t.outcome, t.why from target_attempt t
     where t.target_n = $1 and t.kind = 'm' and t.object_n = $2 and t.members @> array[u.n]
     order by t.n desc limit 1) a on true
   where u.n = any($3::int[]) order by u.n`,
);

/** Users as members of a group at a target, each with the last attempt that it was part of (30 days). */
export function describeMembers(
  connection: Connection,
  target: number,
  { group, users }: { readonly group: GroupN; readonly users: readonly UserN[] },
): Promise<ListedMember[]> {
  return users.length === 0 ? Promise.resolve([]) : connection.rows(members, [target, group, users]);
}

const groupNumber = named('target_listed_group', 'select n from groups where id = $1');

/** Number of a group, deleted ones too: a target may hold them still. */
export async function numberOfGroup(connection: Connection, id: string): Promise<GroupN | null> {
  return (await connection.rows<{ n: GroupN }>(groupNumber, [id]))[0]?.n ?? null;
}

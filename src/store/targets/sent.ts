/** What was sent to a target, and what a push would send: one by one, for people to read. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import type { ObjectKind } from './objects.ts';

export interface SentRow {
  readonly n: number;
  readonly kind: ObjectKind;
  readonly operation: string;
  /** Id and name here of the user or group that it was about. */
  readonly id: string | null;
  readonly name: string | null;
  /** How many members it was about; null when it was about none. */
  readonly members: number | null;
  /** The first of them, by name. */
  readonly names: readonly string[];
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly outcome: string | null;
  readonly why: string | null;
}

const sent = named(
  'target_sent',
  `select a.n, a.kind, a.operation, coalesce(u.id, g.id) as id, coalesce(u.user_name, g.name, o.name) as name,
     cardinality(a.members) as members,
     array(select coalesce(m.user_name, m.id::text) from unnest(a.members[1:$4]) with ordinality as w(n, at)
           join users m on m.n = w.n order by w.at) as names,
     a.started_at, a.ended_at, a.outcome, a.why
   from target_attempt a
   left join target_object o on o.target_n = a.target_n and o.kind = a.kind and o.n = a.object_n
   left join users u on a.kind = 'u' and u.n = a.object_n
   left join groups g on a.kind <> 'u' and g.n = a.object_n
   where a.target_n = $1 and ($2::bigint = 0 or a.n < $2) and a.started_at >= $5
   order by a.n desc limit $3`,
);

const changing = named(
  'target_changing_lists',
  `select m.n, coalesce(g.name, o.name, m.n::text) as name, m.add_count, m.remove_count, m.waiting_count
   from target_object m
   left join target_object o on o.target_n = m.target_n and o.kind = 'g' and o.n = m.n
   left join groups g on g.n = m.n
   where m.target_n = $1 and m.kind = 'm' and m.wanted and m.add_count + m.remove_count + m.waiting_count > 0
   order by m.n limit $2`,
);

const names = named(
  'target_names_of_users',
  'select coalesce(user_name, id::text) as name from users where n = any($1::int[]) order by user_name',
);

/** A page of what was sent since a moment, newest first; `before` is the number of the last one seen, 0 for none. */
export function listSent(
  connection: Connection,
  target: number,
  page: { readonly before: number; readonly limit: number; readonly since: Date; readonly named: number },
): Promise<SentRow[]> {
  return connection.rows<SentRow>(sent, [target, page.before, page.limit, page.named, page.since]);
}

/** Member lists with something to do, or that wait for accounts. */
export function listChangingLists(
  connection: Connection,
  target: number,
  limit: number,
): Promise<
  {
    readonly n: GroupN;
    readonly name: string;
    readonly add_count: number;
    readonly remove_count: number;
    readonly waiting_count: number;
  }[]
> {
  return connection.rows(changing, [target, limit]);
}

/** What users are called, in order. */
export async function namesOfUsers(connection: Connection, users: readonly UserN[]): Promise<string[]> {
  if (users.length === 0) return [];
  return (await connection.rows<{ name: string }>(names, [users])).map(({ name }) => name);
}

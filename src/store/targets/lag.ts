/** How far behind targets are, by the ledger: one count, whoever shows it. */
import { type Connection, named, onlyRow } from '../database.ts';

export interface LagRow {
  readonly n: number;
  /** Users, groups and memberships that are still to be sent: each is one. */
  readonly to_send: number;
  /** There is more than was counted. */
  readonly is_at_least: boolean;
  /** Users, groups and memberships that are refused or in conflict: each is one. */
  readonly blocked: number;
  /** Id of the plan that waits for a decision. */
  readonly held: string | null;
  /** Something was sent to it once. */
  readonly is_tried: boolean;
}

const open = `('due', 'sending', 'resending', 'observing', 'backing-off')`;

/** What an object's row makes to be sent; nothing where the target neither has it nor should. */
const toSend = `case when o.kind = 'm' then o.add_count + o.remove_count
  when o.wanted then 1
  when o.held is not null and ((o.kind = 'u' and o.held = 'a') or o.owned = 'c') then 1
  else 0 end`;

/** Attempts are kept for 30 days; whoever has an id there was sent before, or found. */
const isTried = `(exists (select from target_attempt a where a.target_n = t.n)
     or exists (select from target_object o where o.target_n = t.n and o.remote_id is not null))`;

/** Objects counted of each target: a first push of everything must not make every page wait. */
const MOST_COUNTED = 20_000;

const lags = named(
  'target_lags',
  `select t.n, s.to_send, s.is_at_least, b.blocked, ${isTried} as is_tried,
     (select p.id from plan p where p.target_n = t.n and p.state = 'held' order by p.n desc limit 1) as held
   from target t
   left join lateral (
     select coalesce(sum(x.count), 0)::int as to_send, count(*) = ${MOST_COUNTED} as is_at_least from (
       select ${toSend} as count from target_object o
       where o.target_n = t.n and o.state in ${open} limit ${MOST_COUNTED}) x) s on true
   left join lateral (
     select (count(*) filter (where o.state in ('blocked', 'conflict')) + coalesce(sum(o.blocked_count), 0))::int as blocked
     from target_object o where o.target_n = t.n and (
       o.state in ('blocked', 'conflict') or (o.kind = 'm' and o.blocked_count > 0))) b on true
   where t.deleted_at is null and ($1::int is null or t.n = $1)`,
);

/** Every target's. */
export function readLags(connection: Connection): Promise<LagRow[]> {
  return connection.rows<LagRow>(lags, [null]);
}

/** That of one target. */
export async function readLag(connection: Connection, target: number): Promise<LagRow> {
  return onlyRow(await connection.rows<LagRow>(lags, [target]));
}

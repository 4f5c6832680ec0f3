/** The state of the whole, in figures: how much there is, and how it grew. */
import { type Connection, named } from '../database.ts';

export interface DirectoryFigures {
  readonly users: number;
  readonly stubs: number;
  readonly groups: number;
  /** As the database estimates it: counting a million rows is not worth a page. */
  readonly memberships: number;
}

export interface GrowthRow {
  readonly day: Date;
  /** Living at the end of the day. */
  readonly users: number;
  readonly groups: number;
}

/** Days of beginning and end, as far as they are asked for: all that lies before is one day. */
const span = `greatest(created_at::date, current_date - $1::int) as born,
       case when deleted_at is not null then greatest(deleted_at::date, current_date - $1::int) end as gone`;

/** One look at each user and group, whatever is told of them. */
const amounts = named(
  'screen_amounts',
  `with day as (
     select d::date as day from generate_series(current_date - $1::int + 1, current_date, interval '1 day') d),
   spans as (
     select ${span}, stub, count(*) as users, 0 as groups from users group by 1, 2, 3
     union all select ${span}, false, 0, count(*) from groups group by 1, 2),
   per_day as (
     select born as day, users, groups from spans where not stub
     union all select gone, -users, -groups from spans where not stub and gone is not null)
   select day.day::timestamptz as day,
     coalesce((select sum(p.users) from per_day p where p.day <= day.day), 0)::int as users,
     coalesce((select sum(p.groups) from per_day p where p.day <= day.day), 0)::int as groups,
     (select coalesce(sum(users), 0)::int from spans where stub and gone is null) as stubs,
     case when (select reltuples from pg_class where oid = 'assertion'::regclass) < 10000
       then (select count(*)::int from assertion where not suppressed)
       else (select reltuples::int from pg_class where oid = 'assertion'::regclass) end as memberships
   from day order by day.day`,
);

/** How much there is, and how many users and groups there were at the end of each of the last days, today the last. */
export async function readAmounts(
  connection: Connection,
  days: number,
): Promise<{ readonly figures: DirectoryFigures; readonly growth: readonly GrowthRow[] }> {
  const rows = await connection.rows<GrowthRow & DirectoryFigures>(amounts, [days]);
  const today = rows.at(-1);
  if (today === undefined) throw new Error('No day was asked for.');
  return { figures: today, growth: rows };
}

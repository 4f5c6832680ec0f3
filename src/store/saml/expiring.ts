import { type Connection, named } from '../database.ts';

/** An affiliation that ends by itself before long, and the groups that its user would leave with it. */
export interface ExpiringFactRow {
  readonly user_id: string;
  readonly user_name: string | null;
  readonly provider: string;
  /** `value` or `value@scope`, as received. */
  readonly affiliation: string;
  readonly expires_at: Date;
  readonly groups: readonly string[];
}

const expiring = named(
  'affiliation_expiring',
  `select u.id as user_id, u.user_name, s.name as provider,
          f.value || coalesce('@' || f.scope, '') as affiliation, f.expires_at,
          array(select g.name from groups g join assertion a on a.group_n = g.n
                where g.name_key = 'affiliation.' || f.key and g.kind = 'affiliation' and g.deleted_at is null
                  and a.member_n = u.n and not a.suppressed and a.source_n = f.source_n) as groups
   from affiliation_fact f join users u on u.n = f.user_n join source s on s.n = f.source_n
   where f.expires_at < now() + make_interval(days => $1) and u.deleted_at is null
     -- Who has it by another provider or authority for longer does not lose it.
     and not exists (
       select from affiliation_fact o
       where o.user_n = f.user_n and o.key = f.key and (o.source_n, o.authority) <> (f.source_n, f.authority)
         and (o.expires_at is null or o.expires_at >= now() + make_interval(days => $1)))
   order by f.expires_at, u.user_name_key, f.key limit 10000`,
);

/** Affiliations that end within so many days unless their user signs in again, the soonest first. */
export async function listExpiringFacts(connection: Connection, days: number): Promise<ExpiringFactRow[]> {
  return connection.rows<ExpiringFactRow>(expiring, [days]);
}

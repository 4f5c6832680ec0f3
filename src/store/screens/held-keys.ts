/** Names and login keys that nobody else is signed in by for a while (D-08). */
import type { UserId } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';

export interface HeldKeyRow {
  readonly n: number;
  readonly kind: string;
  /** Entity id of the provider; empty for a userName. */
  readonly issuer: string;
  readonly value: string;
  /** Whose it was; null for a user who is gone. */
  readonly user_id: UserId | null;
  readonly user_name: string | null;
  readonly since: Date;
  readonly until: Date;
}

const list = named(
  'screen_held_keys',
  `select r.n::int, r.kind, r.issuer, r.value_key as value, u.id as user_id, u.user_name, r.retired_at as since,
     r.retired_at + interval '90 days' as until
   from retired_key r left join users u on u.n = r.user_n and u.deleted_at is null
   where r.released_at is null and r.retired_at > now() - interval '90 days'
     and r.kind in ('userName', 'targetedId', 'eppn')
     and ($1::bigint is null or r.n < $1) and ($2 = '' or r.value_key = any(array[$2, lower($2)]))
   order by r.n desc limit $3`,
);

/** The youngest first; `value` is empty for all, `before` null for the first page. */
export async function listHeldKeys(
  connection: Connection,
  {
    value,
    before,
    limit,
  }: { readonly value: string; readonly before: number | null; readonly limit: number },
): Promise<HeldKeyRow[]> {
  return connection.rows<HeldKeyRow>(list, [before, value, limit]);
}

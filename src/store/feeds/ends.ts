/** Ends that rows about memberships give them (`expiresAt`, D-01). */
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import { LIVE, placeOf } from './names.ts';

export interface PastEnd {
  readonly line: number;
  readonly expiresAt: string;
}

/** Rows that would make a membership that is over already. */
export async function listPastEnds(tx: Tx): Promise<PastEnd[]> {
  const text = `
    select line, data ->> 'expiresAt' as "expiresAt" from ${LIVE} s
    where kind in ('u', 'g') and action = 'i' and (data ->> 'expiresAt')::timestamptz <= clock_timestamp()`;
  return tx.rows<PastEnd>({ text });
}

/**
 * Gives the memberships of the run the ends that their last rows name; a row that names none leaves the end as it is.
 * Of a membership that stood before, the log tells the two ends. Answers the last place in the log.
 */
export async function setStatedEnds(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  const text = `
    with said as (
      select distinct on (w.group_n, w.member_n) w.group_n, w.member_n, w.line,
             (s.data ->> 'expiresAt')::timestamptz as ends
      from staged_wish w join staged_row s on s.line = w.line
      where w.kind in ('u', 'g') and w.action = 'i'
      order by w.group_n, w.member_n, w.line desc),
    moved as (
      select said.*, a.expires_at as before, exists (
               select 1 from staged_pair p
               where p.group_n = said.group_n and p.member_n = said.member_n and p.action = 'i') as is_new
      from said join assertion a on a.group_n = said.group_n and a.member_n = said.member_n
      where said.ends is not null and a.source_n = $4::int and not a.suppressed
        and a.expires_at is distinct from said.ends),
    written as (
      update assertion a set expires_at = m.ends from moved m
      where a.group_n = m.group_n and a.member_n = m.member_n and a.source_n = $4::int),
    noted as (insert into staged_effect (line) select line from moved where not is_new),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                          before, after)
      select 'membership.expiry', m.group_n, $1::text, $2::text,
             (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int, $5::bigint, $6::text,
             jsonb_build_object('member', who.body, 'expiresAt', m.before),
             jsonb_build_object('member', who.body, 'expiresAt', m.ends)
      from moved m
      left join users u on u.n = m.member_n
      left join groups g on g.n = m.member_n
      cross join lateral (
        select jsonb_build_object('type', case when u.n is null then 'group' else 'user' end,
                                  'id', coalesce(u.id, g.id)) as body) who
      where not m.is_new order by m.group_n, m.member_n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, authorColumns(author)));
}

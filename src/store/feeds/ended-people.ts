/** People of whom a source says nothing any more: whom nobody else asserts is deactivated, the others stay (D-09). */
import type { UserN } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Statement, Tx } from '../database.ts';
import { endedActivity } from '../history.ts';
import { placeOf } from './names.ts';

export interface EndedPeople {
  readonly place: Place | null;
  readonly deactivated: readonly UserN[];
}

/** Ends what the author's source says of people, as the statement finds them. */
export async function endPeople(tx: Tx, statement: Statement, author: ChangeAuthor): Promise<EndedPeople> {
  const rows = await tx.rows<{ xid: string | null; seq: number | null; deactivated: UserN[] }>(
    statement,
    authorColumns(author),
  );
  return { place: placeOf(rows), deactivated: rows[0]?.deactivated ?? [] };
}

/** The statement that ends people; `ended` selects their numbers as `n`, $4 is the source, `reason` is ours. */
export function endedPeople(ended: string, reason: string): Statement {
  const text = `
  with missing as materialized (
    select e.n, u.active and not u.stub
      and not exists (select 1 from user_statement o
                      where o.user_n = e.n and o.source_n <> $4::int and o.ended_at is null)
      and not exists (select 1 from identity_key k
                      where k.user_n = e.n and k.kind = 'externalId' and k.issuer <> $4::int::text)
      and not exists (select 1 from source s
                      where s.n = u.created_by and s.n <> $4::int and s.retired_at is null
                        and s.kind in ('client', 'console', 'idp')) as leaves
    from (${ended}) e join users u on u.n = e.n and u.deleted_at is null),
  before as (
    select u.n, u.user_name, u.active, u.active_since, u.document from missing m join users u on u.n = m.n
    where m.leaves order by u.n for no key update of u),
  ended as (
    update user_statement p set ended_at = now(), ended_active = m.leaves from missing m
    where p.source_n = $4::int and p.user_n = m.n),
  ${endedActivity('before', 'true')},
  written as (
    update users u set active = false, version = version + 1, modified_at = now() from before b where u.n = b.n),
  logged as (
    insert into change (type, user_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id, reason)
    select 'user.updated', n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int, $5::bigint,
           $6::text, '${reason}'
    from before order by n
    returning xid, seq, user_n),
  told as (
    insert into change_personal (seq, user_n, before, after)
    select l.seq, l.user_n, state.facts || '{"active": true}', state.facts || '{"active": false}'
    from logged l join before b on b.n = l.user_n
    cross join lateral (
      select jsonb_build_object('userName', b.user_name, 'externalId', null) || b.document as facts) state)
  select max(xid::text) as xid, max(seq) as seq, array(select n from before) as deactivated from logged`;
  return { text };
}

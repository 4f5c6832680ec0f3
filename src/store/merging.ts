/** Making one user of two: what the one that goes has is given to the one that stays. */
import type { UserN } from '../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from './changes.ts';
import type { Tx } from './database.ts';

export interface Merging {
  readonly from: UserN;
  readonly into: UserN;
}

/** Locks the groups that list either user, in the order of their numbers. */
export async function lockGroupsOfBoth(tx: Tx, { from, into }: Merging): Promise<void> {
  const text = `
    with locked as (
      select n from groups
      where deleted_at is null and n in (select group_n from assertion where member_n in ($1, $2))
      order by n for no key update)
    select count(*) from locked`;
  await tx.rows({ text }, [from, into]);
}

/** Gives the assertions of one user to the other, each with its source, and logs the groups that it joins by that. */
export async function moveAssertions(
  tx: Tx,
  author: ChangeAuthor,
  { from, into }: Merging,
): Promise<Place | null> {
  const text = `
    with gained as (
      select distinct a.group_n from assertion a
      where a.member_n = $7 and not a.suppressed
        and not exists (select 1 from assertion o
                        where o.group_n = a.group_n and o.member_n = $8 and not o.suppressed)),
    moved as (
      insert into assertion (group_n, member_n, source_n, line, origin_n, since, expires_at, member_kind, suppressed)
      select group_n, $8, source_n, line, origin_n, since, expires_at, member_kind, suppressed
      from assertion where member_n = $7
      on conflict (group_n, member_n, source_n) do update set suppressed = assertion.suppressed and excluded.suppressed),
    bumped as (
      update groups set version = version + 1, modified_at = now() where n in (select group_n from gained)),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                          added, added_lines, reason)
      select 'membership.direct', group_n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of,
             $4::int, $5::bigint, $6::text, array[$8::int], array[null::int], 'merged'
      from gained order by group_n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  const rows = await tx.rows<{ xid: string | null; seq: number | null }>({ text }, [
    ...authorColumns(author),
    from,
    into,
  ]);
  const [last] = rows;
  return last?.xid == null || last.seq == null ? null : { xid: last.xid, seq: last.seq };
}

/** Gives identity keys and what feeds state of one user to the other, where that has none of the kind yet. */
export async function moveKeys(tx: Tx, { from, into }: Merging): Promise<void> {
  const keys = `
    update identity_key k set user_n = $2
    where k.user_n = $1 and not exists (
      select 1 from identity_key o
      where o.user_n = $2 and o.kind = k.kind and o.issuer = k.issuer and (o.value_key = k.value_key or k.kind <> 'email'))`;
  const statements = `
    update user_statement s set user_n = $2
    where s.user_n = $1
      and not exists (select 1 from user_statement o where o.user_n = $2 and o.source_n = s.source_n)`;
  await tx.rows({ text: keys }, [from, into]);
  await tx.rows({ text: statements }, [from, into]);
}

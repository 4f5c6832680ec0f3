/** Roles that an import attaches to groups (F-08). */
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import { LIVE, placeOf } from './names.ts';

export interface NamedRole {
  readonly key: string;
  readonly name: string;
  readonly exists: boolean;
  readonly protected: boolean;
}

/** The roles that import rows name. */
export async function listNamedRoles(tx: Tx): Promise<NamedRole[]> {
  const text = `
    select named.key, coalesce(r.name, named.name) as name, r.n is not null as exists,
           coalesce(r.protected, false) as protected
    from (
      select distinct on (t.key) t.key, t.name
      from staged_row s cross join unnest(s.role_keys, s.role_names) as t(key, name)
      where s.role_keys is not null
      order by t.key, s.line) named
    left join role r on r.name_key = named.key`;
  return tx.rows<NamedRole>({ text });
}

/** Names of roles that rows still standing give and that do not exist. */
export async function listMissingRoles(tx: Tx): Promise<string[]> {
  const text = `
    select distinct on (t.key) t.name
    from ${LIVE} s cross join unnest(s.role_keys, s.role_names) as t(key, name)
    where not exists (select 1 from role r where r.name_key = t.key)
    order by t.key, s.line`;
  return (await tx.rows<{ name: string }>({ text })).map(({ name }) => name);
}

/** Plans the roles that groups do not have yet: as pairs of kind `r` whose member is the role. */
export async function planRoles(tx: Tx): Promise<void> {
  const pairs = `
    insert into staged_pair (group_n, member_n, kind, action, line, moves)
    select g.group_n, r.n, 'r', 'i', min(s.line), true
    from ${LIVE} s
    cross join unnest(s.role_keys) as t(key)
    join role r on r.name_key = t.key
    join staged_name g on g.key = s.group_key
    where g.group_n is not null
      and not exists (select 1 from group_role h where h.group_n = g.group_n and h.role_n = r.n)
    group by g.group_n, r.n`;
  await tx.rows({ text: pairs });
}

/** Attaches the planned roles. Answers the last place in the log. */
export async function giveRoles(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  const text = `
    with planned as (
      select group_n, member_n as role_n from staged_pair where kind = 'r'),
    given as (insert into group_role (group_n, role_n) select group_n, role_n from planned),
    had as (
      select p.group_n,
             coalesce((select jsonb_agg(r.name order by r.name) from group_role h join role r on r.n = h.role_n
                       where h.group_n = p.group_n), '[]') as before,
             (select jsonb_agg(r.name order by r.name) from role r
              where r.n in (select h.role_n from group_role h where h.group_n = p.group_n
                            union all select q.role_n from planned q where q.group_n = p.group_n)) as after
      from (select distinct group_n from planned) p),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                          before, after)
      select 'group.updated', group_n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int,
             $5::bigint, $6::text, jsonb_build_object('roles', before), jsonb_build_object('roles', after)
      from had order by group_n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, [...authorColumns(author)]));
}

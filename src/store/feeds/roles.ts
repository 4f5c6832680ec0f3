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
      from (select distinct role_keys, role_names from staged_row where role_keys is not null) s
      cross join unnest(s.role_keys, s.role_names) as t(key, name)
      order by t.key, t.name) named
    left join role r on r.name_key = named.key`;
  return tx.rows<NamedRole>({ text });
}

/** Gathers the roles that rows still standing give, and answers the names of those that do not exist. */
export async function gatherRoles(tx: Tx): Promise<string[]> {
  const gather = `
    insert into staged_role (group_key, key, name, line)
    select s.group_key, t.key, min(t.name), min(s.line)
    from (
      select group_key, role_keys, role_names, min(line) as line
      from ${LIVE} l where role_keys is not null and group_key <> '' group by group_key, role_keys, role_names) s
    cross join unnest(s.role_keys, s.role_names) as t(key, name)
    group by s.group_key, t.key`;
  await tx.rows({ text: gather });
  const missing = `
    select distinct on (s.key) s.name from staged_role s
    where not exists (select 1 from role r where r.name_key = s.key) order by s.key, s.line`;
  return (await tx.rows<{ name: string }>({ text: missing })).map(({ name }) => name);
}

/** Plans the roles that groups do not have yet: as pairs of kind `r` whose member is the role. */
export async function planRoles(tx: Tx): Promise<void> {
  const text = `
    insert into staged_pair (group_n, member_n, kind, action, line, moves, has_own, has_suppressed)
    select g.group_n, r.n, 'r', 'i', s.line, true, false, false
    from staged_role s
    join role r on r.name_key = s.key
    join staged_name g on g.key = s.group_key and g.group_n is not null
    left join group_role h on h.group_n = g.group_n and h.role_n = r.n
    where h.role_n is null`;
  await tx.rows({ text });
}

/** Attaches the planned roles. Answers the last place in the log. */
export async function giveRoles(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  const text = `
    with planned as (
      select group_n, member_n as role_n from staged_pair where kind = 'r'),
    given as (insert into group_role (group_n, role_n) select group_n, role_n from planned),
    told as (
      select t.group_n, jsonb_agg(r.name order by r.name_key) as after,
             coalesce(jsonb_agg(r.name order by r.name_key) filter (where t.had), '[]') as before
      from (
        select group_n, role_n, false as had from planned
        union all
        select h.group_n, h.role_n, true from group_role h where h.group_n in (select group_n from planned)) t
      join role r on r.n = t.role_n
      group by t.group_n),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                          before, after)
      select 'group.updated', group_n, $1::text, $2::text,
             (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int, $5::bigint, $6::text,
             jsonb_build_object('roles', before), jsonb_build_object('roles', after)
      from told order by group_n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, authorColumns(author)));
}

/** Roles that an import attaches to groups (F-08). */
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import { type Fault, LIVE, placeOf } from './names.ts';
import type { RunN } from './staging.ts';

export interface NamedRole {
  readonly key: string;
  readonly name: string;
  readonly exists: boolean;
  readonly protected: boolean;
}

/** The roles that import rows name. */
export async function listNamedRoles(tx: Tx, run: RunN): Promise<NamedRole[]> {
  const text = `
    select named.key, coalesce(r.name, named.name) as name, r.n is not null as exists,
           coalesce(r.protected, false) as protected
    from (
      select distinct on (t.key) t.key, t.name
      from import_stage s cross join unnest(s.role_keys, s.role_names) as t(key, name)
      where s.run_n = $1 and s.role_keys is not null
      order by t.key, s.line) named
    left join role r on r.name_key = named.key`;
  return tx.rows<NamedRole>({ text }, [run]);
}

/** Refuses every row that gives one of the roles. */
export async function refuseRowsGiving(
  tx: Tx,
  run: RunN,
  faults: readonly (Fault & { readonly key: string })[],
): Promise<void> {
  const text = `
    insert into import_row (run_n, line, outcome, code, detail, original)
    select $1, s.line, 'refused', f.code, f.detail, s.original
    from unnest($2::text[], $3::text[], $4::text[]) as f(key, code, detail)
    join import_stage s on s.run_n = $1 and f.key = any(s.role_keys)
    on conflict do nothing`;
  const columns = [
    faults.map(({ key }) => key),
    faults.map(({ code }) => code),
    faults.map(({ detail }) => detail),
  ];
  await tx.rows({ text }, [run, ...columns]);
}

/** Names of roles that rows still standing give and that do not exist. */
export async function listMissingRoles(tx: Tx, run: RunN): Promise<string[]> {
  const text = `
    select distinct on (t.key) t.name
    from ${LIVE} s cross join unnest(s.role_keys, s.role_names) as t(key, name)
    where not exists (select 1 from role r where r.name_key = t.key)
    order by t.key, s.line`;
  return (await tx.rows<{ name: string }>({ text }, [run])).map(({ name }) => name);
}

/** Plans the roles that groups do not have yet: as pairs of kind `r` whose member is the role. */
export async function planRoles(tx: Tx, run: RunN): Promise<void> {
  const pairs = `
    insert into import_pair (run_n, group_n, member_n, kind, action, line, moves)
    select $1, g.group_n, r.n, 'r', 'i', min(s.line), true
    from ${LIVE} s
    cross join unnest(s.role_keys) as t(key)
    join role r on r.name_key = t.key
    join import_name g on g.run_n = $1 and g.key = s.group_key
    where g.group_n is not null
      and not exists (select 1 from group_role h where h.group_n = g.group_n and h.role_n = r.n)
    group by g.group_n, r.n`;
  await tx.rows({ text: pairs }, [run]);
}

/** Attaches the planned roles. Answers the last place in the log. */
export async function giveRoles(tx: Tx, run: RunN, author: ChangeAuthor): Promise<Place | null> {
  const text = `
    with planned as (
      select group_n, member_n as role_n from import_pair where run_n = $1 and kind = 'r'),
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
      select 'group.updated', group_n, $2::text, $3::text, (select u.n from users u where u.id = $4::uuid) as on_behalf_of, $5::int,
             $6::bigint, $7::text, jsonb_build_object('roles', before), jsonb_build_object('roles', after)
      from had order by group_n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, [run, ...authorColumns(author)]));
}

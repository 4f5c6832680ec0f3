/** Groups and roles that an import names: found, refused, made. */
import type { GroupN, SourceN } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import type { Tx } from '../database.ts';
import type { RowTally } from './tally.ts';

/** Rows of the run that nothing has refused so far. */
export const LIVE = `(
  select s.* from staged_row s
  where s.kind <> 'x'
    and not exists (select 1 from staged_refusal r where r.line = s.line))`;

/** A group that the file names, as far as its rows may be refused for it. */
export interface NamedGroup {
  readonly key: string;
  /** As the group is called, or as its first row writes it. */
  readonly name: string;
  readonly group_n: GroupN | null;
  readonly kind: string | null;
  /** Name of the source it is reserved to. */
  readonly reserved_to: string | null;
  readonly restricted: boolean;
  /** It confers more than `groups.request` and does not trust the source of the run (J-20). */
  readonly protected: boolean;
  /** Why its name is reserved, where it is new. */
  readonly reserved_name: string | null;
}

export interface Fault {
  readonly code: string;
  readonly detail: string;
}

/** True when the source asserts any nesting. */
export async function assertsNestings(tx: Tx, source: SourceN): Promise<boolean> {
  const text = `select 1 from assertion where source_n = $1 and member_kind = 'g' limit 1`;
  return (await tx.rows({ text }, [source])).length > 0;
}

/** True when a row of the run was refused so far. */
export async function hasRefusals(tx: Tx): Promise<boolean> {
  return (await tx.rows({ text: 'select 1 from staged_refusal limit 1' })).length > 0;
}

/** Spreads the lists of groups of rows about people. */
export async function spreadGroups(tx: Tx): Promise<void> {
  const text = `
    insert into staged_more (line, key, name)
    select s.line, t.key, t.name
    from staged_row s cross join unnest(s.group_keys, s.group_names) as t(key, name)
    where s.kind = 'p' and s.group_keys is not null`;
  await tx.rows({ text });
}

/**
 * Locks the groups whose members the run writes, in the order of their numbers, until the transaction ends: those
 * that it names, and for a snapshot those of which its source asserts members.
 */
export async function lockNamedGroups(tx: Tx, snapshotOf: SourceN | null): Promise<void> {
  const text = `
    with locked as (
      select n from groups
      where deleted_at is null
        and (name_key in (select group_key from staged_row where kind <> 'x' union select key from staged_more)
          ${snapshotOf === null ? '' : 'or n in (select group_n from assertion where source_n = $1)'})
      order by n for no key update)
    select count(*) from locked`;
  await tx.rows({ text }, snapshotOf === null ? [] : [snapshotOf]);
}

/** Gathers the groups that the rows name, and finds those that exist. */
export async function gatherNames(tx: Tx, { movesNestings, hasPeople }: RowTally): Promise<void> {
  const nested = `
        union all
        select name_key, min(line) from staged_row where kind = 'g' group by name_key`;
  const listed = `
        union all
        select key, min(line) from staged_more group by key`;
  const text = `
    insert into staged_name (key, line, group_n)
    select named.key, named.line, g.n
    from (
      select key, min(line) as line from (
        select group_key as key, min(line) as line from staged_row
        where kind not in ('x', 'p', 'o') group by group_key${movesNestings ? nested : ''}${hasPeople ? listed : ''}) places
      group by key) named
    left join groups g on g.name_key = named.key and g.deleted_at is null`;
  await tx.rows({ text });
}

/** How the row at `line` writes the group of a key. */
export const WRITTEN = (name: string): string => `coalesce(
  case when s.group_key = ${name}.key then s.group_name when s.kind = 'g' and s.name_key = ${name}.key then s.name end,
  (select m.name from staged_more m where m.line = s.line and m.key = ${name}.key limit 1))`;

/** The named groups that a rule may refuse: reserved, restricted, protected, automatic, or new with a name that may be reserved. */
export async function listSuspectGroups(tx: Tx, source: SourceN): Promise<NamedGroup[]> {
  const text = `
    with guarded as (
      select distinct c.descendant as n from permission_grant p join closure c on c.ancestor = p.holder_n
      where p.permission <> 'groups.request')
    select i.key, coalesce(g.name, ${WRITTEN('i')}) as name,
           i.group_n, g.kind, (select r.name from source r where r.n = g.reserved_to) as reserved_to,
           coalesce(g.restricted, false) as restricted,
           p.n is not null and not $1::int = any(g.trusted_sources) as protected,
           case when g.n is null then r.reason end as reserved_name
    from staged_name i
    join staged_row s on s.line = i.line
    left join groups g on g.n = i.group_n
    left join guarded p on p.n = i.group_n
    left join reserved_name r on r.name_key = i.key
    where (g.reserved_to is not null or g.kind <> 'regular' or g.restricted or p.n is not null
           or (g.n is null and (i.key like 'affiliation.%' or r.name_key is not null)))`;
  return tx.rows<NamedGroup>({ text }, [source]);
}

/** What the key of a fault is of: the group whose members a row writes, the group it nests, a role it gives. */
export type KeyOf = 'group' | 'nested' | 'role';

const ROW_OF: Readonly<Record<KeyOf, string>> = {
  group: `(select line, group_key as key from staged_row where kind <> 'x'
           union all select line, key from staged_more) s on s.key = f.key`,
  nested: `staged_row s on s.kind = 'g' and s.action = 'i' and s.name_key = f.key`,
  role: 'staged_row s on f.key = any(s.role_keys)',
};

/** Refuses every row that has one of the keys. */
export async function refuseByKey(
  tx: Tx,
  keyOf: KeyOf,
  faults: readonly (Fault & { readonly key: string })[],
): Promise<void> {
  const text = `
    insert into staged_refusal (line, code, detail)
    select s.line, f.code, f.detail
    from unnest($1::text[], $2::text[], $3::text[]) as f(key, code, detail)
    join ${ROW_OF[keyOf]}
    on conflict do nothing`;
  const columns = [
    faults.map(({ key }) => key),
    faults.map(({ code }) => code),
    faults.map(({ detail }) => detail),
  ];
  if (faults.length > 0) await tx.rows({ text }, columns);
}

/** Refuses single rows. */
export async function refuseLines(
  tx: Tx,
  faults: readonly (Fault & { readonly line: number })[],
): Promise<void> {
  const text = `
    insert into staged_refusal (line, code, detail)
    select s.line, f.code, f.detail
    from unnest($1::int[], $2::text[], $3::text[]) as f(line, code, detail)
    join staged_row s on s.line = f.line
    on conflict do nothing`;
  const columns = [
    faults.map(({ line }) => line),
    faults.map(({ code }) => code),
    faults.map(({ detail }) => detail),
  ];
  if (faults.length > 0) await tx.rows({ text }, columns);
}

/** Takes over the rows that could not be read. */
export async function refuseUnreadRows(tx: Tx): Promise<void> {
  const text = `
    insert into staged_refusal (line, code, detail)
    select line, fault_code, fault_detail
    from staged_row where kind = 'x'`;
  await tx.rows({ text });
}

const NAMES_MISSING = 'select key, line from staged_name where group_n is null';
const NAMES_IMPORTED = `
      select key, min(line) as line from (
        select group_key as key, line from ${LIVE} l where action = 'i' and kind not in ('p', 'o')
        union all
        select m.key, m.line from staged_more m
        where not exists (select 1 from staged_refusal r where r.line = m.line)
        union all
        select name_key, line from ${LIVE} l where action = 'i' and kind = 'g') named
      where key in (select key from staged_name where group_n is null)
      group by key`;

/** Makes the groups that rows still standing import into or nest, and that do not exist. Answers the last place in the log. */
export async function makeGroups(
  tx: Tx,
  author: ChangeAuthor,
  { state, tally }: { readonly state: Readonly<Record<string, unknown>>; readonly tally: RowTally },
): Promise<Place | null> {
  const missing = 'select 1 from staged_name where group_n is null limit 1';
  if ((await tx.rows({ text: missing })).length === 0) return null;
  // Where every row imports and none was refused, each name is wanted from its first row on.
  const isEveryNameWanted = tally.action === 'import' && !tally.hasPeople && !(await hasRefusals(tx));
  const text = `
    with wanted as (${isEveryNameWanted ? NAMES_MISSING : NAMES_IMPORTED}),
    made as (
      insert into groups (name, name_key, created_by)
      select ${WRITTEN('w')}, w.key, $4
      from wanted w join staged_row s on s.line = w.line
      order by w.line
      returning n, name, name_key),
    reflexive as (insert into closure (descendant, ancestor) select n, n from made),
    noted as (
      update staged_name i set group_n = made.n, made_line = w.line
      from made join wanted w on w.key = made.name_key
      where i.key = made.name_key),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id, after)
      select 'group.created', n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of, $4::int,
             $5::bigint, $6::text, jsonb_build_object('name', name) || $7::jsonb
      from made order by n
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, [...authorColumns(author), JSON.stringify(state)]));
}

/** A last place in the log as a statement answers it. */
export function placeOf(rows: readonly { xid?: string | null; seq?: number | null }[]): Place | null {
  const [row] = rows;
  return row?.xid == null || row.seq == null ? null : { xid: row.xid, seq: row.seq };
}

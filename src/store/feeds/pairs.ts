/**
 * The net difference of a file (F-09): one row per membership that changes. Rows take effect in file order on a
 * virtual state; as each row only sets or ends memberships, the last row that touches one decides, a `*` being a
 * row that touches all of a group's. The line that a difference is written down to is the first that turned it so.
 */
import type { Nesting, NestingStep } from '../../core/feeds/nesting-order.ts';
import type { FeedMode } from '../../core/feeds/settings.ts';
import type { SourceN } from '../../core/ids.ts';
import type { Tx } from '../database.ts';
import { LIVE, WRITTEN } from './names.ts';
import type { RowTally } from './tally.ts';

/** Nesting rows in file order. */
export async function listNestingSteps(tx: Tx): Promise<NestingStep[]> {
  const text = `
    select line, case when kind = 'G' then 'unnest-all' when action = 'i' then 'nest' else 'unnest' end as kind,
           group_key as "group", name_key as member
    from ${LIVE} s where kind in ('g', 'G') order by line`;
  return tx.rows<NestingStep>({ text });
}

/** Every nesting on a way up from a group that the run nests or nests into, by the keys of the names. */
export async function listNestingsAbove(tx: Tx): Promise<Nesting[]> {
  const text = `
    with named as (
      select distinct i.group_n as n from staged_row s
      join staged_name i on i.key in (s.group_key, s.name_key)
      where s.kind in ('g', 'G') and i.group_n is not null),
    above as (select distinct c.ancestor as n from named join closure c on c.descendant = named.n)
    select g.name_key as "group", m.name_key as member
    from above join assertion a on a.member_n = above.n and a.member_kind = 'g' and not a.suppressed
    join groups g on g.n = a.group_n and g.deleted_at is null
    join groups m on m.n = a.member_n
    union
    select g.name_key, m.name_key
    from named join assertion a on a.group_n = named.n and a.member_kind = 'g' and not a.suppressed
    join groups g on g.n = a.group_n
    join groups m on m.n = a.member_n and m.deleted_at is null`;
  return tx.rows<Nesting>({ text });
}

/** Names of groups as they are stored or as the file first writes them, by their keys. */
export async function namesByKey(tx: Tx, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const text = `
    select name_key as key, name from groups where name_key = any($1::text[]) and deleted_at is null
    union all
    select i.key, ${WRITTEN('i')}
    from staged_name i join staged_row s on s.line = i.line
    where i.group_n is null and i.key = any($1::text[])`;
  const rows = await tx.rows<{ key: string; name: string }>({ text }, [keys]);
  return new Map(rows.map(({ key, name }) => [key, name]));
}

/** Resolves the rows still standing to numbers of groups and members. */
export async function gatherWishes(tx: Tx): Promise<void> {
  const text = `
    insert into staged_wish (group_n, member_n, kind, action, line)
    select g.group_n, coalesce(p.user_n, m.group_n), s.kind, s.action, s.line
    from ${LIVE} s
    join staged_name g on g.key = s.group_key and g.group_n is not null
    left join staged_person p on p.key = s.person_key
    left join staged_name m on m.key = s.name_key and s.kind = 'g'
    where s.kind in ('U', 'G') or coalesce(p.user_n, m.group_n) is not null`;
  await tx.rows({ text });
}

/** Adds the groups that rows about people list. */
export async function gatherListedGroups(tx: Tx): Promise<void> {
  const text = `
    insert into staged_wish (group_n, member_n, kind, action, line)
    select g.group_n, u.user_n, 'u', 'i', m.line
    from staged_more m
    join staged_user u on u.line = m.line and u.user_n is not null and u.action = 'i'
    join staged_name g on g.key = m.key and g.group_n is not null
    where not exists (select 1 from staged_refusal r where r.line = m.line)`;
  await tx.rows({ text });
}

/** Plans the memberships that change; `source` is whose assertions the imports make. */
export async function planPairs(
  tx: Tx,
  { source, mode, tally }: { readonly source: SourceN; readonly mode: FeedMode; readonly tally: RowTally },
): Promise<void> {
  const statement = mode === 'snapshot' ? statements.snapshot : statements.explicit;
  if (tally.hasStars) await tx.rows({ text: statement.withStars }, [source]);
  else if (tally.action === null) await tx.rows({ text: statement.plain }, [source]);
  else await tx.rows({ text: statement.alike }, [source, tally.action === 'import' ? 'i' : 'd']);
}

/** The source's own assertions, as pairs that end: $1 is the source. */
const retractions = (groups: string, rest: string): string => `
  insert into staged_pair (group_n, member_n, kind, action, line, moves, has_own, has_suppressed)
  select a.group_n, a.member_n, a.member_kind, 'e', null,
         not a.suppressed and not exists (
           select 1 from assertion o where o.group_n = a.group_n and o.member_n = a.member_n
             and o.source_n <> $1 and not o.suppressed), true, false
  from assertion a
  join groups g on g.n = a.group_n and g.deleted_at is null ${groups}
  where a.source_n = $1 ${rest}`;

/**
 * Plans what a snapshot retracts: the source's own assertions that the file lacks, of the kinds that it tells of
 * (D-02, implicit). Groups that are not this source's to write any more are left alone.
 */
export async function planRetractions(
  tx: Tx,
  { source, kinds }: { readonly source: SourceN; readonly kinds: readonly ('u' | 'g')[] },
): Promise<void> {
  const groups = `and g.kind = 'regular' and not g.restricted
      and coalesce(g.reserved_to, $1) = $1
      and ($1 = any(g.trusted_sources) or not exists (
        select 1 from permission_grant p join closure c on c.ancestor = p.holder_n and c.descendant = g.n
        where p.permission <> 'groups.request'))`;
  const rest = `and a.member_kind = any($2::"char"[])
      and not exists (select 1 from staged_wish w
                      where w.group_n = a.group_n and w.member_n = a.member_n)
      and not exists (select 1 from paired p where p.group_n = a.group_n and p.member_n = a.member_n)`;
  // Read once: looked through again for each assertion, the table would grow by what the statement itself puts there.
  const paired = 'with paired as materialized (select group_n, member_n from staged_pair)';
  await tx.rows({ text: `${paired} ${retractions(groups, rest)}` }, [source, kinds]);
}

/** Plans the end of everything that the source asserts, in whatever group (D-09, retiring). */
export async function planWholeRetraction(tx: Tx, source: SourceN): Promise<void> {
  await tx.rows({ text: retractions('', '') }, [source]);
}

/** The first row of the last run of equal actions decides, and is the line that the difference comes from. */
const decide = (steps: string): string => `
  step as (
    select group_n, member_n, kind, action, line,
           lag(action) over (partition by group_n, member_n order by line) is distinct from action as turns
    from ${steps}),
  last as (
    select distinct on (group_n, member_n) group_n, member_n, kind, action, line
    from step where turns order by group_n, member_n, line desc)`;

/** An own assertion that was suppressed: an explicit import lifts it, a snapshot only restates it (D-02). */
const RESTATED = `d.action = 'i' and coalesce(s.has_own and not s.asserted, false)`;

/** What is absent already is deleted all the same where the source's own assertion stands suppressed: it goes (D-02). */
const differ = (decided: string, mode: 'explicit' | 'snapshot'): string => `
  standing as (
    select a.group_n, a.member_n, bool_or(not a.suppressed) as present,
           bool_or(not a.suppressed and a.source_n = $1) as asserted, bool_or(a.source_n = $1) as has_own,
           bool_or(a.suppressed and a.source_n <> $1) as has_suppressed
    from ${decided} d join assertion a on a.group_n = d.group_n and a.member_n = d.member_n
    group by a.group_n, a.member_n)
  insert into staged_pair (group_n, member_n, kind, action, line, moves, has_own, has_suppressed)
  select d.group_n, d.member_n, d.kind, ${mode === 'explicit' ? 'd.action' : `case when ${RESTATED} then 's' else d.action end`}, d.line,
         (d.action = 'i') <> coalesce(s.present, false)${mode === 'explicit' ? '' : ` and not (${RESTATED})`},
         coalesce(s.has_own, false), ${mode === 'explicit' ? 'coalesce(s.has_suppressed, false)' : 'false'}
  from ${decided} d
  left join standing s on s.group_n = d.group_n and s.member_n = d.member_n
  where case when d.action = 'i' then not coalesce(s.asserted, false) else coalesce(s.present or s.has_own, false) end
  order by d.group_n, d.member_n`;

const plan = (mode: 'explicit' | 'snapshot'): string =>
  `with ${decide('staged_wish')}, ${differ('last', mode)}`;

/** Where every row asks for the same, the first row of a membership is the one that turns it. */
const planAlike = (mode: 'explicit' | 'snapshot'): string => `
  with last as (
    select group_n, member_n, case when bool_or(kind = 'g') then 'g'::"char" else 'u'::"char" end as kind,
           $2::"char" as action, min(line) as line
    from staged_wish group by group_n, member_n),
  ${differ('last', mode)}`;

const planWithStars = (mode: 'explicit' | 'snapshot'): string => `
  with star as (
    select group_n, case when kind = 'U' then 'u'::"char" else 'g'::"char" end as kind,
           min(line) as first_line, max(line) as line
    from staged_wish where kind in ('U', 'G') group by 1, 2),
  after_star as (
    select w.* from staged_wish w left join star s on s.group_n = w.group_n and s.kind = w.kind
    where w.kind in ('u', 'g') and w.line > coalesce(s.line, 0)),
  ${decide('after_star')},
  decided as (
    select * from last
    union all
    select distinct a.group_n, a.member_n, a.member_kind, 'd'::"char", s.first_line
    from star s join assertion a on a.group_n = s.group_n and a.member_kind = s.kind and not a.suppressed
    where not exists (select 1 from last l where l.group_n = a.group_n and l.member_n = a.member_n)),
  ${differ('decided', mode)}`;

const statements = {
  explicit: {
    plain: plan('explicit'),
    alike: planAlike('explicit'),
    withStars: planWithStars('explicit'),
  },
  snapshot: {
    plain: plan('snapshot'),
    alike: planAlike('snapshot'),
    withStars: planWithStars('snapshot'),
  },
} as const;

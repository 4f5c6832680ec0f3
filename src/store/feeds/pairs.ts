/**
 * The net difference of a file (F-09): one row per membership that changes. Rows take effect in file order on a
 * virtual state; as each row only sets or ends memberships, the last row that touches one decides, a `*` being a
 * row that touches all of a group's. The line that a difference is written down to is the first that turned it so.
 */
import type { Nesting, NestingStep } from '../../core/feeds/nesting-order.ts';
import type { FeedMode } from '../../core/feeds/settings.ts';
import type { GroupN, SourceN, UserN } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import { onlyRow, type Tx } from '../database.ts';
import { endedMemberships, STOOD } from '../history.ts';
import { LIVE, placeOf, WRITTEN } from './names.ts';
import type { RowTally } from './tally.ts';

/** Members to a log row: an entry that a reader can take whole. */
const MEMBERS_PER_ENTRY = 1_000;

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
      and not exists (select 1 from staged_pair p where p.group_n = a.group_n and p.member_n = a.member_n)`;
  await tx.rows({ text: retractions(groups, rest) }, [source, kinds]);
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

/** Writes the planned memberships: imports are asserted and lifted, deletions are explicit (D-02). */
export async function writePairs(tx: Tx, author: ChangeAuthor): Promise<Place | null> {
  const { ends, returns, lifts, asserts } = onlyRow(await tx.rows<PlannedPairs>({ text: describePairs }));
  if (ends) {
    await tx.rows({ text: endOwn }, [author.sourceN]);
    await tx.rows({ text: suppressOthers }, [author.sourceN]);
  }
  if (returns) await tx.rows({ text: assertAgain }, [author.sourceN, author.originN]);
  if (asserts) await tx.rows({ text: assertNew }, [author.sourceN, author.originN]);
  if (lifts) await tx.rows({ text: liftOthers }, [author.sourceN]);
  if (ends) await tx.rows({ text: endDelegations });
  const removed = ends ? await log(tx, author, 'removed') : null;
  return (asserts || returns || lifts ? await log(tx, author, 'added') : null) ?? removed;
}

/** What comes among the planned memberships at all: of a large file most of it does not. */
interface PlannedPairs {
  readonly ends: boolean;
  /** Own assertions that were suppressed are made again. */
  readonly returns: boolean;
  readonly asserts: boolean;
  readonly lifts: boolean;
}

const describePairs = `
  select coalesce(bool_or(action in ('d', 'e')), false) as ends,
         coalesce(bool_or(action = 'i' and has_own), false) as returns,
         coalesce(bool_or(action = 'i' and not has_own), false) as asserts,
         coalesce(bool_or(action = 'i' and has_suppressed), false) as lifts
  from staged_pair where kind <> 'r'`;

const PAIR = `staged_pair p where p.kind <> 'r'`;

const endOwn = `
  with ended as (
    delete from assertion a using ${PAIR} and p.action in ('d', 'e') and p.has_own
      and a.group_n = p.group_n and a.member_n = p.member_n and a.source_n = $1
    returning a.*),
  ${endedMemberships('ended')}
  select 1 where false`;

const suppressOthers = `
  with suppressing as (
    update assertion a set suppressed = true from ${PAIR} and p.action = 'd'
      and a.group_n = p.group_n and a.member_n = p.member_n and a.source_n <> $1 and not a.suppressed
    returning a.*),
  ended as (select ${STOOD} from suppressing),
  ${endedMemberships('ended')}
  select 1 where false`;

/** An own assertion that another source's explicit removal suppressed. */
const assertAgain = `
  update assertion a
  set suppressed = false, line = p.line, origin_n = $2::bigint, since = now(), expires_at = null
  from ${PAIR} and p.action = 'i' and p.has_own
    and a.group_n = p.group_n and a.member_n = p.member_n and a.source_n = $1`;

const assertNew = `
  insert into assertion (group_n, member_n, source_n, line, origin_n, member_kind)
  select p.group_n, p.member_n, $1, p.line, $2::bigint, p.kind from ${PAIR} and p.action = 'i' and not p.has_own
  order by p.group_n, p.member_n`;

const liftOthers = `
  update assertion a set suppressed = false, since = now() from ${PAIR} and p.action = 'i' and p.has_suppressed
    and a.group_n = p.group_n and a.member_n = p.member_n and a.source_n <> $1 and a.suppressed`;

/** A delegation ends with the membership of who holds it (J-18). */
const endDelegations = `
  delete from delegation d using ${PAIR} and p.action = 'd' and p.moves
    and d.group_n = p.group_n and d.user_n = p.member_n`;

async function log(tx: Tx, author: ChangeAuthor, array: 'added' | 'removed'): Promise<Place | null> {
  const text = `
    with moved as (
      select group_n, member_n, line,
             (row_number() over (partition by group_n order by member_n) - 1) / ${MEMBERS_PER_ENTRY} as entry
      from ${PAIR} and p.moves and p.action in (${array === 'added' ? `'i'` : `'d', 'e'`})),
    logged as (
      insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                          ${array}, ${array}_lines)
      select 'membership.direct', group_n, $1::text, $2::text, (select u.n from users u where u.id = $3::uuid) as on_behalf_of,
             $4::int, $5::bigint, $6::text, array_agg(member_n order by member_n), array_agg(line order by member_n)
      from moved group by group_n, entry order by group_n, entry
      returning xid, seq)
    select max(xid::text) as xid, max(seq) as seq from logged`;
  return placeOf(await tx.rows({ text }, authorColumns(author)));
}

/**
 * Users whom the plan takes out of a group that lets its members ask to join others, themselves or with a nested
 * group (J-11). Asked before the closure follows the nestings that end.
 */
export async function listRequestLosers(tx: Tx): Promise<UserN[]> {
  const text = `
    with letting as (
      select distinct c.descendant as n from permission_grant p join closure c on c.ancestor = p.holder_n
      where p.permission in ('groups.request', 'admin')),
    gone as (
      select p.member_n, p.kind from ${PAIR} and p.moves and p.action in ('d', 'e') and p.group_n in (select n from letting))
    select member_n as n from gone where kind = 'u'
    union
    select a.member_n from gone g join closure c on c.ancestor = g.member_n
    join assertion a on a.group_n = c.descendant and a.member_kind = 'u' and not a.suppressed
    where g.kind = 'g'`;
  return (await tx.rows<{ n: UserN }>({ text })).map(({ n }) => n);
}

/** Moves the versions of the groups whose members or roles change; they are locked already. */
export async function bumpPlannedGroups(tx: Tx): Promise<void> {
  const text = `
    update groups set version = version + 1, modified_at = now()
    where n in (select distinct group_n from staged_pair where moves)`;
  await tx.rows({ text });
}

export interface PlannedNestings {
  readonly nested: readonly GroupN[];
  readonly unnestedGroups: readonly GroupN[];
  readonly unnestedMembers: readonly GroupN[];
}

/** Groups whose nestings the plan moves: what the closure has to follow. */
export async function listPlannedNestings(tx: Tx): Promise<PlannedNestings> {
  const text = `
    select distinct group_n as "group", member_n as member, action = 'i' as nests
    from staged_pair where kind = 'g' and moves`;
  const rows = await tx.rows<{ group: GroupN; member: GroupN; nests: boolean }>({ text });
  const unnested = rows.filter(({ nests }) => !nests);
  return {
    nested: [...new Set(rows.filter(({ nests }) => nests).map(({ member }) => member))],
    unnestedGroups: [...new Set(unnested.map(({ group }) => group))],
    unnestedMembers: [...new Set(unnested.map(({ member }) => member))],
  };
}

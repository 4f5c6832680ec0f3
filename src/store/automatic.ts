/**
 * Memberships of automatic groups (D-14): rows of assertions like all others, written by facts instead of people.
 * They move no version and lock no group, for one fact may concern a group that everybody is in.
 */
import type { GroupN, OriginN, SourceN, UserN } from '../core/ids.ts';
import { authorColumns, type ChangeAuthor, originColumns, type Place } from './changes.ts';
import { named, onlyRow, type Statement, type Tx } from './database.ts';
import { endedMemberships } from './history.ts';
import { GIVES_UP, WAITS_AGAIN } from './rule-edits.ts';
import { type Binder, newBinder } from './scim/binder.ts';

/** Members to a log row: an entry that a reader can take whole. */
const MEMBERS_PER_ENTRY = 1_000;

/** A user in an automatic group. */
export interface AutomaticPair {
  readonly group: GroupN;
  readonly user: UserN;
}

export interface AutomaticMoves {
  /** Whose assertions they are: `system`, or the provider that said it. */
  readonly source: SourceN;
  readonly join: readonly AutomaticPair[];
  readonly leave: readonly AutomaticPair[];
}

/** What a statement over automatic groups did. */
export interface AutomaticOutcome {
  readonly added: number;
  readonly removed: number;
  /** Users who left, where that was to be told. */
  readonly left: readonly UserN[];
  /** Groups that were listed and are no more, as the group was not always automatic: what the closure has to follow. */
  readonly unnested: readonly GroupN[];
  /** The last of its log rows; null when nothing changed. */
  readonly place: Place | null;
  readonly originN: OriginN | null;
}

const AUTHOR = `$2::text, $3::text, (select n from users where id = $4::uuid)`;

/** `$1` source of the log rows, `$2` to `$6` the author, `$7` to `$9` the origin. */
const ORIGIN = `
   made_origin as (
     insert into origin (kind, name, sha256) select $7::text, $8::text, $9::text where $5::bigint is null returning n),
   origin_of as (select coalesce($5::bigint, (select n from made_origin)) as n),`;

/** Writes `joined` and `gone` (group_n, member_n) to the log and answers the outcome. */
const logged = `
   told as (
     select group_n, member_n, true as joins from joined union all select group_n, member_n, false from gone),
   numbered as (
     select group_n, member_n, joins,
            (row_number() over (partition by group_n, joins order by member_n) - 1) / ${MEMBERS_PER_ENTRY} as entry
     from told),
   logged as (
     insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                         added, removed)
     select 'membership.direct', group_n, ${AUTHOR}, $1::int, (select n from origin_of), $6::text,
            case when joins then array_agg(member_n order by member_n) end,
            case when not joins then array_agg(member_n order by member_n) end
     from numbered group by group_n, joins, entry order by group_n, joins, entry
     returning xid, seq)
   select (select count(*) from joined) as added, (select count(*) from gone) as removed,
          (select max(xid::text) from logged) as xid, (select max(seq) from logged) as seq,
          (select n from origin_of) as origin,`;

const IS_PRESENT_BY_OTHERS = (row: string): string => `exists (
       select from assertion o where o.group_n = ${row}.group_n and o.member_n = ${row}.member_n
         and o.source_n <> $1::int and not o.suppressed)`;

const move = named(
  'automatic_move',
  `with ${GIVES_UP},
   plus as (select t.* from gives_up, unnest((select $10::int[]), (select $11::int[])) as t(group_n, member_n)),
   minus as (select t.* from gives_up, unnest((select $12::int[]), (select $13::int[])) as t(group_n, member_n)),
   ${ORIGIN}
   made as (
     insert into assertion (group_n, member_n, source_n, origin_n, member_kind)
     select group_n, member_n, $1::int, (select n from origin_of), 'u' from plus order by 1, 2
     on conflict (group_n, member_n, source_n) do nothing returning group_n, member_n),
   ended as (
     delete from assertion a using minus m
     where a.group_n = m.group_n and a.member_n = m.member_n and a.source_n = $1::int returning a.*),
   ${endedMemberships('ended')},
   joined as (select * from made where not ${IS_PRESENT_BY_OTHERS('made')}),
   gone as (select group_n, member_n from ended where not ${IS_PRESENT_BY_OTHERS('ended')}),
   ${logged} '{}'::int[] as left, '{}'::int[] as unnested, ${WAITS_AGAIN} as waits`,
);

/**
 * Puts users into automatic groups and takes them out, in the name of one source. Who another source keeps in, or
 * has brought in already, is in the assertions alone and not in the log (D-04). The users must be locked, and the
 * facts lock held.
 */
export async function moveAutomaticMembers(
  tx: Tx,
  author: ChangeAuthor,
  { source, join, leave }: AutomaticMoves,
): Promise<AutomaticOutcome> {
  return run(tx, move, [
    source,
    ...authorOf(author),
    join.map(({ group }) => group),
    join.map(({ user }) => user),
    leave.map(({ group }) => group),
    leave.map(({ user }) => user),
  ]);
}

/** Who an automatic group should list: a query of `member_n, source_n`, its values bound by the binder. */
export type Wanted = (binder: Binder) => string;

const fill = (wanted: string, left: string): string => `
  with wanted as materialized (select distinct w.member_n, w.source_n from (${wanted}) w),
   standing as materialized (select member_n, source_n, suppressed, member_kind from assertion where group_n = $10::int),
   ${ORIGIN}
   made as (
     insert into assertion (group_n, member_n, source_n, origin_n, member_kind)
     select $10::int, w.member_n, w.source_n, (select n from origin_of), 'u' from wanted w
     where not exists (select from standing s where s.member_n = w.member_n and s.source_n = w.source_n)
     order by w.member_n on conflict (group_n, member_n, source_n) do nothing returning member_n),
   lifted as (
     update assertion a set suppressed = false, since = now(), origin_n = (select n from origin_of)
     from wanted w
     where a.group_n = $10::int and a.member_n = w.member_n and a.source_n = w.source_n and a.suppressed
     returning a.member_n),
   ended as (
     delete from assertion a
     where a.group_n = $10::int
       and not exists (select from wanted w where w.member_n = a.member_n and w.source_n = a.source_n)
     returning a.*),
   ${endedMemberships('ended')},
   joined as (
     select distinct $10::int as group_n, m.member_n from (select * from made union all select * from lifted) m
     where not exists (select from standing s where s.member_n = m.member_n and not s.suppressed)),
   gone as (
     select distinct group_n, member_n from ended e
     where not suppressed and not exists (select from wanted w where w.member_n = e.member_n)),
   ${logged} ${left} as left,
          array(select distinct member_n from ended where member_kind = 'g') as unnested`;

const WHO_LEFT = `array(
     select distinct member_n from ended where member_kind = 'u' and member_n in (select member_n from gone))`;

/** What is to be filled, and with whom. */
export interface Filling {
  readonly group: GroupN;
  readonly source: SourceN;
  readonly wanted: Wanted;
  /** Whether users who left are told: reading half a million of them held the whole process for half a second. */
  readonly tellsWhoLeft: boolean;
}

/**
 * Makes those of the query the members of an automatic group, and nobody else. Who stays is not touched: only the
 * difference is written. The group must be locked. The facts lock must be held alone, or whoever is written meanwhile
 * be judged again before the commit (rule-edits.ts).
 */
export async function fillAutomaticGroup(
  tx: Tx,
  author: ChangeAuthor,
  { group, source, wanted, tellsWhoLeft }: Filling,
): Promise<AutomaticOutcome> {
  const binder = newBinder();
  for (const value of [source, ...authorOf(author), group]) binder.bind(value);
  const { text, values } = binder.finish(fill(wanted(binder), tellsWhoLeft ? WHO_LEFT : `'{}'::int[]`));
  return run(tx, { text }, values);
}

/** Nobody. */
export const nobody: Wanted = () => 'select 0 as member_n, 0 as source_n where false';

/** Everybody but stubs (D-13), asserted by `system`; whether they are active is asked when the group is read. */
export function everybodyBy(system: SourceN): Wanted {
  return (binder) => `
    select n as member_n, ${binder.bind(system)}::int as source_n from users where deleted_at is null and not stub`;
}

function authorOf(author: ChangeAuthor): readonly unknown[] {
  const [kind, id, onBehalfOf, , origin, request] = authorColumns(author);
  return [kind, id, onBehalfOf, origin, request, ...originColumns(author.by)];
}

async function run(tx: Tx, statement: Statement, values: readonly unknown[]): Promise<AutomaticOutcome> {
  const { xid, seq, origin, added, removed, left, unnested } = onlyRow(
    await tx.rows<{
      readonly added: number;
      readonly removed: number;
      readonly left: readonly UserN[];
      readonly unnested: readonly GroupN[];
      readonly xid: string | null;
      readonly seq: number | null;
      readonly origin: OriginN | null;
    }>(statement, values),
  );
  return {
    added,
    removed,
    left,
    unnested,
    place: xid === null || seq === null ? null : { xid, seq },
    originN: origin,
  };
}

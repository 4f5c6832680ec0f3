/** Carrying out the planned memberships of a file (pairs.ts): assertions, history, log, and what follows from them. */
import type { GroupN, UserN } from '../../core/ids.ts';
import { authorColumns, type ChangeAuthor, type Place } from '../changes.ts';
import { onlyRow, type Tx } from '../database.ts';
import { endedMemberships, STOOD } from '../history.ts';
import { placeOf } from './names.ts';

/** Members to a log row: an entry that a reader can take whole. */
const MEMBERS_PER_ENTRY = 1_000;

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

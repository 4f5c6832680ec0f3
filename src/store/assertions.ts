/**
 * Assertions: who says that a member belongs to a group (D-01 to D-04). Adding and removing are one statement
 * each, whatever the number of members; the statement also moves the group's version and writes the log, so
 * that a membership change is never there without its entry. The group's row must be locked before.
 */
import type { GroupId, GroupN, OriginN, SourceN, UserId, UserN } from '../core/ids.ts';
import { authorColumns, type ChangeAuthor, originColumns, type Place } from './changes.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';
import { endedMemberships, STOOD } from './history.ts';
import { GIVES_UP, WAITS_AGAIN } from './rule-edits.ts';

export type MemberKind = 'u' | 'g';

/** A member as the store knows it. `n` is a UserN for kind `u`, a GroupN for kind `g`. */
export interface ResolvedMember {
  readonly n: UserN | GroupN;
  readonly id: UserId | GroupId;
  readonly kind: MemberKind;
}

export interface MemberLine {
  readonly n: UserN | GroupN;
  readonly kind: MemberKind;
  /** Line of the file that asserts it; null where there is no file. */
  readonly line: number | null;
}

/** What a membership statement did: `changed` are the members that really joined or left. */
export interface MembershipOutcome {
  readonly changed: readonly (UserN | GroupN)[];
  /** The last of its log rows; null when nothing changed (D-04). */
  readonly place: Place | null;
  /** The origin that was given or made; null when none was needed. */
  readonly originN: OriginN | null;
}

/** Members to a log row: an entry that a reader can take whole. */
const MEMBERS_PER_ENTRY = 1_000;

/*
 * The arrays are parameters inside a sub-select. There PostgreSQL cannot count their elements while it plans, so
 * the plan is as good for all and is kept; otherwise it plans anew at every run, which takes longer than the run.
 */
const resolve = named(
  'member_resolve',
  `select n, id, 'u' as kind from users where id = any((select $1::uuid[])::uuid[]) and deleted_at is null
   union all
   select n, id, 'g' as kind from groups where id = any((select $1::uuid[])::uuid[]) and deleted_at is null`,
);

const INPUT = `input as (
     select * from unnest((select $2::int[]), (select $3::"char"[]), (select $4::int[])) as t(member_n, kind, line))`;

/** A delegation ends with the membership of who holds it (J-18). */
const endDelegations = `
   undelegated as (delete from delegation d using moved m where d.group_n = $1 and d.user_n = m.member_n),`;

const logged = (array: 'added' | 'removed') => `
   bumped as (
     update groups set version = version + 1, modified_at = now()
     where n = $1 and exists (select 1 from moved)),
   numbered as (
     select member_n, line, (row_number() over (order by member_n) - 1) / ${MEMBERS_PER_ENTRY} as entry from moved),
   logged as (
     insert into change (type, group_n, actor_kind, actor_id, on_behalf_of, source_n, origin_n, request_id,
                         ${array}, ${array}_lines)
     select 'membership.direct', $1, $5::text, $6::text, (select n from users where id = $7::uuid), $8::int,
            (select n from origin_of), $10::text,
            array_agg(member_n order by member_n), array_agg(line order by member_n)
     from numbered group by entry order by entry
     returning xid, seq)
   select array(select member_n from moved order by member_n) as changed,
          (select max(xid::text) from logged) as xid, (select max(seq) from logged) as seq,
          (select n from origin_of) as origin`;

/** The origin given, or one made now that the first of its facts is written. */
const originOf = (isNeeded: string) => `
   made_origin as (
     insert into origin (kind, name, sha256) select $11::text, $12::text, $13::text
     where $9::bigint is null and ${isNeeded} returning n),
   origin_of as (select coalesce($9::bigint, (select n from made_origin)) as n),`;

const add = named(
  'assertion_add',
  `with ${INPUT},
   before as (
     select i.member_n, i.kind, i.line, coalesce(bool_or(not a.suppressed), false) as present,
            coalesce(bool_or(a.source_n = $8::int and not a.suppressed), false) as own,
            coalesce(bool_or(a.suppressed), false) as suppressed
     from input i left join assertion a on a.group_n = $1 and a.member_n = i.member_n
     group by i.member_n, i.kind, i.line),
   ${originOf('exists (select 1 from before where not own)')}
   asserted as (
     insert into assertion (group_n, member_n, source_n, line, origin_n, expires_at, member_kind, suppressed)
     select $1, b.member_n, $8::int, b.line, (select n from origin_of), $14::timestamptz, b.kind, false
     from before b where not b.own
     on conflict (group_n, member_n, source_n) do update
       set suppressed = false, line = excluded.line, origin_n = excluded.origin_n, since = now(),
           expires_at = excluded.expires_at),
   lifted as (
     update assertion a set suppressed = false, since = now() from before b
     where b.suppressed and a.group_n = $1 and a.member_n = b.member_n and a.source_n <> $8::int and a.suppressed),
   moved as (select member_n, line from before where not present),
   ${logged('added')}`,
);

const removeExplicit = named(
  'assertion_remove_explicit',
  `with ${INPUT},
   before as (
     select i.member_n, i.line, coalesce(bool_or(not a.suppressed), false) as present
     from input i join assertion a on a.group_n = $1 and a.member_n = i.member_n
     group by i.member_n, i.line),
   ${originOf('exists (select 1 from before where present)')}
   own as (
     delete from assertion a using before b where a.group_n = $1 and a.member_n = b.member_n and a.source_n = $8::int
     returning a.*),
   others as (
     update assertion a set suppressed = true from before b
     where a.group_n = $1 and a.member_n = b.member_n and a.source_n <> $8::int and not a.suppressed
     returning a.*),
   ended as (select * from own union all select ${STOOD} from others),
   ${endedMemberships('ended')},
   moved as (select member_n, line from before where present),
   ${endDelegations}
   ${logged('removed')}`,
);

const removeImplicit = named(
  'assertion_remove_implicit',
  `with ${INPUT},
   before as (
     select i.member_n, i.line, bool_or(not a.suppressed) as present,
            coalesce(bool_or(a.source_n <> $8::int and not a.suppressed), false) as others
     from input i join assertion a on a.group_n = $1 and a.member_n = i.member_n
     group by i.member_n, i.line),
   ${originOf('exists (select 1 from before where present)')}
   own as (
     delete from assertion a using before b where a.group_n = $1 and a.member_n = b.member_n and a.source_n = $8::int
     returning a.*),
   ${endedMemberships('own')},
   moved as (select member_n, line from before where present and not others),
   ${endDelegations}
   ${logged('removed')}`,
);

const directMembers = named(
  'assertion_direct_members',
  `select distinct a.member_n as n, a.member_kind as kind from assertion a
   where a.group_n = $1 and not a.suppressed and ($2::"char" is null or a.member_kind = $2)
   order by a.member_n`,
);

const foreignAsserters = named(
  'assertion_foreign_asserters',
  `select count(distinct a.member_n)::int as members, coalesce(array_agg(distinct s.name), '{}') as sources
   from assertion a join source s on s.n = a.source_n
   where a.group_n = $1 and a.member_n = any($2::int[]) and a.source_n <> $3 and not a.suppressed`,
);

const groupsListing = named(
  'assertion_groups_listing',
  'select distinct group_n as n from assertion where member_n = $1 and not suppressed order by group_n',
);

/** Groups whose members are listed by people, and are seen to change in their version. */
const regularGroupsListing = named(
  'assertion_regular_groups_listing',
  `select distinct a.group_n as n from assertion a join groups g on g.n = a.group_n and g.kind = 'regular'
   where a.member_n = $1 and not a.suppressed order by a.group_n`,
);

const dropMember = named(
  'assertion_drop_member',
  `with ${GIVES_UP},
   ended as (delete from assertion using gives_up where member_n = $1 returning assertion.*),
   ${endedMemberships('ended')}
   select ${WAITS_AGAIN} from (select count(*) from ended) done`,
);

const dropNested = named(
  'assertion_drop_nestings',
  `with ended as (delete from assertion where group_n = $1 and member_kind = 'g' and not suppressed returning *),
   ${endedMemberships('ended')}
   select member_n as n from ended`,
);

/** Live users and groups with those ids, in no order; an id that is neither is left out. */
export async function resolveMembers(
  connection: Connection,
  ids: readonly (UserId | GroupId)[],
): Promise<ResolvedMember[]> {
  return ids.length === 0 ? [] : connection.rows<ResolvedMember>(resolve, [ids]);
}

/** Asserts members explicitly: one that is present gains the source's assertion and nothing else, a suppressed one is lifted (D-02, D-04). */
export async function assertMembers(
  tx: Tx,
  group: GroupN,
  members: readonly MemberLine[],
  author: ChangeAuthor,
  expiresAt: Date | null = null,
): Promise<MembershipOutcome> {
  return run(tx, add, [...parameters(group, members, author), expiresAt]);
}

/** Ends memberships whoever asserted them: the own assertion goes, the others' are suppressed (D-02). */
export async function endMembers(
  tx: Tx,
  group: GroupN,
  members: readonly MemberLine[],
  author: ChangeAuthor,
): Promise<MembershipOutcome> {
  return run(tx, removeExplicit, parameters(group, members, author));
}

/** Withdraws only the source's own assertions; a member that another source asserts stays (D-02). */
export async function retractMembers(
  tx: Tx,
  group: GroupN,
  members: readonly MemberLine[],
  author: ChangeAuthor,
): Promise<MembershipOutcome> {
  return run(tx, removeImplicit, parameters(group, members, author));
}

/** Direct members in the order of their numbers; `kind` null for both. Members whose user is deleted have no rows. */
export async function listDirectMembers(
  connection: Connection,
  group: GroupN,
  kind: MemberKind | null,
): Promise<{ readonly n: UserN | GroupN; readonly kind: MemberKind }[]> {
  return connection.rows(directMembers, [group, kind]);
}

/** Of some members of a group, how many other sources assert, and the names of those sources. */
export async function countForeignMembers(
  connection: Connection,
  group: GroupN,
  { members, source }: { readonly members: readonly number[]; readonly source: SourceN },
): Promise<{ readonly members: number; readonly sources: readonly string[] }> {
  return onlyRow(await connection.rows(foreignAsserters, [group, members, source]));
}

/** Groups that list a user or group directly, in the order of their numbers. */
export async function listGroupsListing(connection: Connection, member: UserN | GroupN): Promise<GroupN[]> {
  return (await connection.rows<{ n: GroupN }>(groupsListing, [member])).map(({ n }) => n);
}

/** Those of them whose members are no automatic ones. */
export async function listRegularGroupsListing(connection: Connection, member: UserN): Promise<GroupN[]> {
  return (await connection.rows<{ n: GroupN }>(regularGroupsListing, [member])).map(({ n }) => n);
}

/** Takes a deleted user or group out of every group that lists it. */
export async function dropMemberships(tx: Tx, member: UserN | GroupN): Promise<void> {
  await tx.rows(dropMember, [member]);
}

/** Takes every group out of a group that is being deleted; answers those that were in it. */
export async function dropNestings(tx: Tx, group: GroupN): Promise<GroupN[]> {
  const rows = await tx.rows<{ n: GroupN }>(dropNested, [group]);
  return [...new Set(rows.map(({ n }) => n))];
}

function parameters(group: GroupN, members: readonly MemberLine[], author: ChangeAuthor): readonly unknown[] {
  return [
    group,
    members.map(({ n }) => n),
    members.map(({ kind }) => kind),
    members.map(({ line }) => line),
    ...authorColumns(author),
    ...originColumns(author.by),
  ];
}

async function run(tx: Tx, statement: typeof add, values: readonly unknown[]): Promise<MembershipOutcome> {
  const row = onlyRow(
    await tx.rows<{
      changed: (UserN | GroupN)[];
      xid: string | null;
      seq: number | null;
      origin: OriginN | null;
    }>(statement, values),
  );
  return {
    changed: row.changed,
    place: row.xid === null || row.seq === null ? null : { xid: row.xid, seq: row.seq },
    originN: row.origin,
  };
}

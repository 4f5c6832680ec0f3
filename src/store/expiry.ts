/** Assertions that end by themselves (D-01, `expiresAt`). */
import type { GroupId, GroupN, SourceN, UserId, UserN } from '../core/ids.ts';
import type { MemberKind, MemberLine } from './assertions.ts';
import { type Connection, named, onlyRow, type Tx } from './database.ts';

/** A group in which assertions of a source are over. */
export interface ExpiredRow {
  readonly group_id: GroupId;
  readonly source: string;
  /** Whether a group is among the members. */
  readonly nests: boolean;
}

const groupsWithExpired = named(
  'expiry_groups',
  `select g.id as group_id, s.name as source, bool_or(a.member_kind = 'g') as nests
   from (select * from assertion where expires_at <= now() order by expires_at limit $1) a
   join groups g on g.n = a.group_n and g.deleted_at is null
   join source s on s.n = a.source_n
   group by g.id, s.name`,
);

const expiredMembers = named(
  'expiry_members',
  `select member_n as n, member_kind as kind, line from assertion
   where group_n = $1 and source_n = $2 and expires_at <= now() order by member_n`,
);

const isAhead = named('expiry_is_ahead', 'select $1::timestamptz > clock_timestamp() as ahead');

const setTimes = named(
  'expiry_set',
  `with stood as (
     select member_n, expires_at from assertion
     where group_n = $1 and member_n = any($2::int[]) and source_n = $3 and not suppressed
       and expires_at is distinct from $4::timestamptz),
   written as (
     update assertion a set expires_at = $4::timestamptz from stood s
     where a.group_n = $1 and a.member_n = s.member_n and a.source_n = $3)
   select s.member_n as n, coalesce(u.id, g.id) as id, case when u.n is null then 'g' else 'u' end as kind,
     s.expires_at as before
   from stood s left join users u on u.n = s.member_n left join groups g on g.n = s.member_n order by s.member_n`,
);

const ofMembership = named(
  'expiry_of_membership',
  `select a.expires_at from assertion a
   join groups g on g.n = a.group_n and g.id = $1 and g.deleted_at is null
   join source s on s.n = a.source_n and s.name = $3
   where a.member_n in (select n from users where id = $2 union all select n from groups where id = $2)
     and not a.suppressed`,
);

/** A membership whose end was moved. */
export interface MovedExpiry {
  readonly n: UserN | GroupN;
  readonly id: UserId | GroupId;
  readonly kind: MemberKind;
  readonly before: Date | null;
}

/** Whether a moment is yet to come, by the clock of the database, which ends memberships. */
export async function isYetToCome(connection: Connection, moment: Date): Promise<boolean> {
  return onlyRow(await connection.rows<{ ahead: boolean }>(isAhead, [moment])).ahead;
}

/** Sets when a source's own assertions of members end; answers those that ended at another time. The group must be locked. */
export async function setExpiry(
  tx: Tx,
  group: GroupN,
  {
    members,
    source,
    expiresAt,
  }: { readonly members: readonly number[]; readonly source: SourceN; readonly expiresAt: Date | null },
): Promise<MovedExpiry[]> {
  return tx.rows<MovedExpiry>(setTimes, [group, members, source, expiresAt]);
}

/** When what a source asserts of a membership ends; null for never, and for nothing asserted. */
export async function expiryOfMembership(
  connection: Connection,
  {
    group,
    member,
    source,
  }: { readonly group: GroupId; readonly member: UserId | GroupId; readonly source: string },
): Promise<Date | null> {
  const [row] = await connection.rows<{ expires_at: Date | null }>(ofMembership, [group, member, source]);
  return row?.expires_at ?? null;
}

/** Groups and sources of the assertions that are over, among the `limit` oldest of them. */
export async function listExpired(connection: Connection, limit: number): Promise<ExpiredRow[]> {
  return connection.rows<ExpiredRow>(groupsWithExpired, [limit]);
}

/** Members of a locked group whose assertion by that source is over. */
export async function expiredMembersOf(tx: Tx, group: GroupN, source: SourceN): Promise<MemberLine[]> {
  return tx.rows<MemberLine>(expiredMembers, [group, source]);
}

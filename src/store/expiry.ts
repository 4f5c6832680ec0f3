/** Assertions that end by themselves (D-01, `expiresAt`). */
import type { GroupId, GroupN, SourceN } from '../core/ids.ts';
import type { MemberLine } from './assertions.ts';
import { type Connection, named, type Tx } from './database.ts';

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

/** Groups and sources of the assertions that are over, among the `limit` oldest of them. */
export async function listExpired(connection: Connection, limit: number): Promise<ExpiredRow[]> {
  return connection.rows<ExpiredRow>(groupsWithExpired, [limit]);
}

/** Members of a locked group whose assertion by that source is over. */
export async function expiredMembersOf(tx: Tx, group: GroupN, source: SourceN): Promise<MemberLine[]> {
  return tx.rows<MemberLine>(expiredMembers, [group, source]);
}

/**
 * What put somebody out of a group: the membership that ended last in it, or in a group below it, and the deactivation
 * of an account that is listed there still, each with the entry of the log that tells of it.
 */
import type { GroupId, GroupN, UserId } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import { findEntry, type HistoryRow } from './history.ts';

export interface Ending {
  readonly what: 'membership' | 'account';
  /** The group that listed the user; null of the account. */
  readonly group: { readonly n: GroupN; readonly id: GroupId; readonly name: string } | null;
  readonly until: Date;
  /** Of the file that took the user out; null where no line did. */
  readonly line: number | null;
  /** Null when the log is not kept that far back. */
  readonly entry: HistoryRow | null;
}

interface EndingRow extends Omit<Ending, 'entry'> {
  readonly seq: number | null;
}

/** What ends does so at the time of its transaction, as the entry does: that finds one by the other. */
const endings = named(
  'screen_endings',
  `with who as (select n, active from users where id = $2 and deleted_at is null),
   place as (select n from groups where id = $1 and deleted_at is null),
   listed as (
     select p.group_n, p.until, who.n as user_n from who cross join place
     join membership_past p on p.member_n = who.n and p.member_kind = 'u'
     join closure c on c.descendant = p.group_n and c.ancestor = place.n
     where not exists (select from assertion a
                       where a.group_n = p.group_n and a.member_n = who.n and not a.suppressed)
     order by p.until desc limit 1),
   off as (
     select p.until, who.n as user_n from who join activity_past p on p.user_n = who.n
     where not who.active and exists (
       select from assertion a join place on true join closure c on c.descendant = a.group_n and c.ancestor = place.n
       where a.member_n = who.n and not a.suppressed)
     order by p.until desc limit 1)
   select 'membership' as what, jsonb_build_object('n', g.n, 'id', g.id, 'name', g.name) as "group", l.until, e.line, e.seq
   from listed l join groups g on g.n = l.group_n
   left join lateral (
     select c.seq, c.removed_lines[array_position(c.removed, l.user_n)] as line from change c
     where c.group_n = l.group_n and c.at = l.until and c.batch is null and c.type = 'membership.direct'
       and l.user_n = any(c.removed) order by c.seq desc limit 1) e on true
   union all
   select 'account', null, o.until, null, e.seq from off o
   left join lateral (
     select c.seq from change c where c.user_n = o.user_n and c.at = o.until and c.batch is null and c.type = 'user.updated'
     order by c.seq desc limit 1) e on true`,
);

/** Of a user who is not in a group; none where neither membership nor account ended, as far back as is known. */
export async function listEndings(
  connection: Connection,
  group: GroupId,
  user: UserId,
): Promise<readonly Ending[]> {
  const rows = await connection.rows<EndingRow>(endings, [group, user]);
  return Promise.all(
    rows.map(async ({ seq, ...ending }) => ({
      ...ending,
      entry: seq === null ? null : await findEntry(connection, seq, null),
    })),
  );
}

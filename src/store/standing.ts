/** How users stand to groups: what joining, leaving and the loss of `groups.request` are decided by. */
import type { RequestKind, Standing } from '../core/joining.ts';
import type { GroupN, UserId, UserN } from '../core/ids.ts';
import { type Connection, named, type Tx } from './database.ts';
import { groupsAbove } from './people.ts';

/** True where user `u` holds `groups.request`, itself or through a group. */
export const mayRequest = (user: string): string => `exists (
  select from permission_grant p where p.permission in ('groups.request', 'admin')
    and (p.holder_n = ${user} or p.holder_n in (${groupsAbove(user)})))`;

export interface StandingRow {
  readonly n: UserN;
  readonly id: UserId;
  readonly active: boolean;
  readonly stub: boolean;
  readonly standing: Standing;
}

/*
 * Locked in a statement of its own, before what it may do is read: whoever takes `groups.request` away locks the
 * user too, so one of the two sees what the other wrote (J-11).
 */
const lock = named(
  'standing_lock',
  'select n, id, active, stub from users where id = $1 and deleted_at is null for share',
);

const standingOf = named(
  'standing_of',
  `select exists (select from assertion a where a.group_n = $2 and a.member_n = $1 and not a.suppressed) as direct,
     exists (select from assertion a join closure c on c.descendant = a.group_n and c.ancestor = $2
             where a.member_n = $1 and not a.suppressed) as member,
     ${mayRequest('$1')} as may_request,
     (select r.kind from join_request r where r.group_n = $2 and r.user_n = $1 and r.state = 'pending') as pending`,
);

const through = named(
  'standing_through',
  `select g.name from assertion a join closure c on c.descendant = a.group_n and c.ancestor = $2
   join groups g on g.n = a.group_n and not g.internal
   where a.member_n = $1 and not a.suppressed group by g.n order by g.name limit 10`,
);

/** How a user stands to a group, the user locked against losing `groups.request` meanwhile; null for nobody. */
export async function lockStanding(tx: Tx, user: UserId, group: GroupN): Promise<StandingRow | null> {
  const [row] = await tx.rows<Omit<StandingRow, 'standing'>>(lock, [user]);
  if (row === undefined) return null;
  const [found] = await tx.rows<{
    direct: boolean;
    member: boolean;
    may_request: boolean;
    pending: RequestKind | null;
  }>(standingOf, [row.n, group]);
  return {
    ...row,
    standing: {
      isDirect: found?.direct ?? false,
      isMember: found?.member ?? false,
      mayRequest: found?.may_request ?? false,
      pending: found?.pending ?? null,
    },
  };
}

/** Names of the groups that list a user and lead to a group; internal ones are not shown to anybody (J-01). */
export async function groupsThrough(
  connection: Connection,
  user: UserN,
  group: GroupN,
): Promise<readonly string[]> {
  return (await connection.rows<{ name: string }>(through, [user, group])).map(({ name }) => name);
}

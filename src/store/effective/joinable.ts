/** Groups that a user may join by itself, or ask to (J-01, J-02, J-09, J-12). */
import type { GroupId, GroupN, UserN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import { mayRequest } from '../standing.ts';
import type { Page } from './membership.ts';

export interface JoinableRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly description: string | null;
  readonly open: boolean;
  readonly public: boolean;
  /** A request of the user waits. */
  readonly pending: boolean;
}

const isMember = `exists (
  select from assertion a join closure c on c.descendant = a.group_n and c.ancestor = g.n
  where a.member_n = $1 and not a.suppressed)`;

const joinable = named(
  'joinable_groups',
  `with asker as materialized (select ${mayRequest('$1::int')} as may_request)
   select g.n, g.id, g.name, g.description, g.open, g.public,
     exists (select from join_request r where r.group_n = g.n and r.user_n = $1 and r.state = 'pending') as pending
   from groups g
   where g.n > $2 and g.deleted_at is null and g.kind = 'regular' and g.reserved_to is null
     and not g.internal and not g.hidden and (g.public or (select may_request from asker))
     and not ${isMember}
   order by g.n limit $3`,
);

/** A member sees its group; who has the link of a group sees it where it may join (J-02, J-09). Internal ones nobody (J-01). */
const visible = named(
  'joinable_by',
  `select g.n from groups g
   where g.n = $2 and g.deleted_at is null and not g.internal
     and (${isMember} or (g.kind = 'regular' and (g.public or ${mayRequest('$1::int')})))`,
);

/** Groups that are shown to a user to join, in the order in which they came to be. */
export async function listJoinable(
  connection: Connection,
  user: UserN,
  { after, limit }: Page,
): Promise<JoinableRow[]> {
  return connection.rows<JoinableRow>(joinable, [user, after, limit]);
}

/** Whether a user may look at a group of which it has the link: its own, and those that it may join. */
export async function isJoinableBy(connection: Connection, group: GroupN, user: UserN): Promise<boolean> {
  return (await connection.rows(visible, [user, group])).length > 0;
}

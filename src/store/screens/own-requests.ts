/** What somebody sees of joining: own groups with what leaving would come to, own requests, groups to join. */
import type { GroupId, GroupN, UserN } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { type Connection, named, onlyRow } from '../database.ts';
import { mayRequest } from '../standing.ts';
import { anyPart } from './like.ts';

export interface JoinableGroupRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly key: string;
  readonly description: string | null;
  readonly open: boolean;
}

const joinable = named(
  'screen_joinable',
  `with asker as materialized (select ${mayRequest('$1::int')} as may_request),
   own as materialized (
     select c.ancestor as n from assertion a join closure c on c.descendant = a.group_n
     where a.member_n = $1 and not a.suppressed)
   select g.n, g.id, g.name, g.name_key as key, g.description,
     g.open and not g.restricted and not exists (
       select from permission_grant p join closure c on c.descendant = g.n and c.ancestor = p.holder_n
       where p.permission <> 'groups.request') as open
   from groups g
   where g.name_key > $3 and ($2::text is null or g.name_key like $2) and g.deleted_at is null
     and g.kind = 'regular' and g.reserved_to is null and not g.internal and not g.hidden
     and (g.public or (select may_request from asker)) and g.n not in (select n from own)
     and not exists (select from join_request r where r.group_n = g.n and r.user_n = $1 and r.state = 'pending')
   order by g.name_key limit $4`,
);

const asks = named('screen_may_request', `select ${mayRequest('$1::int')} as may`);

export interface JoinableSearch {
  readonly text: string;
  /** Folded name of the last group of the page before. */
  readonly after: string;
  readonly limit: number;
}

/** Groups that a user may join or ask to join, by name (J-01, J-02, J-09, J-12). */
export async function searchJoinable(
  connection: Connection,
  user: UserN,
  { text, after, limit }: JoinableSearch,
): Promise<JoinableGroupRow[]> {
  const part = text.trim() === '' ? null : anyPart(foldName(text));
  return connection.rows<JoinableGroupRow>(joinable, [user, part, after, limit]);
}

/** Whether a user holds `groups.request`. */
export async function mayAskToJoin(connection: Connection, user: UserN): Promise<boolean> {
  return onlyRow(await connection.rows<{ may: boolean }>(asks, [user])).may;
}

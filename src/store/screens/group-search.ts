/** Groups as people look for them: by a part of the name, in the order of names. */
import type { GroupId, GroupN } from '../../core/ids.ts';
import { foldName } from '../../core/names.ts';
import { type Connection, named } from '../database.ts';
import type { GroupKind } from '../groups.ts';
import { anyPart } from './like.ts';

export interface GroupSearchRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly key: string;
  readonly kind: GroupKind;
  readonly description: string | null;
  readonly internal: boolean;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly public: boolean;
  readonly restricted: boolean;
  readonly reserved_to: string | null;
  readonly roles: readonly string[];
  /** Requests that wait. */
  readonly pending: number;
}

export interface GroupSearch {
  readonly text: string;
  readonly kind: GroupKind | null;
  /** Only these; null for all. */
  readonly within: readonly GroupN[] | null;
  /** Folded name of the last group of the page before; empty for the first page. */
  readonly after: string;
  readonly limit: number;
}

const search = named(
  'screen_group_search',
  `select g.n, g.id, g.name, g.name_key as key, g.kind, g.description, g.internal, g.hidden, g.open, g.public,
     g.restricted, (select s.name from source s where s.n = g.reserved_to) as reserved_to,
     array(select r.name from group_role h join role r on r.n = h.role_n where h.group_n = g.n order by r.name_key)
       as roles,
     (select count(*)::int from join_request q where q.group_n = g.n and q.state = 'pending') as pending
   from (
     select * from groups f
     where f.deleted_at is null and f.name_key > $3 and ($1::text is null or f.name_key like $1)
       and ($2::text is null or f.kind = $2) and ($5::int[] is null or f.n = any($5))
     order by f.name_key limit $4) g
   order by g.name_key`,
);

/** A page of the groups whose name has that text in it. */
export async function searchGroups(
  connection: Connection,
  { text, kind, within, after, limit }: GroupSearch,
): Promise<GroupSearchRow[]> {
  const part = text.trim() === '' ? null : anyPart(foldName(text));
  return connection.rows<GroupSearchRow>(search, [part, kind, after, limit, within]);
}

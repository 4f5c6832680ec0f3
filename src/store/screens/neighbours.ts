/** The nestings around one group, for a picture of them. */
import type { GroupId, GroupN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';

export interface NeighbourRow {
  readonly n: GroupN;
  readonly id: GroupId;
  readonly name: string;
  readonly kind: string;
  readonly internal: boolean;
}

export interface NestingRow {
  readonly group_n: GroupN;
  readonly member_n: GroupN;
}

const around = named(
  'screen_neighbours',
  `select g.n, g.id, g.name, g.kind, g.internal
   from (select ancestor as n from closure where descendant = $1
         union select descendant from closure where ancestor = $1) c
   join groups g using (n) where g.deleted_at is null
   order by g.n = $1 desc, exists (select from assertion a where a.member_kind = 'g' and not a.suppressed
     and (a.group_n, a.member_n) in ((g.n, $1), ($1, g.n))) desc, g.n limit $2`,
);

const among = named(
  'screen_nestings_among',
  `select distinct a.group_n, a.member_n from assertion a
   where a.group_n = any($1::int[]) and a.member_n = any($1::int[]) and a.member_kind = 'g' and not a.suppressed
   order by a.group_n, a.member_n`,
);

/** The group and those above and below it, the nearest first; at most `limit`. */
export async function listNeighbours(
  connection: Connection,
  group: GroupN,
  limit: number,
): Promise<NeighbourRow[]> {
  return connection.rows<NeighbourRow>(around, [group, limit]);
}

/** Direct nestings among groups. */
export async function nestingsAmong(
  connection: Connection,
  groups: readonly GroupN[],
): Promise<NestingRow[]> {
  return connection.rows<NestingRow>(among, [groups]);
}

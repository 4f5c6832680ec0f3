/** What only one object of a target may bear: its name there (O-09), and the id that the target gave it. */
import type { GroupN } from '../../core/ids.ts';
import { type Connection, named } from '../database.ts';
import type { ObjectKind } from './objects.ts';

const holder = named(
  'target_name_holder',
  `select coalesce(g.name, o.name) as name from target_object o left join groups g on g.n = o.n
   where o.target_n = $1 and o.kind = 'g' and o.name_key = $2 and o.n <> $3`,
);

const idHolder = named(
  'target_id_holder',
  `select coalesce(u.user_name, g.name, o.name, '') as name from target_object o
   left join users u on o.kind = 'u' and u.n = o.n left join groups g on o.kind = 'g' and g.n = o.n
   where o.target_n = $1 and o.kind = $2 and o.remote_id = $3 and o.n <> $4`,
);

const blocked = named(
  'target_blocked_groups',
  `select n from target_object where target_n = $1 and kind = 'g' and state = 'blocked' order by n`,
);

/** Groups that the target refused, or that were kept from it. */
export async function blockedGroups(connection: Connection, target: number): Promise<GroupN[]> {
  return (await connection.rows<{ n: GroupN }>(blocked, [target])).map(({ n }) => n);
}

/** Name of the other user or group of which the target said that it has this id; null when it is nobody's. */
export async function findIdHolder(
  connection: Connection,
  target: number,
  {
    kind,
    remoteId,
    besides,
  }: { readonly kind: ObjectKind; readonly remoteId: string; readonly besides: number },
): Promise<string | null> {
  const [row] = await connection.rows<{ name: string }>(idHolder, [target, kind, remoteId, besides]);
  return row?.name ?? null;
}

/** Name in the directory of the group that holds a name at the target; null when it is free. */
export async function findNameHolder(
  connection: Connection,
  target: number,
  { nameKey, besides }: { readonly nameKey: string; readonly besides: number },
): Promise<string | null> {
  const [row] = await connection.rows<{ name: string }>(holder, [target, nameKey, besides]);
  return row?.name ?? null;
}

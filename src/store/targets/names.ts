/** Names reserved at a target (O-09). */
import { type Connection, named } from '../database.ts';

const holder = named(
  'target_name_holder',
  `select coalesce(g.name, o.name) as name from target_object o left join groups g on g.n = o.n
   where o.target_n = $1 and o.kind = 'g' and o.name_key = $2 and o.n <> $3`,
);

/** Name in the directory of the group that holds a name at the target; null when it is free. */
export async function findNameHolder(
  connection: Connection,
  target: number,
  { nameKey, besides }: { readonly nameKey: string; readonly besides: number },
): Promise<string | null> {
  const [row] = await connection.rows<{ name: string }>(holder, [target, nameKey, besides]);
  return row?.name ?? null;
}

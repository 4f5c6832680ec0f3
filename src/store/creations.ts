/** Who made what, as the log has it. */
import type { GroupN, UserN } from '../core/ids.ts';
import { type Connection, named } from './database.ts';

/** Clients, and the files or commands, by which something was made. */
export interface Makers {
  readonly clients: readonly string[];
  readonly origins: readonly string[];
}

const nodes = named(
  'creations_of_nodes',
  `select coalesce(c.group_n, c.user_n) as n
   from change c left join origin o on o.n = c.origin_n
   where (c.group_n = any($1) or c.user_n = any($1))
     and c.type in ('group.created', 'user.created', 'user.stubbed')
     and (c.actor_kind = 'client' and c.actor_id = any($2) or o.name = any($3))`,
);

const things = named(
  'creations_of_things',
  `select made.name
   from (select distinct on (c.after ->> 'name') c.after ->> 'name' as name, c.actor_kind, c.actor_id, c.origin_n
         from change c
         where c.type = $1 and c.after ->> 'name' = any($2)
         order by c.after ->> 'name', c.xid desc, c.seq desc) made
   left join origin o on o.n = made.origin_n
   where made.actor_kind = 'client' and made.actor_id = any($3) or o.name = any($4)`,
);

/** Those of some groups and users that the makers made. */
export async function nodesMadeBy(
  connection: Connection,
  among: readonly (GroupN | UserN)[],
  { clients, origins }: Makers,
): Promise<ReadonlySet<number>> {
  const rows = await connection.rows<{ readonly n: number }>(nodes, [among, clients, origins]);
  return new Set(rows.map(({ n }) => n));
}

/** Names, among some, of clients or targets whose newest of that name the makers made. */
export async function namesMadeBy(
  connection: Connection,
  type: 'client.created' | 'target.created',
  { names, makers }: { readonly names: readonly string[]; readonly makers: Makers },
): Promise<ReadonlySet<string>> {
  const values = [type, names, makers.clients, makers.origins];
  const rows = await connection.rows<{ readonly name: string }>(things, values);
  return new Set(rows.map(({ name }) => name));
}

/** What of a target is to be done: for whoever does it, and for people who want to see it. */
import { type Connection, named, onlyRow, type Tx } from '../database.ts';
import { objectColumns, type ObjectKind, type ObjectRow } from './objects.ts';

/** Objects that may be worked on now; a group's members only once the group is there. */
const dueObjects = named(
  'target_due_objects',
  `select ${objectColumns} from target_object o
   where o.target_n = $1 and o.kind = $2 and o.state in ('due', 'observing', 'backing-off')
     and (o.due_at is null or o.due_at <= now())
     and (o.kind <> 'm' or exists (
       select from target_object g where g.target_n = $1 and g.kind = 'g' and g.n = o.n and g.remote_id is not null))
   order by o.due_at nulls first, o.n limit $3
   for update of o skip locked`,
);

const dueKinds = named(
  'target_due_kinds',
  `select array(
       select k.kind::text from (values ('u'::"char"), ('g'::"char"), ('m'::"char")) as k(kind)
       where exists (select from target_object o
         where o.target_n = $1 and o.kind = k.kind and o.state in ('due', 'observing', 'backing-off')
           and (o.due_at is null or o.due_at <= now()))) as kinds,
     (select count(*)::int from (
        select from target_object where target_n = $1 and state in ('due', 'backing-off') limit $2) d) as count`,
);

const listDue = named(
  'target_list_due',
  `select case
       when not o.wanted and o.kind = 'u' and o.held = 'a' then 'deactivate'
       when not o.wanted then 'delete'
       when o.remote_id is null then 'create'
       else 'update' end as operation,
     coalesce(u.user_name, g.name, o.name, o.n::text) as what
   from target_object o
   left join users u on o.kind = 'u' and u.n = o.n
   left join groups g on o.kind = 'g' and g.n = o.n
   where o.target_n = $1 and o.kind <> 'm' and o.state in ('due', 'observing', 'backing-off', 'sending', 'resending')
   order by case o.kind when 'u' then 1 else 2 end, o.n limit $2`,
);

const nextDue = named(
  'target_next_due',
  `select min(o.due_at) as at from target_object o
   where o.target_n = $1 and o.due_at > now()
     and o.state in ('due', 'observing', 'backing-off', 'sending', 'resending')`,
);

/** Up to `limit` objects that may be worked on, those due longest first; locked until the transaction ends. */
export function takeDue(
  tx: Tx,
  target: number,
  { kind, limit }: { kind: ObjectKind; limit: number },
): Promise<ObjectRow[]> {
  return tx.rows<ObjectRow>(dueObjects, [target, kind, limit]);
}

/** What may be worked on now. */
export interface Due {
  readonly kinds: ReadonlySet<ObjectKind>;
  /** How many operations wait, counted up to a most. */
  readonly count: number;
}

/** Kinds of which something may be worked on now, and how many operations wait, counted up to `most`. */
export async function readDue(connection: Connection, target: number, most: number): Promise<Due> {
  const { kinds, count } = onlyRow(
    await connection.rows<{ kinds: ObjectKind[]; count: number }>(dueKinds, [target, most]),
  );
  return { kinds: new Set(kinds), count };
}

/** Users and groups of which something is to be done at a target, in the order it would be, for people to read. */
export function listDueObjects(
  connection: Connection,
  target: number,
  limit: number,
): Promise<{ readonly operation: string; readonly what: string }[]> {
  return connection.rows(listDue, [target, limit]);
}

/** When the next object that waits for its time is due; null when none does. */
export async function nextDueAt(connection: Connection, target: number): Promise<Date | null> {
  return (await connection.rows<{ at: Date | null }>(nextDue, [target]))[0]?.at ?? null;
}

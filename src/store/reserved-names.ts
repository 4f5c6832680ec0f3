/** The list of names that no group may take (D-05). */
import { type Connection, named, onlyRow, type Tx } from './database.ts';

export interface ReservedNameRow {
  readonly name: string;
  readonly reason: string;
  readonly reserved_at: Date;
}

const columns = 'name, reason, reserved_at';

const byKey = named('reserved_name_by_key', `select ${columns} from reserved_name where name_key = $1`);

const all = named('reserved_name_all', `select ${columns} from reserved_name order by name_key`);

const upsert = named(
  'reserved_name_upsert',
  `insert into reserved_name (name_key, name, reason) values ($1, $2, $3)
   on conflict (name_key) do update set name = excluded.name, reason = excluded.reason returning ${columns}`,
);

const remove = named(
  'reserved_name_delete',
  `delete from reserved_name where name_key = $1 returning ${columns}`,
);

/** The entry of a folded name. */
export async function findReservedName(
  connection: Connection,
  nameKey: string,
): Promise<ReservedNameRow | null> {
  return (await connection.rows<ReservedNameRow>(byKey, [nameKey]))[0] ?? null;
}

/** The whole list, by name. */
export async function listReservedNames(connection: Connection): Promise<ReservedNameRow[]> {
  return connection.rows<ReservedNameRow>(all);
}

/** Adds a name to the list, or changes its entry. */
export async function upsertReservedName(
  tx: Tx,
  entry: { readonly nameKey: string; readonly name: string; readonly reason: string },
): Promise<ReservedNameRow> {
  return onlyRow(await tx.rows<ReservedNameRow>(upsert, [entry.nameKey, entry.name, entry.reason]));
}

/** Takes a name off the list; null when it is not on it. */
export async function deleteReservedName(tx: Tx, nameKey: string): Promise<ReservedNameRow | null> {
  return (await tx.rows<ReservedNameRow>(remove, [nameKey]))[0] ?? null;
}

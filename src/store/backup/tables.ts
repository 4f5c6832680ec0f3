/** What a database of ours consists of: every table but those of the migrations, whatever version made them. */
import { onlyRow, type Connection } from '../database.ts';

export interface BackedTable {
  readonly name: string;
  readonly columns: readonly string[];
}

const tables = `
  select c.oid::int as oid, c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = current_schema()::regnamespace
    and c.relname !~ '^knex_'
  group by c.oid, c.relname order by c.relname`;

const references = `
  select conrelid::int as "from", confrelid::int as "to" from pg_constraint
  where contype = 'f' and conrelid <> confrelid`;

const sequences = `
  select sequencename as name, coalesce(last_value, start_value)::text as value, last_value is not null as "isCalled"
  from pg_sequences where schemaname = current_schema() and sequencename !~ '^knex_' order by 1`;

const migrations = `select regexp_replace(name, '\\.(ts|js)$', '') as name from knex_migrations order by id`;

/** Every table after those that it refers to. */
export async function listTables(connection: Connection): Promise<BackedTable[]> {
  const all = await connection.rows<BackedTable & { oid: number }>({ text: tables });
  const refers = await connection.rows<{ from: number; to: number }>({ text: references });
  const placed = new Map<number, BackedTable>();
  const place = (oid: number): void => {
    const found = all.find((one) => one.oid === oid);
    if (found === undefined || placed.has(oid)) return;
    for (const { to } of refers.filter(({ from }) => from === oid)) place(to);
    placed.set(oid, { name: found.name, columns: found.columns });
  };
  for (const { oid } of all) place(oid);
  return [...placed.values()];
}

export interface SequencePlace {
  readonly name: string;
  readonly value: string;
  readonly isCalled: boolean;
}

/** Where the sequences have come to: not of a snapshot, so that what was drawn before is behind them. */
export async function listSequences(connection: Connection): Promise<SequencePlace[]> {
  return connection.rows<SequencePlace>({ text: sequences });
}

/** Migrations that the database has, in order. */
export async function listMigrations(connection: Connection): Promise<string[]> {
  return (await connection.rows<{ name: string }>({ text: migrations })).map(({ name }) => name);
}

/** Tables that a database has rows in once anybody has done anything with it. */
const FILLED = ['users', 'groups', 'change', 'client', 'import_run', 'target', 'idp', 'plan'];

/** Whether nothing was done in the database yet. */
export async function isUntouched(connection: Connection): Promise<boolean> {
  // An older version may have none of a name.
  const there = (await listTables(connection))
    .map(({ name }) => name)
    .filter((name) => FILLED.includes(name));
  const text = `select not (false ${there.map((name) => `or exists (select from "${name}")`).join(' ')}) as untouched`;
  return onlyRow(await connection.rows<{ untouched: boolean }>({ text })).untouched;
}

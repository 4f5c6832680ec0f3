/** PostgreSQL through `pg`, the one place outside src/store that uses the driver: this database is not ours. */
import pg from 'pg';
import { CheckedSocket, type SocketSettings, verifiedTls } from '../../outgoing/socket.ts';
import type { Column, Dialect, Driver, Kind, Query, Session, TableFacts } from './dialect.ts';
import type { SqlCredentials, SqlSettings } from './settings.ts';
import { joined, sql, type Sql, textOf, verbatim } from './sql.ts';

const PORT = 5432;

export function openPostgresql(settings: SqlSettings, { password }: SqlCredentials): Driver {
  const { host, port = PORT, user, database, concurrency, timeoutSeconds } = settings;
  const sockets: SocketSettings = settings;
  const pool = new pg.Pool({
    host,
    port,
    user,
    database,
    ...(password === undefined ? {} : { password }),
    max: concurrency,
    connectionTimeoutMillis: timeoutSeconds * 1_000,
    application_name: 'muster',
    stream: () => new CheckedSocket(sockets),
    ssl: settings.tls === 'verify' ? verifiedTls(host, sockets) : false,
  });
  const ignore = (): void => undefined;
  // An idle connection that ends is replaced by the next request, which tells if there is none to be had.
  pool.on('error', ignore);
  // One that ends while it is in hand, or on its way there, fails the request under way by itself.
  pool.on('connect', (client) => client.on('error', ignore));
  return {
    dialect: postgresql,
    acquire: async () => sessionOf(await pool.connect()),
    close: () => pool.end(),
    stateOf: (error) =>
      error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
        ? error.code
        : null,
  };
}

function sessionOf(client: pg.PoolClient): Session {
  const query: Query = async (statement) => {
    const text = textOf(statement, (nth) => `$${nth}`);
    const { rows, rowCount } = await client.query<Record<string, string | null>>(text, [...statement.values]);
    return { rows, changed: rowCount ?? 0 };
  };
  return {
    query,
    release: () => client.release(),
    destroy: () => client.release(true),
  };
}

const INTEGERS = ['smallint', 'integer', 'bigint'];

const postgresql: Dialect = {
  quote: (name) => verbatim(name.split('.').map(pg.escapeIdentifier).join('.')),
  facts,
  asText: (column) => sql`${column.sql}::text`,
  given,
  is: (column, value) => sql`${column.sql} = ${given(column, value)}`,
  isOneOf: (column, values) => sql`${column.sql} = any(${arrayOf(column, values)})`,
  differs: (column, value) => sql`${column.sql} is distinct from ${given(column, value)}`,
  insertMissing: (table, columns, rows) => {
    const names = joined(
      columns.map((column) => column.sql),
      verbatim(', '),
    );
    const arrays = columns.map((column, at) =>
      arrayOf(
        column,
        rows.map((row) => row[at] ?? ''),
      ),
    );
    return sql`insert into ${table} (${names}) select * from unnest(${joined(arrays, verbatim(', '))}) on conflict do nothing`;
  },
  begin: (ms) => [
    sql`begin`,
    verbatim(`set local statement_timeout = ${Math.ceil(ms)}`),
    verbatim(`set local idle_in_transaction_session_timeout = ${Math.ceil(ms)}`),
  ],
};

function given(column: Column, value: string | null): Sql {
  return sql`${value}::${verbatim(column.type)}`;
}

function arrayOf(column: Column, values: readonly string[]): Sql {
  return sql`${values}::${verbatim(column.type)}[]`;
}

async function facts(query: Query, table: string): Promise<TableFacts> {
  const [named = ''] = postgresql.quote(table).texts;
  // -1 and not null: without a length, bpchar is not cut to one letter when something is cast to it.
  const columns = await query(
    sql`select attname::text as name, format_type(atttypid, -1) as type from pg_attribute
        where attrelid = ${named}::regclass and attnum > 0 and not attisdropped`,
  );
  const keys = await query(
    sql`select string_agg(a.attname::text, chr(10)) as columns
        from pg_index i
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any((i.indkey::int2[])[0:i.indnkeyatts - 1])
        where i.indrelid = ${named}::regclass and i.indisunique and i.indisvalid
          and i.indpred is null and i.indexprs is null
        group by i.indexrelid`,
  );
  return {
    columns: new Map(
      columns.rows.map(({ name, type }) => [
        name ?? '',
        { type: type ?? 'text', kind: kindOf(type ?? 'text') },
      ]),
    ),
    uniqueKeys: keys.rows.map((row) => (row.columns ?? '').split('\n')),
  };
}

function kindOf(type: string): Kind {
  if (INTEGERS.includes(type)) return 'integer';
  return type === 'uuid' ? 'uuid' : 'any';
}

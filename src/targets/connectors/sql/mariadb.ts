/**
 * MariaDB (and MySQL) through `mysql2`. Two habits of these servers are worked around: they take texts for equal
 * that differ in case, accents or trailing spaces, and they read a number out of the beginning of a text; so
 * values are compared by their bytes besides.
 */
import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { CheckedSocket, type SocketSettings } from '../../outgoing/socket.ts';
import type { Column, Dialect, Driver, Kind, Query, Session, TableFacts } from './dialect.ts';
import type { SqlCredentials, SqlSettings } from './settings.ts';
import { joined, sql, type Sql, textOf, verbatim } from './sql.ts';

const PORT = 3306;

/** A pool of connections. The driver is loaded with the first of them: most installations have no such target. */
export function openMariadb(settings: SqlSettings, credentials: SqlCredentials): Driver {
  let pool: Promise<Pool> | null = null;
  return {
    dialect: mariadb,
    acquire: async () => {
      pool ??= poolOf(settings, credentials);
      return sessionOf(await (await pool).getConnection());
    },
    close: async () => {
      await (await pool)?.end();
    },
    stateOf: (error) =>
      error instanceof Error &&
      'sqlState' in error &&
      typeof error.sqlState === 'string' &&
      error.sqlState !== ''
        ? error.sqlState
        : null,
  };
}

async function poolOf(settings: SqlSettings, { password }: SqlCredentials): Promise<Pool> {
  const { createPool } = await import('mysql2/promise');
  const { host, port = PORT, user, database, ca, concurrency, timeoutSeconds } = settings;
  const sockets: SocketSettings = settings;
  return createPool({
    host,
    port,
    user,
    database,
    ...(password === undefined ? {} : { password }),
    connectionLimit: concurrency,
    connectTimeout: timeoutSeconds * 1_000,
    charset: 'utf8mb4_bin',
    // Statements differ in the number of their values: few are worth keeping.
    maxPreparedStatements: 64,
    stream: () => new CheckedSocket(sockets).connect(port, host),
    ...(settings.tls === 'verify'
      ? { ssl: { rejectUnauthorized: true, verifyIdentity: true, ...(ca === undefined ? {} : { ca }) } }
      : {}),
  });
}

function sessionOf(connection: PoolConnection): Session {
  const query: Query = async (statement) => {
    const text = textOf(statement, () => '?');
    // Statements without values (begin, commit) are not of those that can be prepared everywhere.
    const [result] =
      statement.values.length === 0
        ? await connection.query<RowDataPacket[] | ResultSetHeader>(text)
        : await connection.execute<RowDataPacket[] | ResultSetHeader>(text, [
            ...statement.values,
          ] as string[]);
    return Array.isArray(result) ? { rows: result, changed: 0 } : { rows: [], changed: result.affectedRows };
  };
  return { query, release: () => connection.release(), destroy: () => connection.destroy() };
}

const mariadb: Dialect = {
  quote,
  facts,
  asText,
  given: (_column, value) => sql`${value}`,
  is: (column, value) => sql`(${column.sql} = ${value} and ${bytesOf(column)} = ${value})`,
  isOneOf: (column, values) =>
    sql`(${column.sql} in ${listOf(values)} and ${bytesOf(column)} in ${listOf(values)})`,
  differs: (column, value) => sql`not (${bytesOf(column)} <=> ${value})`,
  insertMissing: (table, columns, rows) => {
    const [first = verbatim('')] = columns.map((column) => column.sql);
    const names = joined(
      columns.map((column) => column.sql),
      verbatim(', '),
    );
    const values = joined(rows.map(listOf), verbatim(', '));
    return sql`insert into ${table} (${names}) values ${values} on duplicate key update ${first} = ${table}.${first}`;
  },
  begin: (ms) => {
    const seconds = Math.max(1, Math.ceil(ms / 1_000));
    return [
      // Strict, or a value that does not fit is cut or made another one. MariaDB alone ends a transaction that
      // nobody goes on with; a lost connection would hold its locks for hours.
      verbatim(
        `set session sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = ${seconds}` +
          ` /*M!100300 , idle_transaction_timeout = ${seconds} */`,
      ),
      sql`start transaction`,
    ];
  },
};

function quote(name: string): Sql {
  return verbatim(
    name
      .split('.')
      .map((part) => `\`${part.replaceAll('`', '``')}\``)
      .join('.'),
  );
}

function asText(column: Column): Sql {
  return sql`cast(${column.sql} as char character set utf8mb4)`;
}

function bytesOf(column: Column): Sql {
  return sql`cast(${asText(column)} as binary)`;
}

function listOf(values: readonly string[]): Sql {
  return sql`(${joined(
    values.map((value) => sql`${value}`),
    verbatim(', '),
  )})`;
}

async function facts(query: Query, table: string): Promise<TableFacts> {
  const [name = '', schema = null] = table.split('.').toReversed();
  const where = sql`table_schema = coalesce(${schema}, database()) and table_name = ${name}`;
  const columns = await query(
    sql`select column_name as name, data_type as type from information_schema.columns where ${where}`,
  );
  const keys = await query(
    sql`select group_concat(column_name separator '\n') as columns from information_schema.statistics
        where ${where} and non_unique = 0 group by index_name`,
  );
  return {
    columns: new Map(
      columns.rows.map(({ name: column, type }) => [
        column ?? '',
        { type: type ?? '', kind: kindOf(type ?? '') },
      ]),
    ),
    uniqueKeys: keys.rows.map((row) => (row.columns ?? '').split('\n')),
  };
}

function kindOf(type: string): Kind {
  if (/^(tiny|small|medium|big)?int$/i.test(type)) return 'integer';
  return type.toLowerCase() === 'uuid' ? 'uuid' : 'any';
}

/**
 * The connection to PostgreSQL. knex holds the pool; statements run on its connections as visible SQL, the hot
 * ones *named* so that the server plans them once (0.9 of raw http + pg, through a query builder 0.4).
 */
import knexFactory, { type Knex } from 'knex';
import pg from 'pg';

/** A statement with a name is prepared once per connection; one without is planned at every run. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Something that runs statements: the pool, each on its own, or one transaction. */
export interface Connection {
  /** Rows of a statement. `Row` is the caller's promise of the select list's shape. */
  rows<Row extends object>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction: everything run on it commits or does not, together. */
export interface Tx extends Connection {
  readonly inTransaction: true;
  /** The driver's own client, for COPY streams and cursors. */
  readonly client: pg.PoolClient;
}

export interface TransactionMode {
  readonly isolation?: 'read committed' | 'repeatable read';
  readonly readOnly?: boolean;
}

export interface Database extends Connection {
  readonly knex: Knex;
  /** Runs `work` in one transaction; runs it again when PostgreSQL undid it for a deadlock or a serialization failure, so `work` must have no other effects. */
  transaction<T>(work: (tx: Tx) => Promise<T>, mode?: TransactionMode): Promise<T>;
  /** Connections in use and idle, and how many wait for one. */
  load(): PoolLoad;
  close(): Promise<void>;
}

type PoolLoad = Readonly<Record<'used' | 'idle' | 'waiting', number>>;

export interface DatabaseOptions {
  readonly url: string;
  /** Largest number of connections at once. */
  readonly poolSize: number;
  /** How long a statement waits for one of them. */
  readonly patienceMs?: number;
  readonly applicationName: string;
}

/** Names a statement. The name must be unique in the program: PostgreSQL knows a prepared statement by it. */
export function named(name: string, text: string): Statement {
  return { name, text };
}

const INT8 = 20;
const parseInt8 = (text: string): number => Number(text);
const types: { getTypeParser(oid: number, format?: string): (text: string) => unknown } = {
  getTypeParser(oid, format) {
    if (oid === INT8) return parseInt8;
    const driver: typeof types = pg.types;
    return driver.getTypeParser(oid, format);
  },
};

/** Undone by PostgreSQL, safe to run again: serialization failure, deadlock. */
const RUN_AGAIN = new Set(['40001', '40P01']);
/** A pooler gave the prepared statement to another session: invalid statement name, duplicate one. */
const PREPARED_LOST = new Set(['26000', '42P05']);
const MAX_RUNS = 8;

/** Opens a pool. Nothing is connected until the first statement. */
export function openDatabase({
  url,
  poolSize,
  applicationName,
  patienceMs = 10_000,
}: DatabaseOptions): Database {
  const knex = knexFactory({
    client: 'pg',
    connection: { connectionString: url, application_name: applicationName, types, keepAlive: true },
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: patienceMs,
    // What it warns of is thrown as well, and is logged in our own form where it ends.
    log: { warn: () => undefined },
  });
  const pool = poolOf(knex);
  let prepares = true;

  const run = async <Row extends object>(
    client: pg.PoolClient,
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> => {
    try {
      const config = { text: statement.text, values: [...values] };
      const result = await client.query<Row>(
        prepares && statement.name !== undefined ? { ...config, name: statement.name } : config,
      );
      return result.rows;
    } catch (error) {
      if (isUnusable(error)) pool.discard(client, error);
      throw error;
    }
  };

  const withClient = async <T>(use: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.acquire();
    try {
      return await use(client);
    } finally {
      await pool.release(client);
    }
  };

  const inTransaction = (client: pg.PoolClient): Tx => ({
    inTransaction: true,
    client,
    rows: (statement, values) => run(client, statement, values),
  });

  const once = <T>(work: (tx: Tx) => Promise<T>, mode: TransactionMode): Promise<T> =>
    withClient(async (client) => {
      await run(client, { text: beginText(mode) });
      try {
        const result = await work(inTransaction(client));
        await run(client, { text: 'commit' });
        return result;
      } catch (error) {
        await run(client, { text: 'rollback' }).catch((fault: unknown) => pool.discard(client, fault));
        throw error;
      }
    });

  const again = async <T>(attempt: () => Promise<T>, isSafe: (code: string) => boolean): Promise<T> => {
    for (let runs = 1; ; runs += 1) {
      try {
        return await attempt();
      } catch (error) {
        const code = sqlState(error);
        if (code !== null && PREPARED_LOST.has(code)) prepares = false;
        if (code === null || !isSafe(code) || runs >= MAX_RUNS) throw error;
      }
    }
  };

  return {
    knex,
    rows: (statement, values) =>
      again(
        () => withClient((client) => run(client, statement, values)),
        (code) => PREPARED_LOST.has(code),
      ),
    transaction: (work, mode = {}) =>
      again(
        () => once(work, mode),
        (code) => RUN_AGAIN.has(code) || PREPARED_LOST.has(code),
      ),
    load: () => pool.load(),
    close: () => knex.destroy(),
  };
}

/** The only row of a statement that always gives one. */
export function onlyRow<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length !== 1) throw new Error(`Expected one row, got ${rows.length}.`);
  return row;
}

/** SQLSTATE of an error of PostgreSQL; null for any other. */
export function sqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.code !== undefined ? error.code : null;
}

/** Name of the constraint that an error of PostgreSQL is about; null for any other error. */
export function violatedConstraint(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.constraint !== undefined ? error.constraint : null;
}

/** SQLSTATEs of a server that takes no connection now: it has too many, it is starting up or going down. */
const TAKES_NONE = new Set(['53300', '57P03']);

/**
 * True for an error of a statement that never began: all connections were in use for too long, or none could be made.
 * Nothing came of it, and it may go well a little later. Asks for properties, for errors of Node's own net module are
 * of another class in a test's sandbox; a name with several addresses, of which none answers, fails with one error for
 * all of them.
 */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('name' in error && error.name === 'KnexTimeoutError') return true;
  if ('syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo')) return true;
  if ('errors' in error && Array.isArray(error.errors))
    return error.errors.length > 0 && error.errors.every(isUnavailable);
  return TAKES_NONE.has(sqlState(error) ?? '');
}

function beginText({ isolation = 'read committed', readOnly = false }: TransactionMode): string {
  return `begin isolation level ${isolation}${readOnly ? ' read only' : ''}`;
}

/** True when the connection is of no more use: the server is gone, going, or no longer the primary. */
function isUnusable(error: unknown): boolean {
  const code = sqlState(error);
  if (code === null) return !(error instanceof pg.DatabaseError);
  return (
    code.startsWith('08') || code === '57P01' || code === '57P02' || code === '57P03' || code === '25006'
  );
}

interface ClientPool {
  acquire(): Promise<pg.PoolClient>;
  release(client: pg.PoolClient): Promise<void>;
  /** Marks a client so that the pool closes it instead of handing it out again. */
  discard(client: pg.PoolClient, why: unknown): void;
  load(): PoolLoad;
}

/** knex's own pool of driver clients, typed; its types leave `client` open. */
function poolOf(knex: Knex): ClientPool {
  const client = knex.client as {
    readonly pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number };
    acquireConnection(): Promise<pg.PoolClient>;
    releaseConnection(connection: pg.PoolClient): Promise<void>;
  };
  return {
    acquire: () => client.acquireConnection(),
    release: (connection) => client.releaseConnection(connection),
    load: () => ({
      used: client.pool.numUsed(),
      idle: client.pool.numFree(),
      waiting: client.pool.numPendingAcquires(),
    }),
    discard: (connection, why) => {
      Object.assign(connection, { __knex__disposed: why ?? true });
    },
  };
}

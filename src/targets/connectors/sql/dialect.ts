/** What the databases do differently, as pieces of SQL and as sessions. */
import type { Sql } from './sql.ts';

/** What a text must look like to be a value of a column at all. */
export type Kind = 'integer' | 'uuid' | 'any';

export interface Column {
  readonly name: string;
  /** Quoted. */
  readonly sql: Sql;
  /** As the database's catalog writes it. */
  readonly type: string;
  readonly kind: Kind;
}

/** A table as the catalog has it. */
export interface TableFacts {
  /** Name -> type and kind. */
  readonly columns: ReadonlyMap<string, Pick<Column, 'type' | 'kind'>>;
  /** Columns of each unique key. */
  readonly uniqueKeys: readonly (readonly string[])[];
}

export interface SqlResult {
  /** Everything as text. */
  readonly rows: readonly Readonly<Record<string, string | null>>[];
  /** Rows inserted, changed or deleted. */
  readonly changed: number;
}

export type Query = (statement: Sql) => Promise<SqlResult>;

export interface Dialect {
  /** A name of one or two parts (`schema.table`), quoted. */
  quote(name: string): Sql;
  facts(query: Query, table: string): Promise<TableFacts>;
  /** The column as text. */
  asText(column: Column): Sql;
  /** A value as one of that column. */
  given(column: Column, value: string | null): Sql;
  /** True where the column is exactly that value, whatever the database takes for equal. */
  is(column: Column, value: string): Sql;
  isOneOf(column: Column, values: readonly string[]): Sql;
  /** True where the column is not that value; null is a value. */
  differs(column: Column, value: string | null): Sql;
  /** Adds rows; one whose unique key is there already is passed over. */
  insertMissing(table: Sql, columns: readonly Column[], rows: readonly (readonly string[])[]): Sql;
  /** Sent at the beginning of each transaction, `ms` being its whole time. */
  begin(ms: number): readonly Sql[];
}

/** One connection in hand. */
export interface Session {
  readonly query: Query;
  /** Gives it back for the next one. */
  release(): void;
  /** Gives it up: nobody may use it any more, and what it began is undone. */
  destroy(): void;
}

export interface Driver {
  readonly dialect: Dialect;
  acquire(): Promise<Session>;
  close(): Promise<void>;
  /** The five letters of SQLSTATE when the database answered with an error; null when it did not answer. */
  stateOf(error: unknown): string | null;
}

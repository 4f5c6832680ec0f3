/** The tables of the settings with what the catalog says of their columns, and whether they are fit for us. */
import { isUuid } from '../../../core/ids.ts';
import type { Column, Dialect, Query, TableFacts } from './dialect.ts';
import { RolledBack } from './failure.ts';
import type { GroupsTable, SqlSettings, UsersTable } from './settings.ts';
import type { Sql } from './sql.ts';

/** A table whose rows are users or groups. */
export interface ObjectTable {
  readonly table: Sql;
  readonly key: Column;
  readonly id: Column | null;
  readonly name: Column;
  readonly active: { readonly column: Column; readonly on: string; readonly off: string } | null;
  /** Further columns with what of the user stands there. */
  readonly columns: readonly { readonly column: Column; readonly path: string }[];
}

export interface Tables {
  readonly memberships: {
    readonly table: Sql;
    readonly group: Column;
    readonly user: Column;
    readonly source: { readonly column: Column; readonly value: string } | null;
  };
  readonly users: ObjectTable | null;
  readonly groups: ObjectTable | null;
}

/**
 * Reads what the catalog says. A missing table or column, and a membership table without a unique key over group
 * and user, are refused as `down`: nothing can be done there, whatever the object, until a person mends it.
 */
export async function readTables(query: Query, dialect: Dialect, settings: SqlSettings): Promise<Tables> {
  const { memberships, users, groups } = settings;
  const { columnOf, uniqueKeys } = await inspect(query, dialect, memberships.table);
  const source =
    memberships.source === null
      ? null
      : { ...memberships.source, column: columnOf(memberships.source.column) };
  const tables = {
    memberships: {
      table: dialect.quote(memberships.table),
      group: columnOf(memberships.group),
      user: columnOf(memberships.user),
      source,
    },
    users: users === null ? null : await readObjectTable(query, dialect, users),
    groups: groups === null ? null : await readObjectTable(query, dialect, groups),
  };
  requireUniqueKey(settings, uniqueKeys);
  return tables;
}

/** True where a text can be a value of the column at all; another is nobody's key. */
export function fits({ kind }: Column, value: string): boolean {
  if (kind === 'uuid') return isUuid(value);
  return kind === 'any' || /^-?\d{1,18}$/.test(value);
}

async function readObjectTable(
  query: Query,
  dialect: Dialect,
  given: UsersTable | GroupsTable,
): Promise<ObjectTable> {
  const { columnOf } = await inspect(query, dialect, given.table);
  const { active = null, columns = {} } = 'columns' in given ? given : {};
  return {
    table: dialect.quote(given.table),
    key: columnOf(given.key),
    id: given.id === null ? null : columnOf(given.id),
    name: columnOf(given.name),
    active:
      active === null
        ? null
        : { column: columnOf(active.column), ...switchOf(columnOf(active.column), active) },
    columns: Object.entries(columns).map(([column, path]) => ({ column: columnOf(column), path })),
  };
}

async function inspect(
  query: Query,
  dialect: Dialect,
  table: string,
): Promise<{ columnOf: (name: string) => Column; uniqueKeys: TableFacts['uniqueKeys'] }> {
  const { columns, uniqueKeys } = await dialect.facts(query, table);
  if (columns.size === 0) throw unfit(`there is no table ${table}, or not to be seen by this account`);
  return {
    uniqueKeys,
    columnOf: (name) => {
      const facts = columns.get(name);
      if (facts === undefined) throw unfit(`the table ${table} has no column ${name}`);
      return { name, sql: dialect.quote(name), ...facts };
    },
  };
}

function switchOf(
  { name, type, kind }: Column,
  { on, off }: { readonly on?: string | undefined; readonly off?: string | undefined },
): { on: string; off: string } {
  if (on !== undefined && off !== undefined) return { on, off };
  if (type === 'boolean') return { on: 'true', off: 'false' };
  if (kind === 'integer') return { on: '1', off: '0' };
  throw unfit(
    `the settings have to say what stands in ${name} of an active account and of another ("on", "off")`,
  );
}

/** Without it a request could not be repeated: a second insert would make a second row. */
function requireUniqueKey({ memberships }: SqlSettings, keys: TableFacts['uniqueKeys']): void {
  const { table, group, user, source } = memberships;
  const ours = new Set([group, user, ...(source === null ? [] : [source.column])]);
  const isGood = keys.some(
    (key) => key.includes(group) && key.includes(user) && key.every((name) => ours.has(name)),
  );
  if (!isGood) throw unfit(`the table ${table} needs a unique key over (${[...ours].join(', ')})`);
}

function unfit(why: string): RolledBack {
  return new RolledBack({ kind: 'down', why });
}

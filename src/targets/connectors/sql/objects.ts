/** Users and groups that are rows of a table there. */
import { z } from 'zod';
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Held, Resolution, TargetObject } from '../../connector.ts';
import { judgeHits, nameOf } from '../match.ts';
import { valuesOf } from '../user-values.ts';
import type { Column, Dialect, Query } from './dialect.ts';
import { RolledBack } from './failure.ts';
import { joined, sql, type Sql, verbatim } from './sql.ts';
import { fits, type ObjectTable, type Tables } from './tables.ts';

const heldColumns = z.record(z.string(), z.string().nullable());

/** What statements about one kind of object need. */
export interface Rows {
  readonly query: Query;
  readonly dialect: Dialect;
  readonly tables: Tables;
  readonly of: 'user' | 'group';
  readonly in: ObjectTable;
}

/** Enough to tell one from several. */
const LIMIT = 10;
export const PAGE = 500;

export async function resolveRow(rows: Rows, object: TargetObject): Promise<Resolution> {
  const { dialect, in: table } = rows;
  if (table.id !== null && fits(table.id, object.id)) {
    const ours = await selectRows(
      rows,
      sql`where ${dialect.is(table.id, object.id)} limit ${verbatim(String(LIMIT))}`,
    );
    if (ours.length > 0) return judgeHits(object, ours, 'externalId');
  }
  const named = await selectRows(
    rows,
    sql`where ${dialect.is(table.name, nameOf(object))} limit ${verbatim(String(LIMIT))}`,
  );
  return judgeHits(object, named, 'name');
}

export async function findRow(rows: Rows, key: string): Promise<Held | null> {
  const { dialect, in: table } = rows;
  if (!fits(table.key, key)) return null;
  return (await selectRows(rows, sql`where ${dialect.is(table.key, key)}`))[0] ?? null;
}

/** A page of all rows in the order of their keys, after that one. */
export function listRows(rows: Rows, after: string | null): Promise<Held[]> {
  const {
    dialect,
    in: { key },
  } = rows;
  const beyond = after === null ? sql`` : sql`where ${key.sql} > ${dialect.given(key, after)}`;
  return selectRows(rows, sql`${beyond} order by ${key.sql} limit ${verbatim(String(PAGE))}`);
}

/** Adds a row and answers its key. A name in use is a conflict, whether or not the table has a key that says so. */
export async function insertRow(rows: Rows, object: TargetObject): Promise<Outcome> {
  const { query, dialect, in: table } = rows;
  const namesakes = await selectRows(rows, sql`where ${dialect.is(table.name, nameOf(object))} limit 1`);
  if (namesakes.length > 0)
    throw new RolledBack({ kind: 'conflict', why: `${nameOf(object)} is there already` });
  const values = desiredValues(table, object).filter(({ value }) => value !== null);
  const names = joined(
    values.map(({ column }) => column.sql),
    verbatim(', '),
  );
  const given = joined(
    values.map(({ column, value }) => dialect.given(column, value)),
    verbatim(', '),
  );
  await query(sql`insert into ${table.table} (${names}) values (${given})`);
  const made = await resolveRow(rows, object);
  if (made.kind !== 'found') {
    throw new RolledBack({
      kind: 'rejected',
      code: 422,
      why: `${nameOf(object)} was kept as something else`,
    });
  }
  return { kind: 'applied', remoteId: made.object.remoteId };
}

/** Writes what differs, as the database compares it. Where the key is the name, memberships follow it. */
export async function updateRow(rows: Rows, object: TargetObject, key: string): Promise<Outcome> {
  const { query, dialect, in: table } = rows;
  const values = desiredValues(table, object);
  const assignments = joined(
    values.map(({ column, value }) => sql`${column.sql} = ${dialect.given(column, value)}`),
    verbatim(', '),
  );
  const differences = joined(
    values.map(({ column, value }) => dialect.differs(column, value)),
    verbatim(' or '),
  );
  const { changed } = await query(
    sql`update ${table.table} set ${assignments} where ${dialect.is(table.key, key)} and (${differences})`,
  );
  if (changed === 0) {
    if ((await findRow(rows, key)) === null) throw new RolledBack({ kind: 'missing', why: `no row ${key}` });
    return { kind: 'noop' };
  }
  const keyNow = values.find(({ column }) => column.name === table.key.name)?.value ?? key;
  if (keyNow === key) return { kind: 'applied' };
  const column = membershipColumn(rows);
  // A foreign key that cascades has done so already; then this finds nothing.
  await query(
    sql`update ${rows.tables.memberships.table} set ${column.sql} = ${dialect.given(column, keyNow)}
        where ${dialect.is(column, key)}`,
  );
  return { kind: 'applied', remoteId: keyNow };
}

export async function deactivateRow(rows: Rows, key: string): Promise<Outcome> {
  const { query, dialect, in: table } = rows;
  if (!fits(table.key, key) || (await findRow(rows, key)) === null) {
    throw new RolledBack({ kind: 'missing', why: `no row ${key}` });
  }
  if (table.active === null) return { kind: 'noop' };
  const { column, off } = table.active;
  const { changed } = await query(
    sql`update ${table.table} set ${column.sql} = ${dialect.given(column, off)}
        where ${dialect.is(table.key, key)} and ${dialect.differs(column, off)}`,
  );
  return changed > 0 ? { kind: 'applied' } : { kind: 'noop' };
}

/** Deletes a row and its memberships. */
export async function deleteRow(rows: Rows, key: string): Promise<Outcome> {
  const { query, dialect, tables, in: table } = rows;
  if (!fits(table.key, key)) throw new RolledBack({ kind: 'missing', why: `no row ${key}` });
  await query(sql`delete from ${tables.memberships.table} where ${dialect.is(membershipColumn(rows), key)}`);
  const { changed } = await query(sql`delete from ${table.table} where ${dialect.is(table.key, key)}`);
  if (changed === 0) throw new RolledBack({ kind: 'missing', why: `no row ${key}` });
  return { kind: 'applied' };
}

/** Column of the memberships that names objects of this kind. */
function membershipColumn({ tables, of }: Rows): Column {
  return of === 'user' ? tables.memberships.user : tables.memberships.group;
}

async function selectRows({ query, dialect, in: table }: Rows, rest: Sql): Promise<Held[]> {
  const { key, id, name, active } = table;
  const kept = textColumns(table).map(
    ({ column }, at) => sql`, ${dialect.asText(column)} as ${verbatim(`held_c${at}`)}`,
  );
  const result = await query(
    sql`select ${dialect.asText(key)} as held_key, ${dialect.asText(name)} as held_name,
          ${id === null ? sql`null` : dialect.asText(id)} as held_id,
          ${active === null ? sql`null` : dialect.asText(active.column)} as held_active
          ${joined(kept, verbatim(' '))}
        from ${table.table} ${rest}`,
  );
  return result.rows.map((row) => ({
    remoteId: row.held_key ?? '',
    externalId: row.held_id ?? null,
    name: row.held_name ?? '',
    active: active === null || row.held_active !== active.off,
    held: Object.fromEntries(
      textColumns(table).map(({ column }, at) => [column.name, row[`held_c${at}`] ?? null]),
    ),
  }));
}

/** Columns whose values can be compared as they are read: texts, for others may be written in several ways. */
function textColumns({ columns }: ObjectTable): ObjectTable['columns'] {
  return columns.filter(({ column }) => /char|text/i.test(column.type));
}

/** Names of columns in which a row differs from what should stand there. */
export function rowDifferences(table: ObjectTable, object: TargetObject, held: Held): string[] {
  const seen = heldColumns.parse(held.held ?? {});
  const own = object.kind === 'user' ? textColumns(table) : [];
  return [
    ...(held.name === nameOf(object) ? [] : [table.name.name]),
    ...(table.id === null || held.externalId === object.id ? [] : [table.id.name]),
    ...own
      .filter(({ column, path }) => object.kind === 'user' && seen[column.name] !== valueOf(object, path))
      .map(({ column }) => column.name),
  ];
}

/** What should stand in each column that we keep; the key only where it is our id or the name. */
function desiredValues(
  { id, name, active, columns }: ObjectTable,
  object: TargetObject,
): { readonly column: Column; readonly value: string | null }[] {
  const values = [{ column: name, value: nameOf(object) }];
  if (id !== null) values.push({ column: id, value: object.id });
  if (object.kind === 'group') return values;
  const own = columns.map(({ column, path }) => ({ column, value: valueOf(object, path) }));
  if (active === null) return [...values, ...own];
  return [...values, { column: active.column, value: object.active ? active.on : active.off }, ...own];
}

/** One text for a column: the first value, or all roles between commas. */
function valueOf(object: Extract<TargetObject, { kind: 'user' }>, path: string): string | null {
  const values = valuesOf(object, path);
  return path === 'roles' ? values.join(',') : (values[0] ?? null);
}

/**
 * Users and groups that are no rows of their own: only what memberships say of them. A user is the value that its
 * rows hold, a group its name. Such an object is made by writing nothing, and is never absent.
 */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Held, Resolution, TargetObject } from '../../connector.ts';
import { valuesOf } from '../user-values.ts';
import { type Members, ofGroup } from './members.ts';
import { PAGE } from './objects.ts';
import { sql, type Sql, verbatim } from './sql.ts';
import { fits } from './tables.ts';

export interface BareNames extends Members {
  readonly of: 'user' | 'group';
  /** Where the value of a user comes from. */
  readonly userValue: string;
}

/** A group whose name stands in rows already is somebody's: it is adopted, so never deleted. Users are nobody's. */
export async function resolveName(on: BareNames, object: TargetObject): Promise<Resolution> {
  const value = valueOf(on, object);
  if (object.kind === 'user' || value === null || !(await isUsed(on, value))) return { kind: 'none' };
  return { kind: 'found', object: heldName(value), by: 'name' };
}

export function createName(on: BareNames, object: TargetObject): Outcome {
  const value = valueOf(on, object);
  return value === null || !fits(columnOf(on), value)
    ? { kind: 'rejected', code: 422, why: `there is no ${on.userValue} that could stand in a membership` }
    : { kind: 'applied', remoteId: value };
}

/** Gives rows the new name where it is another one. Of a user all rows, of a group ours. */
export async function renameName(on: BareNames, object: TargetObject, held: string): Promise<Outcome> {
  const value = valueOf(on, object);
  if (value === held) return { kind: 'noop' };
  const made = createName(on, object);
  if (value === null || made.kind !== 'applied') return made;
  const { query, dialect, tables } = on;
  const column = columnOf(on);
  await query(
    sql`update ${tables.memberships.table} set ${column.sql} = ${dialect.given(column, value)}
        where ${ownRows(on, held)}`,
  );
  return made;
}

/** Takes away the rows that are ours. Who has none is not there. */
export async function deleteName(on: BareNames, name: string): Promise<Outcome> {
  if (!fits(columnOf(on), name)) return { kind: 'missing', why: `nothing names ${name}` };
  const { changed } = await on.query(
    sql`delete from ${on.tables.memberships.table} where ${ownRows(on, name)}`,
  );
  return changed > 0 ? { kind: 'applied' } : { kind: 'missing', why: `nothing names ${name}` };
}

/** A page of the values that rows hold, in order, after that one. */
export async function listNames(on: BareNames, after: string | null): Promise<Held[]> {
  const { query, dialect, tables } = on;
  const column = columnOf(on);
  const beyond = after === null ? sql`` : sql`where ${column.sql} > ${dialect.given(column, after)}`;
  const { rows } = await query(
    sql`select ${dialect.asText(column)} as held_name from ${tables.memberships.table} ${beyond}
        group by ${column.sql} order by ${column.sql} limit ${verbatim(String(PAGE))}`,
  );
  return rows.map((row) => heldName(row.held_name ?? ''));
}

export function heldName(value: string): Held {
  return { remoteId: value, externalId: null, name: value, active: true, held: null };
}

function valueOf({ userValue }: BareNames, object: TargetObject): string | null {
  return object.kind === 'user' ? (valuesOf(object, userValue)[0] ?? null) : object.name;
}

function columnOf({ of, tables }: BareNames): Members['tables']['memberships']['user'] {
  return of === 'user' ? tables.memberships.user : tables.memberships.group;
}

async function isUsed(on: BareNames, name: string): Promise<boolean> {
  const { query, dialect, tables } = on;
  if (!fits(tables.memberships.group, name)) return false;
  const { rows } = await query(
    sql`select 1 as one from ${tables.memberships.table}
        where ${dialect.is(tables.memberships.group, name)} limit 1`,
  );
  return rows.length > 0;
}

function ownRows(on: BareNames, name: string): Sql {
  if (on.of === 'group') return ofGroup(on, name);
  const { dialect, tables } = on;
  const { user, source } = tables.memberships;
  const own = dialect.is(user, name);
  return source === null ? own : sql`${own} and ${dialect.is(source.column, source.value)}`;
}

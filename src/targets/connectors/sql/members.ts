/** Memberships as rows. A chunk takes effect whole or not at all, and may be repeated. */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { MemberObservation } from '../../connector.ts';
import type { Dialect, Query } from './dialect.ts';
import { RolledBack } from './failure.ts';
import { sql, type Sql } from './sql.ts';
import { fits, type ObjectTable, type Tables } from './tables.ts';

export interface Members {
  readonly query: Query;
  readonly dialect: Dialect;
  readonly tables: Tables;
}

export interface MemberChange {
  readonly group: string;
  readonly members: readonly string[];
}

/** Adds rows that are missing. A group or user that is no row of its own table is named, and nothing is added. */
export async function addMembers(on: Members, { group, members }: MemberChange): Promise<Outcome> {
  const { query, dialect, tables } = on;
  const { table, user, source } = tables.memberships;
  await requireGroup(on, group);
  const unknown = members.filter((key) => !fits(user, key));
  refuse(unknown.length > 0 ? unknown : await missingUsers(on, tables.users, members), 'there is no user');
  const columns = [tables.memberships.group, user, ...(source === null ? [] : [source.column])];
  const rows = members.map((key) => [group, key, ...(source === null ? [] : [source.value])]);
  const { changed } = await query(dialect.insertMissing(table, columns, rows));
  const held = await selectMembers(on, group, dialect.isOneOf(user, members));
  // A key may be in the way that is the same only to the database: of another case, or another source's row.
  refuse(
    members.filter((key) => !held.has(key)),
    'another row is in the way of',
  );
  return changed > 0 ? { kind: 'applied' } : { kind: 'noop' };
}

export async function removeMembers(on: Members, { group, members }: MemberChange): Promise<Outcome> {
  const { query, dialect, tables } = on;
  const { table, user } = tables.memberships;
  await requireGroup(on, group);
  const known = members.filter((key) => fits(user, key));
  if (known.length === 0) return { kind: 'noop' };
  const { changed } = await query(
    sql`delete from ${table} where ${ofGroup(on, group)} and ${dialect.isOneOf(user, known)}`,
  );
  return changed > 0 ? { kind: 'applied' } : { kind: 'noop' };
}

export async function observeMembers(on: Members, group: string): Promise<MemberObservation> {
  if (!(await isGroup(on, group))) return { kind: 'absent' };
  return { kind: 'all', members: await selectMembers(on, group, null) };
}

/** Rows of a group that are ours. */
export function ofGroup({ dialect, tables }: Pick<Members, 'dialect' | 'tables'>, group: string): Sql {
  const { memberships } = tables;
  const own = sql`${dialect.is(memberships.group, group)}`;
  return memberships.source === null
    ? own
    : sql`${own} and ${dialect.is(memberships.source.column, memberships.source.value)}`;
}

async function selectMembers(on: Members, group: string, among: Sql | null): Promise<Set<string>> {
  const { query, dialect, tables } = on;
  const { table, user } = tables.memberships;
  const where = among === null ? ofGroup(on, group) : sql`${ofGroup(on, group)} and ${among}`;
  const { rows } = await query(sql`select ${dialect.asText(user)} as held_user from ${table} where ${where}`);
  return new Set(rows.map((row) => row.held_user ?? ''));
}

async function requireGroup(on: Members, group: string): Promise<void> {
  if (!(await isGroup(on, group))) throw new RolledBack({ kind: 'missing', why: `no group ${group}` });
}

/** Without a table of groups, any name is one. */
async function isGroup({ query, dialect, tables }: Members, group: string): Promise<boolean> {
  if (!fits(tables.memberships.group, group)) return false;
  if (tables.groups === null) return true;
  const { table, key } = tables.groups;
  return (await query(sql`select 1 as one from ${table} where ${dialect.is(key, group)}`)).rows.length > 0;
}

async function missingUsers(
  { query, dialect }: Members,
  users: ObjectTable | null,
  members: readonly string[],
): Promise<string[]> {
  if (users === null) return [];
  const { rows } = await query(
    sql`select ${dialect.asText(users.key)} as held_key from ${users.table} where ${dialect.isOneOf(users.key, members)}`,
  );
  const known = new Set(rows.map((row) => row.held_key));
  return members.filter((key) => !known.has(key));
}

function refuse(keys: readonly string[], what: string): void {
  if (keys.length === 0) return;
  const more = keys.length > 3 ? ` and ${keys.length - 3} more` : '';
  throw new RolledBack({ kind: 'rejected', code: 422, why: `${what} ${keys.slice(0, 3).join(', ')}${more}` });
}

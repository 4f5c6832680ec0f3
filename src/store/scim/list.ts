/** Lists of users and groups: filter, order, page and total, as one statement, or two where a total has to be counted. */
import { createHash } from 'node:crypto';
import type { Filter } from '../../core/scim/filter.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import { type Connection, named, onlyRow, type Statement } from '../database.ts';
import { externalIdIssuer } from '../users.ts';
import { type Binder, newBinder } from './binder.ts';
import { conditionSql, type Vocabulary } from './condition.ts';
import { groupVocabulary } from './group-attribute.ts';
import { groupColumns, isLiveGroup, type ScimGroupRow } from './group-rows.ts';
import { orderSql, type RowPlace, type Sort } from './order.ts';
import { userVocabulary } from './user-attribute.ts';
import { isLiveUser, type ScimUserRow, userColumns, type UserExtras } from './user-rows.ts';
import { inNamespace, ownSource, ownSql, type View } from './view.ts';

export interface ListQuery {
  readonly type: ResourceType;
  readonly filter: Filter | null;
  readonly sort: Sort | null;
  /** Rows to leave out at the start, or the row to go on after. */
  readonly from: { readonly offset: number } | { readonly after: RowPlace };
  /** Most rows; 0 for the total alone. */
  readonly limit: number;
  /** `exact` counts all that fit; `cheap` says it only where the page itself shows it. */
  readonly total: 'exact' | 'cheap';
}

export interface Listed<Row> {
  readonly rows: readonly Row[];
  /** How many fit in all; null where that was not counted. */
  readonly total: number | null;
  /** Where the next page goes on; null when this is the last. */
  readonly next: RowPlace | null;
}

/** A page of users. */
export async function listScimUsers(
  connection: Connection,
  view: View,
  query: ListQuery & { readonly extras: UserExtras },
): Promise<Listed<ScimUserRow>> {
  const table = {
    from: 'users u',
    alias: 'u',
    columns: userColumns(query.extras, ownSql(view, '$2::int')),
    isLive: isLiveUser,
    first: externalIdIssuer(view.source),
    vocabulary: userVocabulary,
  };
  return list<ScimUserRow>(connection, view, query, table);
}

/** A page of groups, without members. */
export async function listScimGroups(
  connection: Connection,
  view: View,
  query: ListQuery,
): Promise<Listed<ScimGroupRow>> {
  const table = {
    from: 'groups g',
    alias: 'g',
    columns: groupColumns,
    isLive: isLiveGroup,
    first: view.source,
    vocabulary: groupVocabulary,
  };
  return list<ScimGroupRow>(connection, view, query, table);
}

interface Table {
  readonly from: string;
  readonly alias: string;
  readonly columns: string;
  /** Rows that are there for who sees everything. */
  readonly isLive: string;
  /** The parameter `$1` of the columns. */
  readonly first: unknown;
  readonly vocabulary: (type: ResourceType, view: View, binder: Binder) => Vocabulary;
}

async function list<Row extends { readonly n: number }>(
  connection: Connection,
  view: View,
  query: ListQuery,
  table: Table,
): Promise<Listed<Row>> {
  const rows =
    query.limit === 0 ? [] : await page<Row & { sort_key: string | null }>(connection, view, query, table);
  const hasMore = rows.length > query.limit;
  const shown = hasMore ? rows.slice(0, query.limit) : rows;
  const last = shown.at(-1);
  const skipped = 'offset' in query.from ? query.from.offset : null;
  const isSeen = skipped !== null && query.limit > 0 && !hasMore && (shown.length > 0 || skipped === 0);
  return {
    rows: shown,
    total: isSeen
      ? skipped + shown.length
      : query.total === 'exact'
        ? await count(connection, view, query, table)
        : null,
    next: hasMore && last !== undefined ? { n: last.n, key: last.sort_key } : null,
  };
}

/** One row more than asked for tells whether there is a next page. */
async function page<Row extends object>(
  connection: Connection,
  view: View,
  { type, filter, sort, from, limit }: ListQuery,
  { from: source, alias, columns, isLive, first, vocabulary }: Table,
): Promise<Row[]> {
  const binder = newBinder();
  binder.bind(first);
  binder.bind(ownSource(view));
  const words = vocabulary(type, view, binder);
  const conditions = [
    ...visible(view, alias, isLive),
    ...(filter === null ? [] : [conditionSql(filter, words, binder)]),
  ];
  const order = orderSql(alias, sort, words, binder);
  if ('after' in from) conditions.push(order.after(from.after));
  const isFirst = 'offset' in from && sort === null;
  // Not in the order of an index: who expects many hits would look for them one by one in it, and there may be none.
  const orderBy = isFirst && filter !== null && isSelective(filter) ? `${alias}.n + 0` : order.orderBy;
  const offset = 'offset' in from && from.offset > 0 ? ` offset ${binder.bind(from.offset)}::bigint` : '';
  const text = `select ${columns}, ${order.key ?? 'null'} as sort_key
from (select ${alias}.* from ${source} where ${conditions.join(' and ')}
      order by ${orderBy} limit ${binder.bind(limit + 1)}::int${offset}) ${alias}
order by ${order.orderBy}`;
  const { text: bound, values } = binder.finish(text);
  const isKept = sort === null && (filter === null || (isFirst && isLookUp(filter)));
  return connection.rows<Row>(isKept ? keptStatement(bound) : { text: bound }, values);
}

async function count(
  connection: Connection,
  view: View,
  { type, filter }: ListQuery,
  { from, alias, isLive, first, vocabulary }: Table,
): Promise<number> {
  const binder = newBinder();
  binder.bind(first);
  binder.bind(ownSource(view));
  const condition = filter === null ? 'true' : conditionSql(filter, vocabulary(type, view, binder), binder);
  const { text, values } = binder.finish(
    `select count(*) as total from ${from} where ${[...visible(view, alias, isLive), condition].join(' and ')}`,
  );
  const isKept = filter === null || isLookUp(filter);
  return onlyRow(await connection.rows<{ total: number }>(isKept ? keptStatement(text) : { text }, values))
    .total;
}

/** Who sees everything is asked no question about namespaces, which a plan for all values could not leave out. */
function visible(view: View, alias: string, isLive: string): readonly string[] {
  return ownSource(view) === null ? [isLive] : [isLive, inNamespace(alias, '$2::int')];
}

const statements = new Map<string, Statement>();
/** Far more than there are attributes that anybody asks for in this way; a connection keeps each of them. */
const MOST_STATEMENTS = 256;

/**
 * What providers ask all day is planned once per connection: whole lists in their own order, and the look for one
 * resource by one value. Planning such a statement takes longer than running it. Anything else is planned for the
 * values that it has.
 */
function keptStatement(text: string): Statement {
  const known = statements.get(text);
  if (known !== undefined) return known;
  if (statements.size >= MOST_STATEMENTS) return { text };
  const statement = named(`scim_list_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`, text);
  statements.set(text, statement);
  return statement;
}

/** `userName eq "x"`, `emails[type eq "work"].value eq "x"`, and two or three of them joined by `and`. */
function isLookUp(filter: Filter): boolean {
  switch (filter.kind) {
    case 'compare':
      return filter.with.op === 'eq';
    case 'some':
      return isLookUp(filter.test);
    case 'and':
      return filter.terms.length <= 3 && filter.terms.every(isLookUp);
    case 'or':
    case 'not':
    case 'present':
      return false;
  }
}

/** True when few resources are expected to fit: a text is looked for, or its beginning, and not whether something is so. */
function isSelective(filter: Filter): boolean {
  switch (filter.kind) {
    case 'compare':
      return filter.with.kind === 'text' && (filter.with.op === 'eq' || filter.with.op === 'sw');
    case 'some':
      return isSelective(filter.test);
    case 'and':
      return filter.terms.some(isSelective);
    case 'or':
      return filter.terms.every(isSelective);
    case 'not':
    case 'present':
      return false;
  }
}

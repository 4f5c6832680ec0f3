/** What a list is asked for: filter, order, page and attributes (RFC 7644 §3.4.2, RFC 9865). */
import { createHash } from 'node:crypto';
import { findAttribute } from '../../core/scim/attribute-path.ts';
import { parseFilter } from '../../core/scim/filter-parse.ts';
import { type Projection, readProjection } from '../../core/scim/projection.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import type { ListQuery } from '../../store/scim/list.ts';
import type { Sort } from '../../store/scim/order.ts';
import type { Call, Query } from './call.ts';
import { type CursorTerms, readCursor } from './cursor.ts';
import { ScimProblem } from './problem.ts';

export interface ListRequest {
  readonly query: ListQuery;
  readonly projection: Projection;
  /** How pages follow one another; `cursor` carries what its cursors are bound to. */
  readonly paging:
    | { readonly kind: 'index'; readonly startIndex: number }
    | { readonly kind: 'cursor'; readonly terms: CursorTerms };
}

/** Reads the parameters of a list. Refuses filters, cursors and numbers that cannot be read. */
export function readListRequest(call: Call, type: ResourceType): ListRequest {
  const { query, caller, parts } = call;
  const filterText = query.get('filter') ?? null;
  if (filterText !== null) call.trace.filters.push({ type, text: filterText });
  const filter =
    filterText === null || filterText.trim() === '' ? null : parseFilter(type, filterText, caller.profile);
  const sort = readSort(call, type);
  const limit = Math.min(readNumber(query, 'count') ?? parts.limits.defaultPageSize, parts.limits.maxResults);
  const projection = readProjectionOf(query, type);
  const common = { type, filter, sort, limit: Math.max(limit, 0) };
  const cursor = query.get('cursor');
  if (cursor === undefined) {
    const startIndex = Math.max(readNumber(query, 'startindex') ?? 1, 1);
    return {
      query: { ...common, from: { offset: startIndex - 1 }, total: 'exact' },
      projection,
      paging: { kind: 'index', startIndex },
    };
  }
  const terms = { source: caller.view.source, query: fingerprint(type, query), count: common.limit };
  const after = cursor === '' ? null : readCursor(parts, terms, cursor);
  return {
    query: {
      ...common,
      from: after === null ? { offset: 0 } : { after },
      total: after === null ? 'exact' : 'cheap',
    },
    projection,
    paging: { kind: 'cursor', terms },
  };
}

/** The projection that a request's parameters ask for. */
export function readProjectionOf(query: Query, type: ResourceType): Projection {
  return readProjection(type, query.get('attributes') ?? null, query.get('excludedattributes') ?? null);
}

function readSort({ query, caller, trace }: Call, type: ResourceType): Sort | null {
  const name = query.get('sortby');
  if (name === undefined || name.trim() === '') return null;
  const path = findAttribute(type, name.trim());
  const leaf = path?.sub ?? path?.attribute;
  if (path === null || leaf === undefined || leaf.returned === 'never') {
    if (caller.profile.unknown === 'refuse')
      throw new ScimProblem(400, 'invalidValue', `There is no attribute "${name}" to sort by.`);
    trace.notes.push({ path: 'sortBy', what: 'dropped', why: `there is no attribute "${name}"` });
    return null;
  }
  const isDescending = query.get('sortorder')?.toLowerCase() === 'descending';
  return { path, direction: isDescending ? 'descending' : 'ascending' };
}

/** Refuses what is no whole number: of a list by cursor an `invalidCount` (RFC 9865 §2.1). */
function readNumber(query: Query, name: 'count' | 'startindex'): number | null {
  const text = query.get(name);
  if (text === undefined || text.trim() === '') return null;
  if (!/^[+-]?\d{1,15}$/.test(text.trim())) {
    throw new ScimProblem(
      400,
      name === 'count' && query.has('cursor') ? 'invalidCount' : 'invalidValue',
      `${name === 'count' ? 'count' : 'startIndex'} must be a whole number.`,
    );
  }
  return Number(text);
}

/** What the pages of one list have in common besides their size. */
function fingerprint(type: ResourceType, query: Query): string {
  const parts = ['filter', 'sortby', 'sortorder'].map((name) => query.get(name) ?? '');
  return createHash('sha256')
    .update(JSON.stringify([type.name, ...parts]))
    .digest('base64url')
    .slice(0, 16);
}

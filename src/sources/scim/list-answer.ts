/** The message that carries lists (RFC 7644 §3.4.2, RFC 9865 §2). */
import type { JsonObject } from '../../core/scim/json.ts';
import type { RowPlace } from '../../store/scim/order.ts';
import type { ScimParts } from './call.ts';
import { makeCursor } from './cursor.ts';
import type { ListRequest } from './list-query.ts';

export const LIST_URN = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** All but the resources of a page. */
export function listHead(
  parts: ScimParts,
  { paging }: ListRequest,
  page: { readonly total: number | null; readonly next: RowPlace | null; readonly shown: number },
): JsonObject {
  return {
    schemas: [LIST_URN],
    ...(page.total === null ? {} : { totalResults: page.total }),
    itemsPerPage: page.shown,
    ...(paging.kind === 'index' ? { startIndex: paging.startIndex } : {}),
    ...(paging.kind === 'cursor' && page.next !== null
      ? { nextCursor: makeCursor(parts, paging.terms, page.next) }
      : {}),
  };
}

/** A list that is there whole. */
export function wholeList(resources: readonly JsonObject[]): JsonObject {
  return {
    schemas: [LIST_URN],
    totalResults: resources.length,
    itemsPerPage: resources.length,
    startIndex: 1,
    Resources: resources,
  };
}

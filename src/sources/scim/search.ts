/** `.search` for one type and for all, and queries of the root (RFC 7644 §3.4.2.1, §3.4.3). */
import { isRefusal, Refusal } from '../../core/refusal.ts';
import { parseFilter } from '../../core/scim/filter-parse.ts';
import { isArray, isObject, type Json } from '../../core/scim/json.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import { listScimGroups } from '../../store/scim/list.ts';
import type { Answer, Call, Query } from './call.ts';
import { listBody, listGroups } from './groups.ts';
import { listHead } from './list-answer.ts';
import { readListRequest } from './list-query.ts';
import { ScimProblem } from './problem.ts';
import { findUsers, type FoundUsers, listUsers } from './users.ts';

/** POST /Users/.search */
export async function searchUsers(call: Call): Promise<Answer> {
  return listUsers({ ...call, query: queryIn(call.body) });
}

/** POST /Groups/.search */
export async function searchGroups(call: Call): Promise<Answer> {
  return listGroups({ ...call, query: queryIn(call.body) });
}

/** POST /.search */
export async function searchAll(call: Call): Promise<Answer> {
  return listAll({ ...call, query: queryIn(call.body) });
}

/**
 * GET /: users, then groups, paged by index. A filter that one type has no attribute for finds none of that type.
 * Refuses (`invalidValue`) an order or a cursor across types.
 */
export async function listAll(call: Call): Promise<Answer> {
  if (call.query.has('sortby') || call.query.has('cursor')) {
    throw new ScimProblem(400, 'invalidValue', 'An order and cursors are for one type at a time.');
  }
  const { user, group } = call.caller.registry;
  const noUsers = refusalOfFilter(call, user);
  const noGroups = refusalOfFilter(call, group);
  if (noUsers !== null && noGroups !== null) throw noUsers;

  const request = readListRequest(call, noUsers === null ? user : group);
  const offset = request.paging.kind === 'index' ? request.paging.startIndex - 1 : 0;
  const users: FoundUsers =
    noUsers === null ? await findUsers(call, request) : { resources: [], total: 0, next: null };
  const total = users.total ?? 0;
  const page =
    noGroups === null
      ? await listScimGroups(call.parts.directory.database, call.caller.view, {
          ...readListRequest(call, group).query,
          from: { offset: Math.max(offset - total, 0) },
          limit: request.query.limit - users.resources.length,
        })
      : { rows: [], total: 0 };
  const shown = users.resources.length + page.rows.length;
  const head = listHead(call.parts, request, { total: total + (page.total ?? 0), next: null, shown });
  const { projection } = readListRequest(call, noGroups === null ? group : user);
  const body = await listBody(call, { head, first: users.resources, rows: page.rows, projection });
  return { status: 200, headers: {}, body };
}

function refusalOfFilter(call: Call, type: ResourceType): Refusal | null {
  const filter = call.query.get('filter');
  try {
    if (filter !== undefined && filter.trim() !== '') parseFilter(type, filter, call.caller.profile);
    return null;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

/** The parameters in the body of a search, as if they had come in the URL. */
function queryIn(body: Json): Query {
  if (!isObject(body)) throw new Refusal('body.invalid', { why: 'The body must be a JSON object.' });
  const query = new Map<string, string>();
  for (const [name, value] of Object.entries(body)) {
    if (name.toLowerCase() === 'schemas' || value === null) continue;
    query.set(name.toLowerCase(), parameterIn(name, value));
  }
  return query;
}

/** A parameter as the URL would have it. Refuses (`invalidValue`) objects, alone or in a list. */
function parameterIn(name: string, value: Json): string {
  if (isArray(value)) return value.map((item) => parameterIn(name, isArray(item) ? {} : item)).join(',');
  if (isObject(value)) {
    throw new ScimProblem(400, 'invalidValue', `${name} must be a text, a number or a list of them.`);
  }
  return String(value);
}

/** The routes as a table: what each path takes, who may, and who answers. */
import type { Scope } from '../../core/scopes.ts';
import { HttpProblem } from '../../http/problem.ts';
import { type Place, placeOf, readQuery } from './address.ts';
import { type BulkRequest, runBulk } from './bulk.ts';
import type { Answer, Call } from './call.ts';
import { bodyBytes } from './limits.ts';
import {
  type DiscoveryCall,
  listResourceTypes,
  listSchemas,
  readResourceType,
  readSchema,
  readServiceProviderConfig,
} from './discovery.ts';
import { listGroups, patchGroup, postGroup, putGroup, readGroup, removeGroup } from './groups.ts';
import { errorAnswer } from './problem.ts';
import { listAll, searchAll, searchGroups, searchUsers } from './search.ts';
import { listUsers, patchUser, postUser, putUser, readUser, removeUser } from './users.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const { user: USER_BYTES, group: GROUP_BYTES, search: SEARCH_BYTES, bulk: BULK_BYTES } = bodyBytes;

export interface Route {
  readonly scope: Scope;
  readonly answer: (call: Call) => Promise<Answer>;
  /** Most bytes of a body; absent where there is none. */
  readonly bytes?: number;
}

const read = (answer: Route['answer']): Route => ({ scope: 'scim.read', answer });
const write = (answer: Route['answer'], bytes?: number): Route => ({
  scope: 'scim.write',
  answer,
  ...(bytes === undefined ? {} : { bytes }),
});

const search = (answer: Route['answer']): Route => ({ scope: 'scim.read', answer, bytes: SEARCH_BYTES });
/** /Me is the user behind the request; behind a client's token there is none (RFC 7644 §3.11). */
const nobody = read(async () =>
  errorAnswer(404, null, 'A client is no user: there is nobody behind this token.'),
);

type Methods = Partial<Record<Method, Route>>;

/** Paths below the base, in small letters; `*` stands for an id. */
export const routes: Readonly<Record<string, Methods>> = {
  '/': { GET: read(listAll) },
  '/.search': { POST: search(searchAll) },
  '/me': { GET: nobody, PUT: nobody, PATCH: nobody, DELETE: nobody, POST: nobody },
  '/bulk': { POST: write((call) => runBulk(call, dispatch), BULK_BYTES) },
  '/users/.search': { POST: search(searchUsers) },
  '/groups/.search': { POST: search(searchGroups) },
  '/users': { GET: read(listUsers), POST: write(postUser, USER_BYTES) },
  '/users/*': {
    GET: read(readUser),
    PUT: write(putUser, USER_BYTES),
    PATCH: write(patchUser, USER_BYTES),
    DELETE: write(removeUser),
  },
  '/groups': { GET: read(listGroups), POST: write(postGroup, GROUP_BYTES) },
  '/groups/*': {
    GET: read(readGroup),
    PUT: write(putGroup, GROUP_BYTES),
    PATCH: write(patchGroup, GROUP_BYTES),
    DELETE: write(removeGroup),
  },
};

/** Answers one operation of a Bulk as if it had come by itself. */
async function dispatch(call: Call, { method, path, data, version }: BulkRequest): Promise<Answer> {
  const [below = '', search = ''] = path.split('?');
  const place = placeOf(below.startsWith('/') ? below : `/${below}`);
  const route = findRoute(place, method);
  if (place.pattern === '/bulk') throw new HttpProblem('request.invalid', 'A Bulk cannot hold another.');
  return route.answer({
    ...call,
    id: place.id,
    query: readQuery(search),
    body: data,
    ifMatch: version,
    ifNoneMatch: null,
  });
}

/** The route of a place. Refuses a path that is not there (404) and a method that it does not take (405). */
export function findRoute({ pattern }: Place, method: string): Route {
  const methods = Object.hasOwn(routes, pattern) ? routes[pattern] : undefined;
  if (methods === undefined) throw new HttpProblem('path.not_found', 'There is no such path.');
  const route = Object.hasOwn(methods, method) ? methods[method as Method] : undefined;
  if (route === undefined) throw notAllowed(Object.keys(methods));
  return route;
}

export function notAllowed(methods: readonly string[]): HttpProblem {
  return new HttpProblem('method.not_allowed', `Only ${methods.join(', ')} can be used here.`, {
    Allow: methods.join(', '),
  });
}

/** What anybody may read. */
export const discoveryRoutes: Readonly<Record<string, (call: DiscoveryCall) => Promise<Answer>>> = {
  '/serviceproviderconfig': readServiceProviderConfig,
  '/resourcetypes': listResourceTypes,
  '/resourcetypes/*': readResourceType,
  '/schemas': listSchemas,
  '/schemas/*': readSchema,
};

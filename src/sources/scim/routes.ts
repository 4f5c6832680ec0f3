/** The routes as a table: what each path takes, who may, and who answers. */
import type { Scope } from '../../core/scopes.ts';
import type { Answer, Call } from './call.ts';
import {
  type DiscoveryCall,
  listResourceTypes,
  listSchemas,
  readResourceType,
  readSchema,
  readServiceProviderConfig,
} from './discovery.ts';
import { listGroups, patchGroup, postGroup, putGroup, readGroup, removeGroup } from './groups.ts';
import { listUsers, patchUser, postUser, putUser, readUser, removeUser } from './users.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body of people is small; one of a group may name each of its members. */
const USER_BYTES = 1_048_576;
const GROUP_BYTES = 16_777_216;

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

type Methods = Partial<Record<Method, Route>>;

/** Paths below the base, in small letters; `*` stands for an id. */
export const routes: Readonly<Record<string, Methods>> = {
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

/** What anybody may read. */
export const discoveryRoutes: Readonly<Record<string, (call: DiscoveryCall) => Promise<Answer>>> = {
  '/serviceproviderconfig': readServiceProviderConfig,
  '/resourcetypes': listResourceTypes,
  '/resourcetypes/*': readResourceType,
  '/schemas': listSchemas,
  '/schemas/*': readSchema,
};

/** A path taken apart: the pattern it fits among the routes, and the id in it. */
export interface Place {
  readonly pattern: string;
  readonly id: string;
}

/** Takes a path below the base apart. Names of endpoints are read in any case, a slash at the end is nothing. */
export function placeOf(path: string): Place {
  const [, first = '', second = '', ...rest] = path.replace(/\/+$/, '').split('/');
  if (rest.length > 0) return { pattern: path, id: '' };
  const endpoint = `/${first.toLowerCase()}`;
  if (second === '') return { pattern: endpoint, id: '' };
  const fixed = `${endpoint}/${second.toLowerCase()}`;
  return fixed in routes ? { pattern: fixed, id: '' } : { pattern: `${endpoint}/*`, id: decoded(second) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

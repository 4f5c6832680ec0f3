/** Addresses below the base of the SCIM door. */
import type { Query } from './call.ts';

export const SCIM_BASE_PATH = '/scim/v2';

export interface Address {
  /** Below the base path. */
  readonly path: string;
  readonly query: Query;
}

/** The address below the base path; null for one that is not below it. */
export function addressOf(path: string, search: string): Address | null {
  if (path !== SCIM_BASE_PATH && !path.startsWith(`${SCIM_BASE_PATH}/`)) return null;
  const below = path.slice(SCIM_BASE_PATH.length);
  const misplaced = /^aadOptscim062020(\/[^?&]*)(?:[?&](.*))?$/i.exec(search);
  // Entra ID's feature flag goes behind the tenant URL; typed before the rest of the path, it swallows that path.
  return misplaced !== null && below.replaceAll('/', '') === ''
    ? { path: misplaced[1] ?? '', query: readQuery(misplaced[2] ?? '') }
    : { path: below, query: readQuery(search) };
}

/** Parameters by name in small letters; of one that comes twice the last. */
export function readQuery(search: string): Query {
  return new Map([...new URLSearchParams(search)].map(([name, value]) => [name.toLowerCase(), value]));
}

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
  if (second.toLowerCase() === '.search') return { pattern: `${endpoint}/.search`, id: '' };
  return { pattern: `${endpoint}/*`, id: decoded(second) };
}

const ENDPOINTS: Readonly<Record<string, string>> = { '/users/*': '/Users', '/groups/*': '/Groups' };

/** The endpoint, as answers spell it, and the id of the resource that a path leads to; null where it leads to none. */
export function resourceOf(path: string): { readonly endpoint: string | null; readonly id: string } {
  const { pattern, id } = placeOf(path);
  return { endpoint: ENDPOINTS[pattern] ?? null, id };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

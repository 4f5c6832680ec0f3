/** The routes of this door as the reference tells of them. */
import type { Operation } from '../http/operation.ts';
import { API_BASE_PATH } from './door.ts';
import type { Route } from './route.ts';
import { problem } from './shapes.ts';

export function apiOperations(routes: readonly Route[]): readonly Operation[] {
  return routes.map(({ method, path, scope, summary, query = {}, body = null, answers }) => ({
    method,
    path: `${API_BASE_PATH}${path.replaceAll(/:(\w+)/g, '{$1}')}`,
    tag: path.split('/')[1] ?? '',
    summary,
    scope,
    query,
    body,
    answers,
    problem: { 'application/problem+json': problem },
  }));
}

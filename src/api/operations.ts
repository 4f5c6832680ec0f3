/** The routes of this door as the reference tells of them. */
import type { AnswerShapes, Operation } from '../http/operation.ts';
import { API_BASE_PATH } from './door.ts';
import { CURSOR_HEADER } from './parts.ts';
import { isWrite, type Route } from './route.ts';
import { problem } from './shapes.ts';

export function apiOperations(routes: readonly Route[]): readonly Operation[] {
  return routes.map((route) => {
    const { method, path, scope, summary, query = {}, body = null } = route;
    return {
      method,
      path: `${API_BASE_PATH}${path.replaceAll(/:(\w+)/g, '{$1}')}`,
      tag: path.split('/')[1] ?? '',
      summary,
      scope,
      query,
      body,
      answers: isWrite(route) ? placed(route.answers) : route.answers,
      problem: { 'application/problem+json': problem },
    };
  });
}

/** Every write answers its place in the log. */
function placed(answers: AnswerShapes): AnswerShapes {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { content, headers }]) => [
      status,
      { content, headers: [...new Set([...headers, CURSOR_HEADER])] },
    ]),
  );
}

/** The /api/v1 door: a table of routes behind a token or a session, answers in JSON, refusals as problems. */
import { Readable } from 'node:stream';
import { Router } from '@koa/router';
import type { Logger } from 'pino';
import type { DoorContext, DoorMiddleware, DoorState } from '../http/context.ts';
import { answerErrors } from '../http/edge.ts';
import { HttpProblem } from '../http/problem.ts';
import { type Authenticate, requireScope } from '../http/token.ts';
import type { Sessions } from '../http/session.ts';
import { tokenOrSession } from '../http/token-or-session.ts';
import { apiErrorForm } from './problem.ts';
import { CURSOR_HEADER } from './parts.ts';
import { type Answer, callOf, isWrite, type Route } from './route.ts';

export const API_BASE_PATH = '/api/v1';

export interface ApiDoorParts {
  readonly authenticate: Authenticate;
  readonly sessions: Sessions;
  readonly log: Logger;
  /** Address of the installation, without a slash at its end. */
  readonly baseUrl: string;
  readonly routes: readonly Route[];
  /** The cursor of now: for writes that do not know their own place in the log (P-05). */
  readonly cursorOfNow: () => Promise<string>;
}

/** Builds the door. Requests for other paths pass by. Refuses (404, 405) a path or method that is in no row. */
export function apiDoor({
  authenticate,
  sessions,
  log,
  baseUrl,
  routes,
  cursorOfNow,
}: ApiDoorParts): DoorMiddleware {
  const router = routerOf(routes, cursorOfNow);
  // The router's own context type asks for what it sets itself.
  const table = router.routes() as unknown as DoorMiddleware;
  const errors = answerErrors(apiErrorForm(`${baseUrl}${API_BASE_PATH}/snapshot`), log);
  const withToken = tokenOrSession(authenticate, sessions);
  return async (context, next) => {
    if (context.path !== API_BASE_PATH && !context.path.startsWith(`${API_BASE_PATH}/`)) {
      await next();
      return;
    }
    await errors(context, async () => {
      if (context.url.includes('%00')) {
        throw new HttpProblem('request.invalid', 'The address contains a NUL character.');
      }
      await withToken(context, async () => {
        requireRoute(router, context);
        await table(context, passBy);
      });
    });
  };
}

const passBy = (): Promise<void> => Promise.resolve();

/** Refuses (404) a path that is in no row, and (405) a method that none of the path's rows has, naming theirs. */
function requireRoute(router: Router<DoorState>, { path, method }: DoorContext): void {
  const rows = router.match(path, method).path;
  if (rows.length === 0) throw new HttpProblem('path.not_found', 'There is no such path.');
  const methods = [...new Set(rows.flatMap((row) => row.methods))].sort();
  if (methods.includes(method)) return;
  const named = methods.join(', ');
  throw new HttpProblem('method.not_allowed', `${method} cannot be used here; ${named} can.`, {
    Allow: named,
  });
}

/** Refuses (400) parameters that the route does not have: a misspelt one would be left out without a word. */
function requireKnownQuery({ query = {} }: Route, { querystring }: DoorContext): void {
  const known = Object.keys(query);
  const unknown = [...new URLSearchParams(querystring).keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const rest = known.length === 0 ? 'none is' : `${known.join(', ')} ${known.length === 1 ? 'is' : 'are'}`;
  throw new HttpProblem('request.invalid', `${unknown} is no parameter here; ${rest}.`);
}

function routerOf(routes: readonly Route[], cursorOfNow: () => Promise<string>): Router<DoorState> {
  const router = new Router<DoorState>({ prefix: API_BASE_PATH });
  for (const route of routes) {
    router.register(route.path, [route.method], async (context) => {
      const call = callOf(context, context.params);
      const isPersons = route.people !== undefined && call.by.actor.kind === 'user';
      if (!isPersons) requireScope(call.client, route.scope);
      requireKnownQuery(route, context);
      const answer = await route.handle(call);
      write(context, answer);
      if (isWrite(route) && answer.headers?.[CURSOR_HEADER] === undefined) {
        context.set(CURSOR_HEADER, await cursorOfNow());
      }
    });
  }
  return router;
}

function write(context: DoorContext, { status, headers = {}, body }: Answer): void {
  context.status = status;
  if (body !== null && !(body instanceof Readable)) {
    context.body = JSON.stringify(body);
    context.set('Content-Type', 'application/json; charset=utf-8');
  } else if (body !== null) context.body = body;
  else if (status === 202) {
    // Koa would write the status's name.
    context.body = '';
    context.remove('Content-Type');
  }
  context.set({ 'Cache-Control': 'no-store', ...headers });
}

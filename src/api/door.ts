/** The /api/v1 door: a table of routes behind a token, answers in JSON, refusals as problems. */
import { Readable } from 'node:stream';
import { Router } from '@koa/router';
import type { Logger } from 'pino';
import type { DoorContext, DoorMiddleware, DoorState } from '../http/context.ts';
import { answerErrors } from '../http/edge.ts';
import { HttpProblem } from '../http/problem.ts';
import { authenticated, type Authenticate, withScope } from '../http/token.ts';
import { apiErrorForm } from './problem.ts';
import { type Answer, callOf, type Route } from './route.ts';

export const API_BASE_PATH = '/api/v1';

export interface ApiDoorParts {
  readonly authenticate: Authenticate;
  readonly log: Logger;
  /** Address of the installation, without a slash at its end. */
  readonly baseUrl: string;
  readonly routes: readonly Route[];
}

/** Builds the door. Requests for other paths pass by. Refuses (404, 405) a path or method that is in no row. */
export function apiDoor({ authenticate, log, baseUrl, routes }: ApiDoorParts): DoorMiddleware {
  const router = routerOf(routes);
  // The router's own context type asks for what it sets itself.
  const table = router.routes() as unknown as DoorMiddleware;
  const otherMethods = router.allowedMethods({
    throw: true,
    methodNotAllowed: () => new HttpProblem('method.not_allowed', 'This method cannot be used here.'),
    notImplemented: () => new HttpProblem('method.not_implemented', 'There is no such method.'),
  }) as unknown as DoorMiddleware;
  const errors = answerErrors(apiErrorForm(`${baseUrl}${API_BASE_PATH}/snapshot`), log);
  const withToken = authenticated(authenticate);
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
        await otherMethods(context, async () => {
          await table(context, passBy);
        });
        if (!isRouted(router, context.path)) {
          throw new HttpProblem('path.not_found', 'There is no such path.');
        }
      });
    });
  };
}

const passBy = (): Promise<void> => Promise.resolve();

function isRouted(router: Router<DoorState>, path: string): boolean {
  return router.match(path, 'GET').path.length > 0;
}

function routerOf(routes: readonly Route[]): Router<DoorState> {
  const router = new Router<DoorState>({ prefix: API_BASE_PATH });
  for (const route of routes) {
    router.register(route.path, [route.method], async (context) => {
      await withScope(route.scope)(context, async () =>
        write(context, await route.handle(callOf(context, context.params))),
      );
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
  context.set({ 'Cache-Control': 'no-store', ...headers });
}

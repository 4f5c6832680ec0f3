/** The /api/v1 door: a table of routes behind a token, answers in JSON, refusals as problems. */
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { DoorContext, DoorMiddleware } from '../http/context.ts';
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

/** Builds the door. Requests for other paths pass by. */
export function apiDoor({ authenticate, log, baseUrl, routes }: ApiDoorParts): DoorMiddleware {
  const errors = answerErrors(apiErrorForm(`${baseUrl}${API_BASE_PATH}/snapshot`), log);
  const withToken = authenticated(authenticate);
  const handle = async (context: DoorContext): Promise<void> => {
    const { route, params } = findRoute(routes, context);
    await withScope(route.scope)(context, async () =>
      write(context, await route.handle(callOf(context, params))),
    );
  };
  return async (context, next) => {
    if (context.path !== API_BASE_PATH && !context.path.startsWith(`${API_BASE_PATH}/`)) {
      await next();
      return;
    }
    await errors(context, async () => {
      await withToken(context, () => handle(context));
    });
  };
}

interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The row that a request is for. Refuses (404, 405) what none is for; HEAD is a GET whose body is left out. */
function findRoute(routes: readonly Route[], context: DoorContext): Found {
  const method = context.method === 'HEAD' ? 'GET' : context.method;
  const path = context.path.slice(API_BASE_PATH.length).replace(/\/$/, '');
  const fitting = routes.flatMap((route) => {
    const params = paramsOf(route.path, path);
    return params === null ? [] : [{ route, params }];
  });
  if (fitting.length === 0) throw new HttpProblem('path.not_found', 'There is no such path.');
  const found = fitting.find(({ route }) => route.method === method);
  if (found !== undefined) return found;
  const allow = fitting.map(({ route }) => route.method).join(', ');
  throw new HttpProblem('method.not_allowed', `Only ${allow} can be used here.`, { Allow: allow });
}

/** What stands in a path where the pattern has names; null where it does not fit. */
function paramsOf(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const text = given[at] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decoded(text);
    else if (part !== text) return null;
  }
  return params;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function write(context: DoorContext, { status, headers = {}, body }: Answer): void {
  context.status = status;
  if (body !== null && !(body instanceof Readable)) {
    context.body = JSON.stringify(body);
    context.set('Content-Type', 'application/json; charset=utf-8');
  } else if (body !== null) context.body = body;
  context.set({ 'Cache-Control': 'no-store', ...headers });
}

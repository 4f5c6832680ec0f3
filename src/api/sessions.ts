/** Who is signed in: for pages and programs that hold a session. */
import { z } from 'zod';
import { permissions } from '../core/permissions.ts';
import { answers } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import type { Route } from './route.ts';
import { id } from './shapes.ts';

const sessionShape = z
  .object({ user: id, name: z.string(), permissions: z.array(z.enum(permissions)), csrfToken: z.string() })
  .meta({ id: 'Session' });

export const sessionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/session',
    scope: 'requests.write',
    summary: 'Who is signed in, with which permissions, and the token that changes have to carry',
    answers: { 200: answers(sessionShape) },
    handle: async ({ session }) => {
      if (session === null) {
        throw new HttpProblem('auth.required', 'This is about a session; a token has none.');
      }
      const { person, name, csrfToken } = session;
      const held = [...person.permissions].sort();
      return { status: 200, body: { user: person.id, name, permissions: held, csrfToken } };
    },
  },
];

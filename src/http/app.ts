/** The one Koa application: request ids around everything, then the doors, then 404. */
import Koa from 'koa';
import type { DoorMiddleware, DoorState } from './context.ts';
import { requestIds } from './request-id.ts';

export interface AppParts {
  readonly newId: () => string;
  /** Tried in order; each answers its own paths and errors. */
  readonly doors: readonly DoorMiddleware[];
  /** True behind a proxy whose X-Forwarded-* headers are to be believed. */
  readonly trustsProxy: boolean;
}

/** Builds the application; listening is the caller's. */
export function buildApp({ newId, doors, trustsProxy }: AppParts): Koa<DoorState> {
  const app = new Koa<DoorState>({ proxy: trustsProxy });
  app.use(requestIds(newId));
  for (const door of doors) app.use(door);
  return app;
}

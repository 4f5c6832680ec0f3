/** What every request carries through the doors. */
import type { Middleware, ParameterizedContext } from 'koa';
import type { ClientIdentity } from './token.ts';

export interface DoorState {
  /** The caller's X-Request-Id, or one of ours. */
  requestId: string;
  /** Set by `withToken`. */
  client?: ClientIdentity;
}

export type DoorContext = ParameterizedContext<DoorState>;
export type DoorMiddleware = Middleware<DoorState>;

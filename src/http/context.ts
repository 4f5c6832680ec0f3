/** What every request carries through the doors. */
import type { Middleware, ParameterizedContext } from 'koa';
import type { SourceN } from '../core/ids.ts';
import type { Scope } from '../core/scopes.ts';

/** Who a token speaks for. */
export interface ClientIdentity {
  readonly id: string;
  readonly name: string;
  readonly sourceN: SourceN;
  readonly scopes: ReadonlySet<Scope>;
  readonly profile: string;
  readonly namespace: 'all' | 'own';
  readonly ratePerSecond: number | null;
  readonly allow: readonly string[];
}

export interface DoorState {
  /** The caller's X-Request-Id, or one of ours. */
  requestId: string;
  /** Set by `withToken`. */
  client?: ClientIdentity;
  /** Set by `limitRates`: counts a request of the client, and refuses (429) one too many. */
  admit?: (client: ClientIdentity) => void;
}

export type DoorContext = ParameterizedContext<DoorState>;
export type DoorMiddleware = Middleware<DoorState>;

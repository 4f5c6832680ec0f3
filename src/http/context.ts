/** What every request carries through the doors. */
import type { Middleware, ParameterizedContext } from 'koa';
import type { Person } from '../core/actor.ts';
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

/** Who is signed in, by the session that the request carries. */
export interface SignedIn {
  readonly person: Person;
  /** What people call them. */
  readonly name: string;
  /** What forms and requests of this session have to carry. */
  readonly csrfToken: string;
}

export interface DoorState {
  /** The caller's X-Request-Id, or one of ours. */
  requestId: string;
  /** Set by `withToken`. */
  client?: ClientIdentity;
  /** Set where a session stands in for a token; `client` is then what the person may use the API for. */
  session?: SignedIn;
  /** Set by `limitRates`: counts a request of the client, and refuses (429) one too many. */
  admit?: (client: ClientIdentity) => void;
}

export type DoorContext = ParameterizedContext<DoorState>;
export type DoorMiddleware = Middleware<DoorState>;

/**
 * Who did something and where it came from. Every write carries one; it ends up in the log (D-40) and, for
 * memberships, on the assertion itself (D-01).
 */
import type { Actor } from './actor.ts';
import type { UserId } from './ids.ts';

export type SourceKind = 'client' | 'feed' | 'idp' | 'console' | 'self-service' | 'system';

/** What a fact came in with; `line` of a file stands on the single assertion. */
export type Origin =
  | { readonly kind: 'request'; readonly id: string }
  | { readonly kind: 'file'; readonly name: string; readonly sha256: string }
  | { readonly kind: 'assertion'; readonly id: string }
  | { readonly kind: 'console'; readonly action: string }
  | { readonly kind: 'command'; readonly command: string };

export interface Attribution {
  readonly actor: Actor;
  /** The user in whose name the actor acts, where that is somebody else. */
  readonly onBehalfOf: UserId | null;
  /** Name of the source that asserts what is written (`csv`, `console`, a client's name, …). */
  readonly source: string;
  readonly origin: Origin;
  readonly requestId: string | null;
}

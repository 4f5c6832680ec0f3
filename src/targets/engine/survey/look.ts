import type { Outcome } from '../../../core/targets/outcome.ts';
import type { TargetContext } from '../context.ts';

/** One full look at a target, as its steps know it. */
export interface Look {
  readonly context: TargetContext;
  readonly mends: boolean;
  /** By the database's clock. */
  readonly begun: Date;
  /** What could not be seen. */
  readonly blind: Set<string>;
}

/** Where a look goes on after a step, or that the target has to come back first. */
export type Going<Place> = { readonly next: Place | null } | { readonly waits: string };

/** True for an answer that would be the same the next time: what it was about cannot be seen. */
export function isForGood({ kind }: Outcome): boolean {
  return kind === 'rejected' || kind === 'conflict';
}

/** What an object of a target needs next, from what is desired and what we know of it (O-03, O-05). */

export interface KnownObject {
  /** The target's id of it; null when not known to be there. */
  readonly remoteId: string | null;
  readonly held: 'a' | 'i' | null;
  /** `c`reated by us, `a`dopted. */
  readonly owned: 'c' | 'a' | null;
  /** Hash of the desired state that was last applied; null when unknown. */
  readonly appliedHash: string | null;
  /** When it stopped being desired, epoch ms. */
  readonly leftAt: number | null;
}

export type ObjectStep =
  /** The target holds it as desired. */
  | 'nothing'
  /** Neither desired nor held: forget it. */
  | 'forget'
  /** Look whether the target has it, and create it if not. */
  | 'find'
  /** Look at it there and bring in line what differs. */
  | 'update'
  | 'deactivate'
  | 'delete';

export interface LeavingRules {
  /** Ms between leaving and deletion; null never deletes. Groups have 0. */
  readonly deleteAfterMs: number | null;
  /** Users are deactivated before they are deleted; groups cannot be. */
  readonly deactivates: boolean;
}

/**
 * The next step. `desiredHash` is null when the object is not desired. Who leaves is deactivated first and
 * deleted after the grace time, and only what we created is ever deleted; coming back within that time updates
 * the same object.
 */
export function nextStep(
  known: KnownObject,
  desiredHash: string | null,
  { rules, now }: { readonly rules: LeavingRules; readonly now: number },
): ObjectStep {
  if (desiredHash !== null) {
    if (known.remoteId === null) return 'find';
    return known.held === 'a' && known.appliedHash === desiredHash ? 'nothing' : 'update';
  }
  if (known.remoteId === null) return 'forget';
  if (rules.deactivates && known.held !== 'i') return 'deactivate';
  const isTime = rules.deleteAfterMs !== null && now - (known.leftAt ?? now) >= rules.deleteAfterMs;
  return isTime && known.owned === 'c' ? 'delete' : 'nothing';
}

/**
 * What a program may change of an account that holds a permission (J-20). Logins find accounts by their names, so who
 * gives an account another name says who signs in as it; who ends one locks somebody out, which is right where the
 * program keeps the account and a person has left.
 */

/** What a change means to whoever signs in by the account. */
export interface AccountChange {
  /** It gains a userName or an e-mail. */
  readonly isRenamed: boolean;
  /** It is deactivated or deleted. */
  readonly ends: boolean;
  /** It is active again. */
  readonly returns: boolean;
}

/** How a program stands to the account. */
export interface AccountStanding {
  /** It made the account, states it in its files, or knows it by an externalId. */
  readonly kept: boolean;
  /** It deactivated it last. */
  readonly endedByIt: boolean;
}

/** What of the change is not the program's to do; null when all of it is. */
export function faultOfAccountChange(
  change: AccountChange,
  standing: AccountStanding,
): 'rename' | 'end' | 'return' | null {
  if (change.isRenamed) return 'rename';
  if (change.ends && !standing.kept) return 'end';
  if (change.returns && !standing.endedByIt) return 'return';
  return null;
}

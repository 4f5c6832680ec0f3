/** The breaker: a provider that stops telling affiliations must not empty the groups that follow them. */
export interface BreakerCounts {
  /** Logins of a provider within the hour. */
  readonly logins: number;
  /** Of these, those that lost all affiliations. */
  readonly lost: number;
}

const LEAST_LOGINS = 20;
const MOST_LOST = 0.3;

/** True when of 20 or more logins more than 30 % lost all affiliations. */
export function isTripped({ logins, lost }: BreakerCounts): boolean {
  return logins >= LEAST_LOGINS && lost > logins * MOST_LOST;
}

/** True for somebody who had affiliations and now has none. */
export function lostEverything(had: readonly string[], has: readonly string[]): boolean {
  return had.length > 0 && has.length === 0;
}

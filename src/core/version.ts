/** Versions of users and groups, and what a writer expects of them (RFC 7644 §3.14, RFC 9110 §13.1.1). */
import { Refusal } from './refusal.ts';

export interface Expectation {
  /** As the writer said it, for the refusal. */
  readonly text: string;
  /** Versions that are good; `any` for `*`. */
  readonly versions: readonly number[] | 'any';
  /** Versions that are not, whatever the others say (If-None-Match of a write); absent for none. */
  readonly except?: readonly number[] | 'any';
}

/** Refuses with `version.mismatch` when the version is none of those expected, or an excepted one. No expectation accepts all. */
export function requireVersion(expected: Expectation | null, actual: number): void {
  if (expected === null) return;
  const { text, versions, except = [] } = expected;
  const isAmong = (among: readonly number[] | 'any'): boolean => among === 'any' || among.includes(actual);
  if (isAmong(versions) && !isAmong(except)) return;
  throw new Refusal('version.mismatch', { expected: text, actual });
}

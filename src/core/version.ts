/** Versions of users and groups, and what a writer expects of them (RFC 7644 §3.14, RFC 9110 §13.1.1). */
import { Refusal } from './refusal.ts';

export interface Expectation {
  /** As the writer said it, for the refusal. */
  readonly text: string;
  /** Versions that are good; `any` for `*`. */
  readonly versions: readonly number[] | 'any';
}

/** Refuses with `version.mismatch` when the version is none of those expected. No expectation accepts all. */
export function requireVersion(expected: Expectation | null, actual: number): void {
  if (expected === null || expected.versions === 'any' || expected.versions.includes(actual)) return;
  throw new Refusal('version.mismatch', { expected: expected.text, actual });
}

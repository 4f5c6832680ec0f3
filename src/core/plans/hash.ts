import { createHash } from 'node:crypto';
import { canonicalJson } from '../json.ts';
import type { TrippedGuard } from './guards.ts';
import type { PlanCounts, PlanKind } from './plan.ts';

/** What the hash of a plan stands for: an approval names it, and so approves exactly this (D-32). */
export interface HashedPlan {
  readonly kind: PlanKind;
  readonly subject: string;
  readonly request: unknown;
  readonly counts: PlanCounts;
  readonly guards: readonly TrippedGuard[];
  /** Digest of its operations, in their order. */
  readonly operations: string;
}

/** `sha256:` and 64 hexadecimal digits; the same for equal plans, whatever the order of their keys. */
export function hashPlan({ kind, subject, request, counts, guards, operations }: HashedPlan): string {
  const text = canonicalJson({ kind, subject, request, counts, guards, operations });
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Digest of operations: one text each, in their order. */
export function digestOperations(texts: Iterable<string>): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\n');
  return hash.digest('hex');
}

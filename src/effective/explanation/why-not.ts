/** The answer to "why not?" (D-21): what is missing, and which groups would lead there. */
import type { GroupN } from '../../core/ids.ts';

export interface Circumstances {
  readonly isActive: boolean;
  readonly isStub: boolean;
  readonly group: GroupN;
  readonly groupKind: string;
  /** Whether some path leads from the group to the user, active or not. */
  readonly hasPath: boolean;
  /** Groups that the user could join to be in, nearest first. */
  readonly nearest: readonly GroupN[];
  /** Rules that would lead there, nearest first, with what the user fails of each. */
  readonly rules: readonly FailedRule[];
  /** What would lead there once somebody decides it. */
  readonly waiting: readonly { readonly reason: 'request_pending' | 'held'; readonly group: GroupN }[];
}

export interface FailedRule {
  readonly group: GroupN;
  /** Parts of the rule, each of which has to change; none where the rule of then is known and the user of then is not. */
  readonly terms: readonly string[];
}

export interface WhyNot {
  readonly reason: 'no_path' | 'inactive' | 'stub' | 'rule_term' | 'request_pending' | 'held';
  readonly nearest: readonly GroupN[];
  /** Of reason `rule_term`. */
  readonly terms?: readonly string[];
}

/** Stubs are in none of these, whatever is known of them. */
const NEEDS_ARRIVAL: ReadonlySet<string> = new Set(['everyone-signed-in', 'rule']);

/** Everything that stands in the way, all of which has to change. Not empty for a user that is not in the group. */
export function reasonsAgainst(circumstances: Circumstances): WhyNot[] {
  const { isActive, isStub, group, groupKind, hasPath, nearest, rules, waiting } = circumstances;
  const reasons: WhyNot[] = [];
  if (!isActive) reasons.push({ reason: 'inactive', nearest: [] });
  if (hasPath) return reasons;
  if (isStub && NEEDS_ARRIVAL.has(groupKind)) return [...reasons, { reason: 'stub', nearest: [] }];
  if (groupKind !== 'rule') reasons.push({ reason: 'no_path', nearest });
  const leading = (to: GroupN): GroupN[] => (to === group ? [] : [to]);
  const failed = rules.map(({ group: to, terms }) => ({
    reason: 'rule_term' as const,
    nearest: leading(to),
    terms,
  }));
  return [
    ...reasons,
    ...failed,
    ...waiting.map(({ reason, group: to }) => ({ reason, nearest: leading(to) })),
  ];
}

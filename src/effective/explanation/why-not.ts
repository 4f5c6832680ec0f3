/** The answer to "why not?" (D-21): what is missing, and which groups would lead there. */
import type { GroupN } from '../../core/ids.ts';

export interface Circumstances {
  readonly isActive: boolean;
  readonly isStub: boolean;
  readonly groupKind: string;
  /** Whether some path leads from the group to the user, active or not. */
  readonly hasPath: boolean;
  /** Groups that the user could join to be in, nearest first. */
  readonly nearest: readonly GroupN[];
}

export interface WhyNot {
  readonly reason: 'no_path' | 'inactive' | 'stub' | 'rule_term';
  readonly nearest: readonly GroupN[];
}

/** Everything that stands in the way, all of which has to change. Not empty for a user that is not in the group. */
export function reasonsAgainst({ isActive, isStub, groupKind, hasPath, nearest }: Circumstances): WhyNot[] {
  const reasons: WhyNot[] = [];
  if (!isActive) reasons.push({ reason: 'inactive', nearest: [] });
  if (isStub && groupKind === 'everyone-signed-in') reasons.push({ reason: 'stub', nearest: [] });
  if (hasPath) return reasons;
  if (groupKind === 'rule') reasons.push({ reason: 'rule_term', nearest });
  else if (!isStub || groupKind !== 'everyone-signed-in') reasons.push({ reason: 'no_path', nearest });
  return reasons;
}

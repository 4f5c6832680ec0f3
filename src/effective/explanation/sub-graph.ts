/**
 * What lies between a user and a group: every nested group on some way from the group down to a direct
 * membership of the user, and the memberships that join them. All of an explanation is computed on it.
 */
import type { ActorName } from '../../core/actor.ts';
import type { GroupN, UserN } from '../../core/ids.ts';

/** Who asserts one membership, since when, and what it came in with. */
export interface Assertion {
  readonly source: string;
  readonly since: Date;
  readonly actor: ActorName | null;
  readonly origin: AssertionOrigin | null;
}

export interface AssertionOrigin {
  readonly kind: string;
  readonly name: string;
  readonly sha256: string | null;
  /** Line of the file, for origins of kind `file`. */
  readonly line: number | null;
}

/** One direct membership with all that assert it. */
export interface Membership {
  readonly group: GroupN;
  readonly member: GroupN | UserN;
  /** The rule of the group, where that is why it lists the user. */
  readonly rule?: string;
  readonly assertions: readonly Assertion[];
}

export interface SubGraph {
  readonly user: UserN;
  readonly group: GroupN;
  /** Groups in groups. */
  readonly nestings: readonly Membership[];
  /** The user in groups. */
  readonly direct: readonly Membership[];
}

/** The memberships of each group of the sub-graph, by the group. */
export function membershipsByGroup(subGraph: SubGraph): ReadonlyMap<number, readonly Membership[]> {
  return gather([...subGraph.direct, ...subGraph.nestings], (membership) => membership.group);
}

/** The same by the member. */
export function membershipsByMember(subGraph: SubGraph): ReadonlyMap<number, readonly Membership[]> {
  return gather([...subGraph.direct, ...subGraph.nestings], (membership) => membership.member);
}

function gather(
  memberships: readonly Membership[],
  key: (membership: Membership) => number,
): ReadonlyMap<number, readonly Membership[]> {
  const gathered = new Map<number, Membership[]>();
  for (const membership of memberships) {
    const known = gathered.get(key(membership));
    if (known === undefined) gathered.set(key(membership), [membership]);
    else known.push(membership);
  }
  return gathered;
}

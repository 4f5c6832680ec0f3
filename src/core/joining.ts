/**
 * Joining and leaving, as rules (J-01 to J-13): what becomes of somebody's wish, given the group and how they stand
 * to it. Pure; directory/ asks it under the group's lock.
 */
import { type GovernedGroup } from './policies.ts';
import { Refusal } from './refusal.ts';

/** What the installation says of joining. */
export interface JoiningRules {
  /** MUSTER_AUTO_LEAVE: what a group with `autoLeave` inherit does (J-05, J-06). */
  readonly autoLeave: boolean;
  /** Whose memberships end with `groups.request`: self-service's and the console's, or every source's (J-11). */
  readonly requestLoss: 'own' | 'all';
  /** Days after which a waiting request expires. */
  readonly requestDays: number;
  /** Whether people are told by mail besides their inbox. */
  readonly mail: 'on' | 'off';
}

export const defaultJoiningRules: JoiningRules = {
  autoLeave: false,
  requestLoss: 'own',
  requestDays: 30,
  mail: 'off',
};

export type RequestKind = 'join' | 'leave';

/** What the rules look at in a group. */
export interface JoinableGroup extends GovernedGroup {
  readonly kind: string;
  readonly open: boolean;
  readonly public: boolean;
  readonly auto_leave: 'inherit' | 'on' | 'off';
  readonly reserved_to: string | null;
}

/** How a user stands to a group. */
export interface Standing {
  /** Listed in the group itself. */
  readonly isDirect: boolean;
  /** In it, directly or through others. */
  readonly isMember: boolean;
  /** Holds `groups.request`. */
  readonly mayRequest: boolean;
  /** The request that waits. */
  readonly pending: RequestKind | null;
}

/** What a wish comes to: it takes effect at once, or somebody decides. */
export type WishOutcome = 'at-once' | 'request';

/**
 * What becomes of a wish to join. At once in an open group (J-03), else a request (J-04); in a restricted or
 * protected group always a request, for only administrators add there (J-17, J-20).
 * Refuses `group.internal` (J-01), `group.automatic`, `group.reserved` (J-12), `join.already_member` (J-08),
 * `join.not_permitted` (J-09, J-10), and `request.pending` (J-07) when it would only be asked again.
 */
export function decideJoin(group: JoinableGroup, standing: Standing): WishOutcome {
  requireSelfService(group);
  if (standing.isMember) throw new Refusal('join.already_member', { group: group.name });
  requirePermitted(group, standing);
  if (group.open && !isAdministered(group)) return 'at-once';
  requireNotPending(group, standing, 'join');
  return 'request';
}

/**
 * What becomes of a wish to leave. At once in an open group or with `autoLeave` (J-05), else a request (J-06).
 * Refuses `group.internal`, `group.automatic`, `group.reserved`, `leave.not_member`, and `leave.indirect` for who is
 * in it only through another group; `through` names those.
 */
export function decideLeave(
  group: JoinableGroup,
  standing: Standing,
  { autoLeave, through }: { readonly autoLeave: boolean; readonly through: readonly string[] },
): WishOutcome {
  requireSelfService(group);
  if (!standing.isMember && !standing.isDirect) throw new Refusal('leave.not_member', { group: group.name });
  if (!standing.isDirect) throw new Refusal('leave.indirect', { group: group.name, through });
  const leavesFreely = group.open || (group.auto_leave === 'inherit' ? autoLeave : group.auto_leave === 'on');
  if (leavesFreely && !isAdministered(group)) return 'at-once';
  requireNotPending(group, standing, 'leave');
  return 'request';
}

/** What approving asks again, for much may have changed since (J-09). Refuses as {@link decideJoin}, members apart. */
export function requireStillPermitted(group: JoinableGroup, standing: Standing, kind: RequestKind): void {
  requireSelfService(group);
  if (kind === 'join') requirePermitted(group, standing);
}

function requireSelfService(group: JoinableGroup): void {
  if (group.internal) throw new Refusal('group.internal', {});
  if (group.kind !== 'regular') throw new Refusal('group.automatic', { group: group.name, kind: group.kind });
  if (group.reserved_to !== null) {
    throw new Refusal('group.reserved', { group: group.name, source: group.reserved_to });
  }
}

function requirePermitted(group: JoinableGroup, { mayRequest }: Standing): void {
  if (!group.public && !mayRequest) throw new Refusal('join.not_permitted', {});
}

function requireNotPending(group: JoinableGroup, { pending }: Standing, kind: RequestKind): void {
  if (pending === kind) throw new Refusal('request.pending', { group: group.name, kind, request: null });
}

function isAdministered(group: JoinableGroup): boolean {
  return group.restricted || group.protected;
}

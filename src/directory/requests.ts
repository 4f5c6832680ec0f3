/**
 * Joining and leaving by one's own wish, and deciding of it (J-01 to J-13). A request waits until somebody decides,
 * its maker cancels it, something overtakes it, or its time is over; it ends once. Every step runs under the lock of
 * the group's row, so of two who decide together the second finds it decided.
 */
import { type Actor, isAdministrator } from '../core/actor.ts';
import type { GroupId, UserId } from '../core/ids.ts';
import {
  decideJoin,
  decideLeave,
  type RequestKind,
  requireStillPermitted,
  type WishOutcome,
} from '../core/joining.ts';
import { mayInGroup, requireInGroup } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { assertMembers } from '../store/assertions.ts';
import { type GroupRow, lockGroup } from '../store/groups.ts';
import { tellDeciders, tellRequesters } from '../store/inbox.ts';
import { findPerson } from '../store/people.ts';
import {
  decideRequest,
  findRequest,
  insertRequest,
  lockRequest,
  type RequestRow,
} from '../store/requests.ts';
import { groupsThrough, lockStanding, type StandingRow } from '../store/standing.ts';
import { note, takeOut } from './member-moves.ts';
import { endWaitingRequests } from './waiting-requests.ts';
import { authorOf, record, refusing, type Work } from './work.ts';

export interface Wish {
  readonly group: GroupId;
  readonly user: UserId;
  readonly reason: string | null;
}

export type WishGranted =
  { readonly outcome: 'joined' | 'left' } | { readonly outcome: 'requested'; readonly request: RequestRow };

/**
 * Lets a user join, or asks for it. The work's source is `self-service`. Refuses as decideJoin, `user.not_found`,
 * `user.inactive`, and `actor.not_allowed` for a person who asks for somebody else.
 */
export async function joinGroup(work: Work, wish: Wish): Promise<WishGranted> {
  const { group, person } = await meet(work, wish);
  const outcome = decideJoin(group, person.standing);
  if (outcome === 'request') return ask(work, { group, person, kind: 'join', reason: wish.reason });
  await enter(work, group, person);
  await overtake(work, group, person);
  return { outcome: 'joined' };
}

/** Lets a user leave, or asks for it (J-05, J-06). Leaving ends the membership whoever asserted it (D-02). Refuses as decideLeave and as {@link joinGroup}. */
export async function leaveGroup(work: Work, wish: Wish): Promise<WishGranted> {
  const { group, person } = await meet(work, wish);
  const { isDirect, isMember } = person.standing;
  const through = isMember && !isDirect ? await groupsThrough(work.tx, person.n, group.n) : [];
  const outcome: WishOutcome = decideLeave(group, person.standing, {
    autoLeave: work.rules.autoLeave,
    through,
  });
  if (outcome === 'request') return ask(work, { group, person, kind: 'leave', reason: wish.reason });
  await takeOut(work, group, [{ n: person.n, kind: 'u' }]);
  await overtake(work, group, person);
  return { outcome: 'left' };
}

export interface Deciding {
  readonly request: string;
  readonly reason: string | null;
  /** What the decider takes it for; refused when it is the other kind. */
  readonly kind?: RequestKind;
}

/**
 * Approves a request, after asking again whether it may be (J-09). Refuses `request.not_found`, `request.decided`,
 * `request.other_kind`, what the rules refuse, and deciders who may not (J-14 to J-17, J-20).
 */
export async function approveRequest(work: Work, deciding: Deciding): Promise<RequestRow> {
  const { group, request } = await lockForDecision(work, deciding);
  const person = await lockStanding(work.tx, request.user_id, group.n);
  if (person === null) throw new Refusal('user.not_found', { user: request.user_id });
  requireActive(person);
  requireStillPermitted(group, person.standing, request.kind);
  if (request.kind === 'join') await enter(work, group, person);
  else await takeOut(work, group, [{ n: person.n, kind: 'u' }]);
  return end(work, request, { state: 'approved', reason: deciding.reason });
}

/** Denies a request. Refuses as {@link approveRequest}, but asks nothing of who made it. */
export async function denyRequest(work: Work, deciding: Deciding): Promise<RequestRow> {
  const { request } = await lockForDecision(work, deciding);
  return end(work, request, { state: 'denied', reason: deciding.reason });
}

/** Takes a request back: its maker, or an administrator. Refuses `request.not_found` and `request.decided`. */
export async function cancelRequest(work: Work, deciding: Deciding): Promise<RequestRow> {
  const request = await lockRequest(work.tx, deciding.request);
  const decider = await deciderOf(work);
  const isOwn = decider.kind !== 'user' || request?.user_id === decider.id || isAdministrator(decider);
  if (request === null || !isOwn) throw new Refusal('request.not_found', { request: deciding.request });
  requireWaiting(request);
  return end(work, request, { state: 'cancelled', reason: deciding.reason });
}

interface Meeting {
  readonly group: GroupRow;
  readonly person: StandingRow;
}

async function meet(work: Work, { group: id, user }: Wish): Promise<Meeting> {
  const { actor } = work.by;
  if (actor.kind === 'user' && actor.id !== user) {
    throw new Refusal('actor.not_allowed', { act: 'join or leave for somebody else', group: null });
  }
  const group = await lockGroup(work.tx, id, work.sourceN);
  if (group === null) throw new Refusal('group.not_found', { group: id });
  const person = await lockStanding(work.tx, user, group.n);
  if (person === null) throw new Refusal('user.not_found', { user });
  requireActive(person);
  return { group, person };
}

function requireActive({ active, stub, id }: StandingRow): void {
  if (!active || stub) throw new Refusal('user.inactive', { user: id });
}

interface Asked extends Meeting {
  readonly kind: RequestKind;
  readonly reason: string | null;
}

async function ask(work: Work, { group, person, kind, reason }: Asked): Promise<WishGranted> {
  // One of the other kind was overtaken by what somebody else did to the membership.
  if (person.standing.pending !== null) await overtake(work, group, person);
  const wish = { kind, group: group.n, user: person.n, reason, days: work.rules.requestDays };
  const request = await refusing(insertRequest(work.tx, wish), {
    join_request_pending_unique: () =>
      new Refusal('request.pending', { group: group.name, kind, request: null }),
  });
  await recordRequest(work, request, 'created', reason);
  await tellDeciders(work.tx, {
    ...{ group: group.n, request: request.n, user: person.n, mail: work.rules.mail },
    audience: group.restricted || group.protected ? 'administrators' : 'leaders',
  });
  return { outcome: 'requested', request };
}

async function enter(work: Work, group: GroupRow, person: StandingRow): Promise<void> {
  const member = { n: person.n, kind: 'u', line: null } as const;
  const outcome = await assertMembers(work.tx, group.n, [member], authorOf(work));
  note(work, outcome, { group: group.n, added: outcome.changed });
}

async function overtake(work: Work, group: GroupRow, { n, standing }: StandingRow): Promise<void> {
  if (standing.pending === null) return;
  const end = { state: 'cancelled', reason: 'overtaken by what happened to the membership' } as const;
  await endWaitingRequests(work, { of: 'pair', user: n, group: group.n }, end);
}

async function lockForDecision(
  work: Work,
  { request: id, kind }: Deciding,
): Promise<{ readonly group: GroupRow; readonly request: RequestRow }> {
  const found = await findRequest(work.tx, id);
  const group = found === null ? null : await lockGroup(work.tx, found.group_id, work.sourceN);
  if (found === null || group === null) throw new Refusal('request.not_found', { request: id });
  const decider = await deciderOf(work);
  if (!mayInGroup('see-requests', decider, group) && decider.id !== found.user_id) {
    throw new Refusal('request.not_found', { request: id });
  }
  // Acting in the name of somebody who may lends a program nothing that it may not do itself (J-17, J-20).
  for (const who of new Set([work.by.actor, decider])) requireInGroup('decide-request', who, group);
  const request = await lockRequest(work.tx, id);
  if (request === null) throw new Refusal('request.not_found', { request: id });
  requireWaiting(request);
  if (kind !== undefined && kind !== request.kind) {
    throw new Refusal('request.other_kind', { request: id, kind: request.kind });
  }
  return { group, request };
}

/** Whoever decides: the person in whose name a program acts, else the actor. */
async function deciderOf({ tx, by }: Work): Promise<Actor> {
  if (by.onBehalfOf === null) return by.actor;
  const person = await findPerson(tx, by.onBehalfOf);
  if (person === null) throw new Refusal('user.inactive', { user: by.onBehalfOf });
  return person;
}

function requireWaiting({ id, state }: RequestRow): void {
  if (state !== 'pending') throw new Refusal('request.decided', { request: id, state });
}

async function end(
  work: Work,
  request: RequestRow,
  { state, reason }: { readonly state: 'approved' | 'denied' | 'cancelled'; readonly reason: string | null },
): Promise<RequestRow> {
  const { by } = work;
  const [byKind, byId] = by.onBehalfOf === null ? [by.actor.kind, by.actor.id] : ['user', by.onBehalfOf];
  const ended = await decideRequest(work.tx, request, { state, byKind, byId, reason });
  if (ended === null) throw new Refusal('request.decided', { request: request.id, state: 'decided' });
  await recordRequest(work, ended, state, reason);
  await tellRequesters(work.tx, [ended.n], work.rules.mail);
  return ended;
}

async function recordRequest(
  work: Work,
  { id, kind, group_n: group, user_n: user }: RequestRow,
  what: 'created' | 'approved' | 'denied' | 'cancelled',
  reason: string | null,
): Promise<void> {
  await record(work, {
    type: `request.${what}`,
    group,
    user,
    after: { request: { id, kind } },
    ...(reason === null ? {} : { reason }),
  });
}

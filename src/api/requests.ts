/** Joining and leaving: by a signed-in person for itself, by a program in a user's name (J-01 to J-13). */
import { z } from 'zod';
import type { Attribution } from '../core/attribution.ts';
import { isUuid, parseGroupId, parseUserId, type UserId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import {
  approveRequest,
  cancelRequest,
  denyRequest,
  joinGroup,
  leaveGroup,
  type Deciding,
  type WishGranted,
} from '../directory/requests.ts';
import { perform, type Work } from '../directory/work.ts';
import { answers, type BodyShape } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { listJoinable } from '../store/effective/joinable.ts';
import { findGroupRef, findUserRef } from '../store/effective/refs.ts';
import { findRequest, listRequests, type RequestRow, type RequestState } from '../store/requests.ts';
import { groupIdIn, readBody, readPaging, userIdIn } from './input.ts';
import { personAsking } from './people.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { actor, groupName, id as idShape, pageOf, paging, time } from './shapes.ts';

const text = z.string().trim().max(4_000);
const wish = z.strictObject({
  user: z.string().optional().describe('Who; a signed-in person leaves it out or names itself.'),
  reason: text.nullable().default(null),
});
const decision = z.strictObject({
  reason: text.nullable().default(null),
  kind: z.enum(['join', 'leave']).optional().describe('What it is taken for; another kind is refused.'),
  user: z.string().optional().describe('In whose name a program decides; the policies then ask that user.'),
});
const optional = (shape: z.ZodType): BodyShape => ({
  content: { 'application/json': shape },
  isRequired: false,
});

const states = ['pending', 'approved', 'denied', 'cancelled', 'expired'] as const;
const requestShape = z
  .object({
    id: idShape,
    kind: z.enum(['join', 'leave']),
    group: idShape,
    groupName: z.string(),
    user: idShape,
    userName: z.string().nullable(),
    state: z.enum(states),
    reason: z.string().nullable(),
    createdAt: time,
    expiresAt: time,
    decidedAt: time.nullable(),
    decidedBy: actor.nullable(),
    decisionReason: z.string().nullable(),
  })
  .meta({ id: 'JoinRequest' });
const doneShape = z.object({ outcome: z.enum(['joined', 'left']) });
const askedShape = z.object({ outcome: z.literal('requested'), request: requestShape });

export function requestRoutes(parts: ApiParts): readonly Route[] {
  const people = 'decided-by-policies';
  const decide = (name: string, summary: string, verb: Decide): Route => ({
    method: 'POST',
    path: `/requests/:id/${name}`,
    ...{ scope: 'requests.write', people, summary },
    body: optional(decision),
    answers: { 200: answers(requestShape, 'Muster-Cursor') },
    handle: (call) => decideRequest(parts, call, verb),
  });
  const wishRoute = (name: string, summary: string, verb: GrantWish): Route => ({
    method: 'POST',
    path: `/groups/:id/${name}`,
    ...{ scope: 'requests.write', people, summary },
    body: optional(wish),
    answers: { 200: answers(doneShape, 'Muster-Cursor'), 202: answers(askedShape, 'Muster-Cursor') },
    handle: (call) => makeWish(parts, call, verb),
  });
  return [
    wishRoute('join', 'Lets a user join a group, or asks for it', joinGroup),
    wishRoute('leave', 'Lets a user leave a group, or asks for it', leaveGroup),
    {
      method: 'GET',
      path: '/requests',
      ...{ scope: 'directory.read', people, summary: 'Requests to join and leave' },
      query: {
        ...paging,
        state: z.enum([...states, 'all']).default('pending'),
        group: idShape.describe('Only for this group.'),
        user: idShape.describe('Only of this user.'),
      },
      answers: { 200: answers(pageOf(requestShape)) },
      handle: (call) => getRequests(parts, call),
    },
    {
      method: 'GET',
      path: '/requests/:id',
      ...{ scope: 'directory.read', people, summary: 'One request' },
      answers: { 200: answers(requestShape) },
      handle: (call) => getRequest(parts, call),
    },
    decide('approve', 'Approves a request', approveRequest),
    decide('deny', 'Denies a request', denyRequest),
    decide('cancel', 'Takes a request back', cancelRequest),
    {
      method: 'GET',
      path: '/users/:id/joinable',
      ...{ scope: 'directory.read', people, summary: 'Groups that a user may join or ask to join' },
      query: paging,
      answers: {
        200: answers(
          pageOf(
            groupName.extend({
              description: z.string().nullable(),
              open: z.boolean(),
              public: z.boolean(),
              pending: z.boolean(),
            }),
          ),
        ),
      },
      handle: (call) => getJoinable(parts, call),
    },
  ];
}

type GrantWish = typeof joinGroup;
type Decide = (work: Work, deciding: Deciding) => Promise<RequestRow>;

async function makeWish(parts: ApiParts, call: Call, verb: GrantWish): Promise<Answer> {
  const group = groupIdIn(call.params);
  const { user: named, reason } = readBody(wish, await call.jsonIfAny());
  const person = call.by.actor.kind === 'user' ? call.by.actor : null;
  if (named === undefined && person === null) {
    throw new HttpProblem('request.invalid', 'user: a program has to say who joins or leaves.');
  }
  const user = named === undefined && person !== null ? person.id : requireUserId(named ?? '');
  const by = bySelfService(call.by, person === null ? user : null);
  const performed = await perform(parts.directory, by, (work) => verb(work, { group, user, reason }));
  return {
    status: performed.result.outcome === 'requested' ? 202 : 200,
    headers: await writtenAt(parts, performed),
    body: wishBody(performed.result),
  };
}

async function decideRequest(parts: ApiParts, call: Call, verb: Decide): Promise<Answer> {
  const request = requestIdIn(call);
  const { reason, kind, user } = readBody(decision, await call.jsonIfAny());
  const inNameOf = user === undefined ? null : requireUserId(user);
  if (inNameOf !== null && call.by.actor.kind === 'user' && inNameOf !== call.by.actor.id) {
    throw new Refusal('actor.not_allowed', { act: 'decide in the name of somebody else', group: null });
  }
  const by = bySelfService(call.by, call.by.actor.kind === 'user' ? null : inNameOf);
  const performed = await perform(parts.directory, by, (work) =>
    verb(work, { request, reason, ...(kind === undefined ? {} : { kind }) }),
  );
  return {
    status: 200,
    headers: await writtenAt(parts, performed),
    body: requestBody(performed.result),
  };
}

/** A person sees its own requests and those of the groups that it leads; group managers see all. */
async function getRequests(parts: ApiParts, call: Call): Promise<Answer> {
  const { database } = parts.directory;
  const [state, group, user] = [
    readState(call.query.get('state') ?? 'pending'),
    call.query.get('group'),
    call.query.get('user'),
  ];
  const paging = readPaging(
    parts.listKey,
    call.query,
    `requests ${state ?? ''} ${group ?? ''} ${user ?? ''}`,
  );
  const groupId = group === null ? null : parseGroupId(group);
  const userId = user === null ? null : parseUserId(user);
  const foundGroup = groupId === null ? null : await findGroupRef(database, groupId);
  const foundUser = userId === null ? null : await findUserRef(database, userId);
  const person = personAsking(call, 'groups.manage');
  const isUnknown = (group !== null && foundGroup === null) || (user !== null && foundUser === null);
  // Whoever sees only what is theirs does not learn which groups and users there are.
  if (person !== null && isUnknown) return { status: 200, body: { items: [], next: null } };
  if (group !== null && foundGroup === null) throw new Refusal('group.not_found', { group });
  if (user !== null && foundUser === null) throw new Refusal('user.not_found', { user });
  const rows = await listRequests(database, paging.page, {
    ...{ state, group: foundGroup?.n ?? null, user: foundUser?.n ?? null },
    visible: person === null ? null : { groups: [...person.leads], user: person.n },
  });
  return {
    status: 200,
    body: { items: rows.map(requestBody), next: paging.next(rows.length, rows.at(-1)?.n) },
  };
}

async function getRequest(parts: ApiParts, call: Call): Promise<Answer> {
  const id = requestIdIn(call);
  const row = await findRequest(parts.directory.database, id);
  const person = personAsking(call, 'groups.manage');
  const isVisible =
    row !== null && (person === null || row.user_n === person.n || person.leads.has(row.group_n));
  if (!isVisible) throw new Refusal('request.not_found', { request: id });
  return { status: 200, body: requestBody(row) };
}

async function getJoinable(parts: ApiParts, call: Call): Promise<Answer> {
  const { database } = parts.directory;
  const person = personAsking(call, 'users.manage');
  const id = userIdIn(call.params);
  const user = await findUserRef(database, id);
  if (user === null || (person !== null && person.n !== user.n)) {
    throw new Refusal('user.not_found', { user: id });
  }
  const paging = readPaging(parts.listKey, call.query, `joinable ${id}`);
  const rows = await listJoinable(database, user.n, paging.page);
  const items = rows.map(({ id: group, name, description, open, public: isPublic, pending }) => ({
    id: group,
    name,
    description,
    open,
    public: isPublic,
    pending,
  }));
  return { status: 200, body: { items, next: paging.next(rows.length, rows.at(-1)?.n) } };
}

/** What follows from somebody's own wish is asserted by `self-service`, whoever hands it in or decides of it. */
function bySelfService(by: Attribution, onBehalfOf: UserId | null): Attribution {
  return { ...by, source: 'self-service', onBehalfOf };
}

function requireUserId(named: string): UserId {
  const user = parseUserId(named);
  if (user === null) throw new Refusal('user.not_found', { user: named });
  return user;
}

function requestIdIn({ params }: Call): string {
  const id = params.id ?? '';
  if (!isUuid(id)) throw new Refusal('request.not_found', { request: id });
  return id;
}

function readState(said: string): RequestState | null {
  const state = states.find((one) => one === said);
  if (state !== undefined) return state;
  if (said === 'all') return null;
  throw new HttpProblem('request.invalid', `state must be one of ${states.join(', ')}, all.`);
}

function wishBody(granted: WishGranted): object {
  return granted.outcome === 'requested'
    ? { outcome: granted.outcome, request: requestBody(granted.request) }
    : { outcome: granted.outcome };
}

/** A request as this door and the command line tell it. */
export function requestBody(row: RequestRow): object {
  return {
    id: row.id,
    kind: row.kind,
    group: row.group_id,
    groupName: row.group_name,
    user: row.user_id,
    userName: row.user_name,
    state: row.state,
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    decidedAt: row.decided_at?.toISOString() ?? null,
    decidedBy:
      row.decided_by_kind === null ? null : { kind: row.decided_by_kind, id: row.decided_by_id ?? '' },
    decisionReason: row.decision_reason,
  };
}

/** Members of groups: lists, by the index where it is there, and single memberships. */
import { z } from 'zod';
import { parseGroupId, parseUserId } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import type { MemberList } from '../effective/asks.ts';
import { editMembership, type MembershipEdit } from '../plans/edits/group-edits.ts';
import {
  countMembers,
  directMembersPage,
  effectiveMembersPage,
  idsOfMembers,
  type MemberRow,
  type Page,
} from '../store/effective/membership.ts';
import { findGroupRef, type FoundGroup } from '../store/effective/refs.ts';
import { expiryOfMembership } from '../store/expiry.ts';
import { answers, answersNothing, type BodyShape } from '../http/operation.ts';
import { isKnown } from './entity-tag.ts';
import { groupIdIn, readBody, readClaim, readPaging } from './input.ts';
import { type ApiParts, cursorHeader, writtenAt } from './parts.ts';
import { requireSight } from './people.ts';
import { answerHeld, heldAnswer } from './plan-shapes.ts';
import type { Answer, Call, Route } from './route.ts';
import { listDifference, listPastMembers, differenceShape } from './past-members.ts';
import { claim, cursor, id as idShape, kindOfMember, memberId, paging, time } from './shapes.ts';

const membership = z.strictObject({
  expiresAt: z.iso
    .datetime({ offset: true })
    .nullable()
    .optional()
    .describe('When it ends by itself; null for never. Left out, what is there stays.'),
});

const membershipBody: BodyShape = { content: { 'application/json': membership }, isRequired: false };
const membersShape = z
  .object({
    group: idShape,
    effective: z.boolean(),
    at: time.optional().describe('The past moment that was asked about.'),
    total: z.int(),
    members: z.array(z.object({ type: kindOfMember, id: idShape, direct: z.boolean() })),
    next: cursor.nullable(),
  })
  .meta({ id: 'Members' });
const writtenShape = z.object({
  group: idShape,
  member: memberId,
  expiresAt: z.iso.datetime({ offset: true }).nullable(),
});

const effective = claim('Everybody in it through any depth; else what it lists itself.');

export function memberRoutes(parts: ApiParts): readonly Route[] {
  const path = '/groups/:id/members';
  return [
    {
      method: 'GET',
      path,
      scope: 'directory.read',
      people: 'decided-by-policies',
      summary: 'Members of a group, direct or effective',
      query: { ...paging, effective, at: time.describe('A past moment: who was in it then.') },
      answers: {
        200: answers(membersShape, 'ETag', 'Muster-Cursor'),
        304: answersNothing('ETag', 'Muster-Cursor'),
      },
      handle: (call) => listMembers(parts, call),
    },
    {
      method: 'GET',
      path: '/groups/:id/difference',
      scope: 'directory.read',
      summary: 'Who joined and left a group, net, between two moments',
      query: {
        ...paging,
        effective,
        at: time.describe('The earlier moment.'),
        until: time.describe('The later moment; now when left out.'),
      },
      answers: { 200: answers(differenceShape) },
      handle: (call) => listDifference(parts, call),
    },
    ...(['users', 'groups'] as const).flatMap((kind): Route[] => [
      {
        method: 'PUT',
        path: `${path}/${kind}/:memberId`,
        scope: 'directory.write',
        people: 'decided-by-policies',
        summary: `Makes one of the ${kind} a direct member`,
        body: membershipBody,
        answers: {
          200: answers(writtenShape, 'Muster-Cursor'),
          201: answers(writtenShape, 'Muster-Cursor'),
          ...(kind === 'groups' ? { 202: heldAnswer } : {}),
        },
        handle: (call) => putMember(parts, call, kind),
      },
      {
        method: 'DELETE',
        path: `${path}/${kind}/:memberId`,
        scope: 'directory.write',
        people: 'decided-by-policies',
        summary: `Ends the direct membership of one of the ${kind}`,
        answers: {
          204: answersNothing('Muster-Cursor'),
          ...(kind === 'groups' ? { 202: heldAnswer } : {}),
        },
        handle: (call) => deleteMember(parts, call, kind),
      },
    ]),
  ];
}

/**
 * A page of members in the order in which they came to be. The tag covers the whole list, so a reader that has it
 * is answered 304 without anything being expanded (P-04); the closure's answers carry none.
 */
async function listMembers(parts: ApiParts, call: Call): Promise<Answer> {
  if ((call.query.get('at') ?? '') !== '') return listPastMembers(parts, call);
  const id = groupIdIn(call.params);
  await requireSight(parts, call, { group: id, act: 'see-members' });
  const list: MemberList = readClaim(call.query, 'effective') ? 'effective' : 'direct';
  const paging = readPaging(parts.listKey, call.query, `members ${list} ${id}`);
  const group = await findGroupRef(parts.directory.database, id);
  if (group === null) throw new Refusal('group.not_found', { group: id });
  const headers = cursorHeader(parts, { kind: 'end', batch: group.head });
  const tagOf = (hash: string): string => `"${hash}.${list}.${paging.page.after}.${paging.page.limit}"`;

  const condition = call.header('If-None-Match');
  const known = condition === null ? null : await parts.index.tag(group.n, group.position);
  if (known !== null && isKnown(condition, tagOf(known))) {
    return { status: 304, headers: { ...headers, ETag: tagOf(known) }, body: null };
  }
  const { members, total, tag } = await readMembers(parts, group, { list, page: paging.page });
  return {
    status: 200,
    headers: tag === null ? headers : { ...headers, ETag: tagOf(tag) },
    body: {
      group: id,
      effective: list === 'effective',
      total,
      members: members.map(({ id: member, kind, direct }) => ({
        type: kind === 'u' ? 'user' : 'group',
        id: member,
        direct,
      })),
      next: paging.next(members.length, members.at(-1)?.n),
    },
  };
}

type Member = Omit<MemberRow, 'n'> & { readonly n: number };

interface Members {
  readonly members: readonly Member[];
  readonly total: number;
  readonly tag: string | null;
}

async function readMembers(
  { index, directory: { database } }: ApiParts,
  group: FoundGroup,
  { list, page }: { readonly list: MemberList; readonly page: Page },
): Promise<Members> {
  const indexed = await index.page({ group: group.n, list, ...page }, group.position);
  if (indexed === null) {
    const read = list === 'effective' ? effectiveMembersPage : directMembersPage;
    const [members, total] = await Promise.all([
      read(database, group.n, page),
      countMembers(database, group.n, list),
    ]);
    return { members, total, tag: null };
  }
  const ids = await idsOfMembers(
    database,
    indexed.members.map(({ n }) => n),
  );
  const members = indexed.members.flatMap(({ n, direct }) => {
    const found = ids.get(n);
    return found === undefined ? [] : [{ ...found, n, direct }];
  });
  return { members, total: indexed.total, tag: indexed.tag };
}

type MembersKind = 'users' | 'groups';

async function putMember(parts: ApiParts, call: Call, kind: MembersKind): Promise<Answer> {
  const group = groupIdIn(call.params);
  const member = memberIn(call, kind);
  const hasBody = (call.header('Content-Length') ?? '0') !== '0' || call.header('Transfer-Encoding') !== null;
  const { expiresAt } = readBody(membership, hasBody ? await call.json() : {});
  const until = typeof expiresAt === 'string' ? new Date(expiresAt) : expiresAt;
  const written = await editMembership(parts, call.by, { do: 'add', group, member, expiresAt: until });
  const held = await answerHeld(parts, written);
  if (held !== null) return held;
  const pair = { group, member: member.id, source: call.by.source };
  const ends = await expiryOfMembership(parts.directory.database, pair);
  return {
    status: written.result.result.added.length > 0 ? 201 : 200,
    headers: await writtenAt(parts, written),
    body: { group, member, expiresAt: ends?.toISOString() ?? null },
  };
}

async function deleteMember(parts: ApiParts, call: Call, kind: MembersKind): Promise<Answer> {
  const group = groupIdIn(call.params);
  const member = memberIn(call, kind);
  const written = await editMembership(parts, call.by, { do: 'remove', group, member });
  const held = await answerHeld(parts, written);
  return held ?? { status: 204, headers: await writtenAt(parts, written), body: null };
}

function memberIn({ params }: Call, kind: MembersKind): MembershipEdit['member'] {
  const text = params.memberId ?? '';
  if (kind === 'users') {
    const id = parseUserId(text);
    if (id !== null) return { type: 'user', id };
  } else {
    const id = parseGroupId(text);
    if (id !== null) return { type: 'group', id };
  }
  throw new Refusal('member.not_found', { members: [text] });
}

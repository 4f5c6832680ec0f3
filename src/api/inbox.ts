/** What people were told: a signed-in person reads its own, a program a user's. */
import { z } from 'zod';
import { isUuid, parseUserId, type UserN } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { answers, answersNothing } from '../http/operation.ts';
import { HttpProblem } from '../http/problem.ts';
import { type InboxRow, listInbox, markInboxItemRead } from '../store/inbox.ts';
import { findUserRef } from '../store/effective/refs.ts';
import { readClaim, readPaging } from './input.ts';
import type { ApiParts } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { claim, groupName, id as idShape, pageOf, paging, time } from './shapes.ts';

const itemShape = z
  .object({
    id: idShape,
    type: z.string().describe('What happened, such as request.created, request.approved or plan.held.'),
    at: time,
    readAt: time.nullable(),
    group: groupName.nullable(),
    request: z
      .object({
        id: idShape,
        kind: z.string(),
        reason: z.string().nullable(),
        decisionReason: z.string().nullable(),
      })
      .nullable(),
    about: z.object({ id: idShape, userName: z.string().nullable() }).nullable(),
    plan: z.object({ id: idShape, title: z.string() }).nullable().describe('The plan that was held.'),
  })
  .meta({ id: 'InboxItem' });

export function inboxRoutes(parts: ApiParts): readonly Route[] {
  const people = 'decided-by-policies';
  return [
    {
      method: 'GET',
      path: '/inbox',
      ...{ scope: 'directory.read', people, summary: 'What a user was told, the newest first' },
      query: {
        ...paging,
        user: idShape.describe('Whose; a signed-in person reads its own.'),
        unread: claim('Only what nobody has read.'),
      },
      answers: { 200: answers(pageOf(itemShape)) },
      handle: (call) => getInbox(parts, call),
    },
    {
      method: 'POST',
      path: '/inbox/:id/read',
      ...{ scope: 'requests.write', people, summary: 'Marks what a user was told as read' },
      answers: { 204: answersNothing() },
      handle: async (call) => {
        const id = call.params.id ?? '';
        const reader = call.by.actor.kind === 'user' ? call.by.actor.n : null;
        const isMarked = isUuid(id) && (await markInboxItemRead(parts.directory.database, id, reader));
        if (!isMarked) throw new Refusal('inbox.not_found', { item: id });
        return { status: 204, body: null };
      },
    },
  ];
}

async function getInbox(parts: ApiParts, call: Call): Promise<Answer> {
  const only = readClaim(call.query, 'unread') ? 'unread' : 'all';
  const reader = await readerOf(parts, call);
  const page = readPaging(parts.listKey, call.query, `inbox ${reader} ${only}`);
  const rows = await listInbox(parts.directory.database, reader, { page: page.page, only });
  return { status: 200, body: { items: rows.map(itemBody), next: page.next(rows.length, rows.at(-1)?.n) } };
}

async function readerOf({ directory }: ApiParts, call: Call): Promise<UserN> {
  const { actor } = call.by;
  const named = call.query.get('user');
  if (actor.kind === 'user' && (named === null || named === actor.id)) return actor.n;
  if (named === null) throw new HttpProblem('request.invalid', 'user: a program has to say whose inbox.');
  const id = parseUserId(named);
  const user = id === null || actor.kind === 'user' ? null : await findUserRef(directory.database, id);
  if (user === null) throw new Refusal('user.not_found', { user: named });
  return user.n;
}

function itemBody(row: InboxRow): object {
  return {
    id: row.id,
    type: row.type,
    at: row.at.toISOString(),
    readAt: row.read_at?.toISOString() ?? null,
    group: row.group_id === null ? null : { id: row.group_id, name: row.group_name ?? '' },
    request:
      row.request_id === null
        ? null
        : {
            id: row.request_id,
            kind: row.request_kind ?? '',
            reason: row.request_reason,
            decisionReason: row.decision_reason,
          },
    about: row.about_id === null ? null : { id: row.about_id, userName: row.about_name },
    plan: row.plan_id === null ? null : { id: row.plan_id, title: row.plan_title ?? '' },
  };
}

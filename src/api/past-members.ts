/** Members of groups as of past moments, and the difference between two (D-23). Read from the database alone. */
import { z } from 'zod';
import type { GroupId } from '../core/ids.ts';
import { type Moment, momentBehind, requireInOrder } from '../core/moment.ts';
import { Refusal } from '../core/refusal.ts';
import { HttpProblem } from '../http/problem.ts';
import type { Tx } from '../store/database.ts';
import { readFeedHead } from '../store/effective/feed-pages.ts';
import {
  countPastMembers,
  findPastGroup,
  movedBetween,
  type PastList,
  pastMembersPage,
  readKeptHistory,
} from '../store/effective/as-of.ts';
import { groupIdIn, momentIn, readClaim, readPaging } from './input.ts';
import { type ApiParts, cursorHeader } from './parts.ts';
import type { Answer, Call } from './route.ts';
import { cursor, id, kindOfMember } from './shapes.ts';

export const differenceShape = z
  .object({
    group: id,
    effective: z.boolean(),
    at: z.string(),
    until: z.string(),
    items: z.array(z.object({ type: kindOfMember, id, change: z.enum(['joined', 'left']) })),
    next: cursor.nullable(),
  })
  .meta({ id: 'MembersDifference' });

/** `GET /groups/{id}/members?at=`: as the list of now, without entity tag, for what is past does not change. */
export async function listPastMembers(parts: ApiParts, call: Call): Promise<Answer> {
  return reading(parts, async (tx) => {
    const { group, list, at } = await askedFor(tx, parts, call);
    const paging = readPaging(parts.listKey, call.query, `members ${list} ${group} ${at}`);
    const past = { group: await pastNumber(tx, group, at), list, at };
    const members = await pastMembersPage(tx, past, paging.page);
    return {
      status: 200,
      headers: cursorHeader(parts, { kind: 'end', batch: await readFeedHead(tx) }),
      body: {
        group,
        effective: list === 'effective',
        at,
        total: await countPastMembers(tx, past),
        members: members.map(({ id: member, kind, direct }) => ({ type: typeOf(kind), id: member, direct })),
        next: paging.next(members.length, members.at(-1)?.n),
      },
    };
  });
}

/** `GET /groups/{id}/difference?at=&until=`: who is in it at one of the two moments alone. Refuses them the wrong way round. */
export async function listDifference(parts: ApiParts, call: Call): Promise<Answer> {
  return reading(parts, async (tx) => {
    const { group, list, at } = await askedFor(tx, parts, call);
    const until =
      (await momentIn(tx, { query: call.query, ...parts }, 'until')) ?? (await momentOfNow(tx, parts));
    requireInOrder(at, until);
    const paging = readPaging(parts.listKey, call.query, `difference ${list} ${group} ${at}`);
    const past = { group: await pastNumber(tx, group, at), list, at, until };
    const moved = await movedBetween(tx, past, paging.page);
    return {
      status: 200,
      body: {
        ...{ group, effective: list === 'effective', at, until },
        items: moved.map(({ id: member, kind, joined }) => ({
          type: typeOf(kind),
          id: member,
          change: joined ? 'joined' : 'left',
        })),
        next: paging.next(moved.length, moved.at(-1)?.n),
      },
    };
  });
}

function reading(parts: ApiParts, read: (tx: Tx) => Promise<Answer>): Promise<Answer> {
  return parts.directory.database.transaction(read, { isolation: 'repeatable read', readOnly: true });
}

async function askedFor(
  tx: Tx,
  { historyDays }: ApiParts,
  { params, query }: Call,
): Promise<{ readonly group: GroupId; readonly list: PastList; readonly at: Moment }> {
  const group = groupIdIn(params);
  const list = readClaim(query, 'effective') ? 'effective' : 'direct';
  const at = await momentIn(tx, { query, historyDays }, 'at');
  if (at === null) throw new HttpProblem('request.invalid', 'at is missing: say from which moment on.');
  return { group, list, at };
}

async function pastNumber(tx: Tx, group: GroupId, at: Moment) {
  const found = await findPastGroup(tx, group, at);
  if (found === null) throw new Refusal('group.not_found', { group });
  return found.n;
}

async function momentOfNow(tx: Tx, { historyDays }: ApiParts): Promise<Moment> {
  return momentBehind((await readKeptHistory(tx, historyDays)).until);
}

function typeOf(kind: 'u' | 'g'): 'user' | 'group' {
  return kind === 'u' ? 'user' : 'group';
}

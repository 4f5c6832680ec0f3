/** Rows of the feed as this door writes them (interface.md, GET /changes). */
import { z } from 'zod';
import type { Cursors } from '../core/cursor.ts';
import type { Connection } from '../store/database.ts';
import type { FeedRow } from '../store/effective/feed-pages.ts';
import { idsOfMembers } from '../store/effective/membership.ts';
import { actor, cursor as cursorShape, groupName, id, json, memberId, origin, time } from './shapes.ts';

type Ids = Awaited<ReturnType<typeof idsOfMembers>>;

/** One entry; its `cursor` is the place behind it. */
export interface ChangeBody {
  readonly cursor: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

const userName = z.object({ id, userName: z.string().nullable() });

/** An entry of the feed; which parts it has follows from its type. */
export const changeShape = z
  .object({
    cursor: cursorShape,
    type: z.string(),
    at: time,
    actor: actor.optional(),
    onBehalfOf: z.string().nullable().optional(),
    source: z.string().nullable().optional(),
    origin: origin.nullable().optional(),
    requestId: z.string().nullable().optional(),
    reason: z.string().optional(),
    group: groupName.optional(),
    user: userName.optional(),
    added: z.array(memberId.extend({ line: z.int().optional() })).optional(),
    removed: z.array(memberId.extend({ line: z.int().optional() })).optional(),
    before: json.optional(),
    after: json.optional(),
    entitlement: z.object({ kind: z.enum(['role', 'permission']), name: z.string() }).optional(),
    gained: z.array(id).optional(),
    lost: z.array(id).optional(),
    joined: z.array(id).optional(),
    left: z.array(id).optional(),
    part: z.int().optional(),
    parts: z.int().optional(),
    causes: z.array(cursorShape).optional(),
    causesTotal: z.int().optional(),
  })
  .meta({ id: 'Change' });

/** Bodies of rows, with the numbers of members turned into ids in one statement. */
export async function changeBodies(
  connection: Connection,
  cursors: Cursors,
  rows: readonly FeedRow[],
): Promise<ChangeBody[]> {
  const numbers = new Set(rows.flatMap(({ added, removed }) => [...(added ?? []), ...(removed ?? [])]));
  const ids: Ids = numbers.size === 0 ? new Map() : await idsOfMembers(connection, [...numbers]);
  return rows.map((row) => {
    const cursor = cursors.seal({ kind: 'row', xid: row.xid, seq: row.seq });
    const entry = { cursor, type: row.type, at: row.at.toISOString() };
    if (row.type === 'membership.effective') return { ...entry, ...effectiveBody(row, ids, cursors) };
    if (row.type === 'entitlement.changed') return { ...entry, ...entitlementBody(row, ids, cursors) };
    return { ...entry, ...authorBody(row), ...matterBody(row, ids) };
  });
}

function effectiveBody(row: FeedRow, ids: Ids, cursors: Cursors): object {
  return {
    group: groupBody(row),
    joined: usersOf(ids, row.added),
    left: usersOf(ids, row.removed),
    ...derivedBody(row, cursors),
  };
}

/** `after` is the role or permission, as `{kind, name}`. */
function entitlementBody(row: FeedRow, ids: Ids, cursors: Cursors): object {
  return {
    entitlement: row.after,
    gained: usersOf(ids, row.added),
    lost: usersOf(ids, row.removed),
    ...derivedBody(row, cursors),
  };
}

function usersOf(ids: Ids, numbers: readonly number[] | null): unknown[] {
  return (numbers ?? []).map((n) => ids.get(n)?.id).filter((id) => id !== undefined);
}

function derivedBody(row: FeedRow, cursors: Cursors): object {
  return {
    part: row.part,
    parts: row.parts,
    causes: (row.causes ?? []).map(([xid, seq]) => cursors.seal({ kind: 'row', xid, seq })),
    causesTotal: row.causes_total,
  };
}

function authorBody(row: FeedRow): object {
  return {
    actor: { kind: row.actor_kind, id: row.actor_id },
    onBehalfOf: row.on_behalf_of,
    source: row.source,
    origin: originBody(row),
    requestId: row.request_id,
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}

function matterBody(row: FeedRow, ids: Ids): object {
  const group = row.group_id === null ? {} : { group: groupBody(row) };
  if (row.type === 'membership.direct') {
    return {
      ...group,
      added: membersBody(ids, row.added, row.added_lines),
      removed: membersBody(ids, row.removed, row.removed_lines),
    };
  }
  const user = row.user_id === null ? {} : { user: { id: row.user_id, userName: row.user_name } };
  return { ...group, ...user, before: row.before ?? null, after: row.after ?? null };
}

function membersBody(
  ids: Ids,
  numbers: readonly number[] | null,
  lines: readonly (number | null)[] | null,
): object[] {
  return (numbers ?? []).flatMap((n, at) => {
    const member = ids.get(n);
    if (member === undefined) return [];
    const line = lines?.[at] ?? null;
    const type = member.kind === 'u' ? 'user' : 'group';
    return [{ type, id: member.id, ...(line === null ? {} : { line }) }];
  });
}

function groupBody({ group_id: id, group_name: name }: FeedRow): object {
  return { id, name };
}

function originBody({ origin_kind: kind, origin_name: name, origin_sha256: sha256 }: FeedRow): object | null {
  if (kind === null) return null;
  return kind === 'file' ? { kind, name, sha256 } : { kind, id: name };
}

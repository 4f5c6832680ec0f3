/** Groups with their flags and roles. */
import { z } from 'zod';
import type { GroupId } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { perform, type Performed } from '../directory/work.ts';
import { deleteGroupUnderGuards, patchGroup } from '../plans/edits/group-edits.ts';
import { groupFlags, groupPatch, groupRoles, makeGroup } from '../plans/edits/group-patch.ts';
import { findListedGroup, listGroupPage, type ListedGroupRow } from '../store/effective/listing.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { isKnown, readIfMatch, versionTag } from './entity-tag.ts';
import { groupIdIn, readBody, readPaging } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import { requireSight } from './people.ts';
import { answerHeld, heldAnswer } from './plan-shapes.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, kindOfMember, MERGE_PATCH, pageOf, paging, time } from './shapes.ts';

const creation = groupPatch.required({ name: true });

const groupShape = z
  .object({
    id: idShape,
    name: z.string(),
    kind: z.string(),
    ...groupFlags,
    roles: groupRoles,
    permissions: z.array(z.string()),
    leaders: z.array(z.object({ type: kindOfMember, id: idShape })),
    trustedSources: z.array(z.string()),
    rule: z.string().nullable(),
    version: z.int(),
    created: time,
    lastModified: time,
  })
  .meta({ id: 'Group' });

export function groupRoutes(parts: ApiParts): readonly Route[] {
  const [reading, writing] = [{ scope: 'directory.read' }, { scope: 'directory.write' }] as const;
  return [
    {
      method: 'GET',
      path: '/groups',
      ...reading,
      summary: 'Groups, in the order in which they came to be',
      query: { ...paging, name: z.string().describe('Only the group of this name.') },
      answers: { 200: answers(pageOf(groupShape)) },
      handle: (call) => listGroups(parts, call),
    },
    {
      method: 'POST',
      path: '/groups',
      ...writing,
      summary: 'Creates a group',
      body: takes(creation),
      answers: { 201: answers(groupShape, 'Location', 'ETag', 'Muster-Cursor') },
      handle: (call) => postGroup(parts, call),
    },
    {
      method: 'GET',
      path: '/groups/:id',
      ...reading,
      people: 'decided-by-policies',
      summary: 'One group',
      answers: { 200: answers(groupShape, 'ETag'), 304: answersNothing('ETag') },
      handle: (call) => getGroup(parts, call),
    },
    {
      method: 'PATCH',
      path: '/groups/:id',
      ...writing,
      summary: 'Changes a group (RFC 7396)',
      body: takes(groupPatch, MERGE_PATCH),
      answers: { 200: answers(groupShape, 'ETag', 'Muster-Cursor'), 202: heldAnswer },
      handle: (call) => patchOneGroup(parts, call),
    },
    {
      method: 'DELETE',
      path: '/groups/:id',
      ...writing,
      summary: 'Deletes a group',
      answers: { 204: answersNothing('Muster-Cursor'), 202: heldAnswer },
      handle: (call) => removeGroup(parts, call),
    },
  ];
}

async function listGroups({ directory, listKey }: ApiParts, { query }: Call): Promise<Answer> {
  const paging = readPaging(listKey, query, 'groups');
  const name = query.get('name');
  const rows = await listGroupPage(directory.database, paging.page, name === null ? null : foldName(name));
  return {
    status: 200,
    body: { items: rows.map(groupBody), next: paging.next(rows.length, rows.at(-1)?.n) },
  };
}

async function getGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const id = groupIdIn(call.params);
  await requireSight(parts, call, { group: id, act: 'show' });
  const row = await requireGroup(parts, id);
  const tag = versionTag(row.version);
  if (isKnown(call.header('If-None-Match'), tag)) return { status: 304, headers: { ETag: tag }, body: null };
  return { status: 200, headers: { ETag: tag }, body: groupBody(row) };
}

async function postGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const wanted = readBody(creation, await call.json());
  const performed = await perform(parts.directory, call.by, (work) => makeGroup(parts, work, wanted));
  const answer = await answerWritten(parts, 201, performed);
  const location = `${parts.baseUrl}/api/v1/groups/${performed.result}`;
  return { ...answer, headers: { ...answer.headers, Location: location } };
}

async function patchOneGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const group = groupIdIn(call.params);
  const patch = readBody(groupPatch, await call.json(MERGE_PATCH));
  const ifMatch = readIfMatch(call.header('If-Match'));
  const written = await patchGroup(parts, call.by, { group, ifMatch, patch });
  return (await answerHeld(parts, written)) ?? answerWritten(parts, 200, { ...written, result: group });
}

async function removeGroup(parts: ApiParts, call: Call): Promise<Answer> {
  const group = groupIdIn(call.params);
  const ifMatch = readIfMatch(call.header('If-Match'));
  const written = await deleteGroupUnderGuards(parts, call.by, { group, ifMatch });
  const held = await answerHeld(parts, written);
  return held ?? { status: 204, headers: await writtenAt(parts, written), body: null };
}

async function answerWritten(
  parts: ApiParts,
  status: 200 | 201,
  performed: Performed<GroupId>,
): Promise<Answer> {
  const row = await requireGroup(parts, performed.result);
  const headers = { ...(await writtenAt(parts, performed)), ETag: versionTag(row.version) };
  return { status, headers, body: groupBody(row) };
}

async function requireGroup({ directory }: ApiParts, id: GroupId): Promise<ListedGroupRow> {
  const row = await findListedGroup(directory.database, id);
  if (row === null) throw new Refusal('group.not_found', { group: id });
  return row;
}

/** A group as this door and the command line tell it. */
export function groupBody(row: ListedGroupRow): object {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    description: row.description,
    internal: row.internal,
    hidden: row.hidden,
    open: row.open,
    public: row.public,
    restricted: row.restricted,
    autoLeave: row.auto_leave,
    roles: row.roles,
    permissions: row.permissions,
    leaders: row.leaders,
    trustedSources: row.trusted_sources,
    rule: row.rule,
    reservedTo: row.reserved_to,
    consoleBesides: row.console_besides,
    version: row.version,
    created: row.created_at.toISOString(),
    lastModified: row.modified_at.toISOString(),
  };
}

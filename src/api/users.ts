/** Users, the groups they are in, and what those give them. */
import { z } from 'zod';
import type { UserId } from '../core/ids.ts';
import { foldName } from '../core/names.ts';
import { Refusal } from '../core/refusal.ts';
import { isObject, type JsonObject, type Json, omit } from '../core/scim/json.ts';
import { profiles } from '../core/scim/profile.ts';
import { readResource } from '../core/scim/resource-read.ts';
import { changeUser, createUser, deleteUser, type NewUser, type UserState } from '../directory/users.ts';
import { perform, type Performed } from '../directory/work.ts';
import { listUserPage } from '../store/effective/listing.ts';
import { externalIdIssuer, findUser, type UserRow } from '../store/users.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { isKnown, readIfMatch, versionTag } from './entity-tag.ts';
import { readBody, readPaging, userIdIn } from './input.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, MERGE_PATCH, pageOf, paging, time } from './shapes.ts';

const json = z.custom<Json>((value) => value !== undefined);
const body = z.strictObject({
  userName: z.string().optional(),
  active: z.boolean().optional(),
  externalId: z.string().max(1_000).nullable().optional(),
  /** SCIM attributes by their names; on a PATCH each replaces the one of its name, null takes it away. */
  attributes: z.record(z.string(), json).optional(),
});
const creation = body.required({ userName: true });
type Body = z.output<typeof body>;

const userShape = z
  .object({
    id: idShape,
    userName: z.string().nullable(),
    active: z.boolean(),
    stub: z.boolean(),
    externalId: z.string().nullable(),
    attributes: z.record(z.string(), z.unknown()),
    version: z.int(),
    created: time,
    lastModified: time,
  })
  .meta({ id: 'User' });

/** What a user has besides SCIM attributes, under names of its own. */
const APART = ['userName', 'active', 'externalId', 'password', 'id', 'meta', 'schemas', 'groups'];

export function userRoutes(parts: ApiParts): readonly Route[] {
  const [reading, writing] = [{ scope: 'directory.read' }, { scope: 'directory.write' }] as const;
  return [
    {
      method: 'GET',
      path: '/users',
      ...reading,
      summary: 'Users, in the order in which they came to be',
      query: { ...paging, userName: z.string().describe('Only the user of this name.') },
      answers: { 200: answers(pageOf(userShape)) },
      handle: (call) => listUsers(parts, call),
    },
    {
      method: 'POST',
      path: '/users',
      ...writing,
      summary: 'Creates a user',
      body: takes(creation),
      answers: { 201: answers(userShape, 'Location', 'ETag', 'Muster-Cursor') },
      handle: (call) => postUser(parts, call),
    },
    {
      method: 'GET',
      path: '/users/:id',
      ...reading,
      summary: 'One user',
      answers: { 200: answers(userShape, 'ETag'), 304: answersNothing('ETag') },
      handle: (call) => getUser(parts, call),
    },
    {
      method: 'PATCH',
      path: '/users/:id',
      ...writing,
      summary: 'Changes a user (RFC 7396)',
      body: takes(body, MERGE_PATCH),
      answers: { 200: answers(userShape, 'ETag', 'Muster-Cursor') },
      handle: (call) => patchUser(parts, call),
    },
    {
      method: 'DELETE',
      path: '/users/:id',
      ...writing,
      summary: 'Deletes a user',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: (call) => removeUser(parts, call),
    },
  ];
}

async function listUsers({ directory, listKey }: ApiParts, { query, client }: Call): Promise<Answer> {
  const paging = readPaging(listKey, query, 'users');
  const name = query.get('userName');
  const rows = await listUserPage(directory.database, paging.page, {
    nameKey: name === null ? null : foldName(name),
    source: client.sourceN,
  });
  return { status: 200, body: { items: rows.map(userBody), next: paging.next(rows.length, rows.at(-1)?.n) } };
}

async function getUser(parts: ApiParts, call: Call): Promise<Answer> {
  const row = await requireUser(parts, call, userIdIn(call.params));
  const tag = versionTag(row.version);
  if (isKnown(call.header('If-None-Match'), tag)) return { status: 304, headers: { ETag: tag }, body: null };
  return { status: 200, headers: { ETag: tag }, body: userBody(row) };
}

async function postUser(parts: ApiParts, call: Call): Promise<Answer> {
  const read = readBody(creation, await call.json());
  const nobody: UserState = { userName: null, active: true, externalId: null, document: {} };
  const user = edited(parts, nobody, read);
  const performed = await perform(
    parts.directory,
    call.by,
    async (work) => (await createUser(work, user)).id,
  );
  const answer = await answerWritten(parts, call, { status: 201, performed });
  const location = `${parts.baseUrl}/api/v1/users/${performed.result}`;
  return { ...answer, headers: { ...answer.headers, Location: location } };
}

async function patchUser(parts: ApiParts, call: Call): Promise<Answer> {
  const user = userIdIn(call.params);
  const read = readBody(body, await call.json(MERGE_PATCH));
  const ifMatch = readIfMatch(call.header('If-Match'));
  const performed = await perform(parts.directory, call.by, async (work) => {
    await changeUser(work, { user, ifMatch, edit: (current) => edited(parts, current, read) });
    return user;
  });
  return answerWritten(parts, call, { status: 200, performed });
}

async function removeUser(parts: ApiParts, call: Call): Promise<Answer> {
  const user = userIdIn(call.params);
  const ifMatch = readIfMatch(call.header('If-Match'));
  const performed = await perform(parts.directory, call.by, (work) => deleteUser(work, { user, ifMatch }));
  return { status: 204, headers: await writtenAt(parts, performed), body: null };
}

/** The state with what the body says of it. Attributes are read by the SCIM schema, as the other doors read them. */
function edited({ registry }: ApiParts, current: UserState, read: Body): NewUser {
  const userName = read.userName ?? current.userName;
  if (userName === null) throw new Refusal('user.invalid', { why: 'A user needs a userName.' });
  const merged = merge(current.document as JsonObject, read.attributes ?? {});
  const document = readResource(
    registry.user,
    { ...omit(merged, APART), userName },
    {
      profile: profiles.auto,
      note: () => undefined,
    },
  );
  return {
    userName,
    active: read.active ?? current.active,
    externalId: read.externalId === undefined ? current.externalId : read.externalId,
    document: omit(document, APART),
  };
}

/** RFC 7396: null takes away, an object goes into an object, anything else replaces. */
function merge(target: JsonObject, change: Readonly<Record<string, Json>>): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(change)) {
    const had = merged.get(name);
    if (value === null) merged.delete(name);
    else merged.set(name, isObject(value) && had !== undefined && isObject(had) ? merge(had, value) : value);
  }
  return Object.fromEntries(merged);
}

interface Written {
  readonly status: 200 | 201;
  readonly performed: Performed<UserId>;
}

async function answerWritten(parts: ApiParts, call: Call, { status, performed }: Written): Promise<Answer> {
  const row = await requireUser(parts, call, performed.result);
  const headers = { ...(await writtenAt(parts, performed)), ETag: versionTag(row.version) };
  return { status, headers, body: userBody(row) };
}

async function requireUser({ directory }: ApiParts, { client }: Call, user: UserId): Promise<UserRow> {
  const row = await findUser(directory.database, user, externalIdIssuer(client.sourceN));
  if (row === null) throw new Refusal('user.not_found', { user });
  return row;
}

function userBody(row: UserRow): object {
  return {
    id: row.id,
    userName: row.user_name,
    active: row.active,
    stub: row.stub,
    externalId: row.external_id,
    attributes: row.document,
    version: row.version,
    created: row.created_at.toISOString(),
    lastModified: row.modified_at.toISOString(),
  };
}

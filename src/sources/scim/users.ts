/** Users over SCIM (RFC 7644 §3). */
import { parseUserId, type UserId } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import type { JsonObject } from '../../core/scim/json.ts';
import { applyMutations } from '../../core/scim/patch-apply.ts';
import { normalisePatch, operationsAsJson } from '../../core/scim/patch-normalise.ts';
import { resolveOperation } from '../../core/scim/patch-resolve.ts';
import { project, type Projection, wants, wantsCore } from '../../core/scim/projection.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import { keepImmutable, readResource } from '../../core/scim/resource-read.ts';
import { musterUserSchema } from '../../core/scim/schemas/muster-user.ts';
import { adoptIntoNamespace } from '../../directory/conflicts.ts';
import { changeUser, createUser, deleteUser, type UserState } from '../../directory/users.ts';
import type { Work } from '../../directory/work.ts';
import type { Connection } from '../../store/database.ts';
import type { RowPlace } from '../../store/scim/order.ts';
import { listScimUsers } from '../../store/scim/list.ts';
import { findScimUser, type ScimUserRow, type UserExtras } from '../../store/scim/user-rows.ts';
import type { UserRow } from '../../store/users.ts';
import { type Answer, type Call, emptyAnswer, readerOf, resourceAnswer } from './call.ts';
import { listHead } from './list-answer.ts';
import { type ListRequest, readListRequest, readProjectionOf } from './list-query.ts';
import { isKnownTo, readPrecondition, requireReadable } from './precondition.ts';
import { entityTag, userResource } from './resource.ts';
import { documentOfUser, stateOfUser } from './user-state.ts';
import { writeFor } from './writing.ts';

/** RFC 7644 §3.4.1. Never 304 where the answer carries groups, whose changes do not move the version. */
export async function readUser(call: Call): Promise<Answer> {
  const type = call.caller.registry.user;
  const projection = readProjectionOf(call.query, type);
  const extras = extrasOf(type, projection);
  const row = await requireUser(call, call.parts.directory.database, idOf(call), extras);
  requireReadable(call, row.version);
  if (!extras.groups && isKnownTo(call, row.version)) {
    return { status: 304, headers: { ETag: entityTag(row.version) }, body: null };
  }
  return shown(call, row, projection, 200);
}

/** RFC 7644 §3.4.2. */
export async function listUsers(call: Call): Promise<Answer> {
  const request = readListRequest(call, call.caller.registry.user);
  const page = await findUsers(call, request);
  const head = listHead(call.parts, request, { ...page, shown: page.resources.length });
  return { status: 200, headers: {}, body: { ...head, Resources: page.resources } };
}

export interface FoundUsers {
  readonly resources: readonly JsonObject[];
  readonly total: number | null;
  readonly next: RowPlace | null;
}

/** A page of users, as resources. */
export async function findUsers(call: Call, { query, projection }: ListRequest): Promise<FoundUsers> {
  const type = call.caller.registry.user;
  const { view } = call.caller;
  const extras = extrasOf(type, projection);
  const { rows, total, next } = await listScimUsers(call.parts.directory.database, view, {
    ...query,
    extras,
  });
  return {
    resources: rows.map((row) => project(type, userResource(type, view.baseUrl, row), projection)),
    total,
    next,
  };
}

/** RFC 7644 §3.3. A stub that was waiting for the user becomes it and keeps its id. */
export async function postUser(call: Call): Promise<Answer> {
  const type = call.caller.registry.user;
  const projection = readProjectionOf(call.query, type);
  const document = readResource(type, call.body, readerOf(call));
  call.trace.normalised.push(() => document);
  const state = stateOfUser(document, 'active');
  const result = await writeFor(call, async (work) => {
    const { id, n } = await createUser(work, state);
    // A stub that another source made has become this user.
    if (call.caller.view.namespace === 'own') await adoptIntoNamespace(work, n);
    return requireUser(call, work.tx, id, extrasOf(type, projection));
  });
  const answer = shown(call, result, projection, 201);
  return { ...answer, headers: { ...answer.headers, Location: locationOf(call, result.id) } };
}

/** RFC 7644 §3.5.1: replaces; what is left out is cleared, but never whether the user is active. */
export async function putUser(call: Call): Promise<Answer> {
  const type = call.caller.registry.user;
  const projection = readProjectionOf(call.query, type);
  const document = readResource(type, call.body, readerOf(call));
  call.trace.normalised.push(() => document);
  const result = await writeFor(call, async (work) => {
    await changeVisible(call, work, (current) => {
      keepImmutable(type, documentOfUser(current), document);
      return stateOfUser(document, current.active ? 'active' : 'inactive');
    });
    return requireUser(call, work.tx, idOf(call), extrasOf(type, projection));
  });
  return shown(call, result, projection, 200);
}

/** RFC 7644 §3.5.2: all operations or none; what changes nothing moves no version (D-04). */
export async function patchUser(call: Call): Promise<Answer> {
  const type = call.caller.registry.user;
  const projection = readProjectionOf(call.query, type);
  const reader = readerOf(call);
  const patched = { type, id: idOf(call) };
  const operations = normalisePatch(type, call.body, reader);
  call.trace.normalised.push(() => operationsAsJson(operations));
  const mutations = operations.flatMap((operation) => resolveOperation(patched, operation, reader));
  const isAnswered = projection.mode !== 'default' || call.caller.profile.patchedUser === 200;
  const result = await writeFor(call, async (work) => {
    const row = await changeVisible(call, work, (current) =>
      mutations.length === 0
        ? current
        : stateOfUser(
            applyMutations(documentOfUser(current), mutations),
            current.active ? 'active' : 'inactive',
          ),
    );
    return isAnswered
      ? shown(call, await requireUser(call, work.tx, row.id, extrasOf(type, projection)), projection, 200)
      : emptyAnswer({ ETag: entityTag(row.version) });
  });
  return result;
}

/** RFC 7644 §3.6: gone at once, and the userName free (D-06). */
export async function removeUser(call: Call): Promise<Answer> {
  const user = idOf(call);
  await writeFor(call, async (work) => {
    await requireUser(call, work.tx, user, nothingElse);
    await deleteUser(work, { user, ifMatch: readPrecondition(call) });
  });
  return emptyAnswer();
}

const nothingElse: UserExtras = { groups: false, signIn: false };

/** Changes a user that the caller can see; a stub, and a user out of its namespace, is not found. */
async function changeVisible(
  call: Call,
  work: Work,
  edit: (current: UserState) => UserState,
): Promise<UserRow> {
  const user = idOf(call);
  if (call.caller.view.namespace === 'own') await requireUser(call, work.tx, user, nothingElse);
  return changeUser(work, {
    user,
    ifMatch: readPrecondition(call),
    edit: (current, row) => {
      if (row.stub) throw new Refusal('user.not_found', { user });
      return edit(current);
    },
  });
}

async function requireUser(
  call: Call,
  connection: Connection,
  id: UserId,
  extras: UserExtras,
): Promise<ScimUserRow> {
  const row = await findScimUser(connection, call.caller.view, { id, extras });
  if (row === null) throw new Refusal('user.not_found', { user: call.id === '' ? id : call.id });
  return row;
}

function shown(call: Call, row: ScimUserRow, projection: Projection, status: 200 | 201): Answer {
  const type = call.caller.registry.user;
  const resource = project(type, userResource(type, call.caller.view.baseUrl, row), projection);
  return resourceAnswer(status, resource, entityTag(row.version));
}

/** What an answer carries beyond the user's row; what is left out is not read. */
function extrasOf(type: ResourceType, projection: Projection): UserExtras {
  const signIn = type.extensions.find(({ id }) => id === musterUserSchema.id);
  return {
    groups: wantsCore(projection, type, 'groups'),
    signIn: signIn?.attributes.some((attribute) => wants(projection, signIn, attribute)) ?? false,
  };
}

function idOf({ id }: Call): UserId {
  const user = parseUserId(id);
  if (user === null) throw new Refusal('user.not_found', { user: id });
  return user;
}

function locationOf({ caller }: Call, id: UserId): string {
  return `${caller.view.baseUrl}/Users/${id}`;
}

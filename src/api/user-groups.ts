/** What a user is in, and what that gives (D-13). */
import { z } from 'zod';
import { Refusal } from '../core/refusal.ts';
import { listConferredPermissions, listConferredRoles } from '../store/effective/listing.ts';
import { directGroupsOfUser, groupsOfUser } from '../store/effective/membership.ts';
import { findUserRef, type FoundUser } from '../store/effective/refs.ts';
import { readFeedHead } from '../store/effective/feed-pages.ts';
import { answers } from '../http/operation.ts';
import { readClaim, readPaging, userIdIn } from './input.ts';
import { readsDirectory } from './people.ts';
import { type ApiParts, cursorHeader } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { claim, groupName, pageOf, paging } from './shapes.ts';

/** Stands for whoever is not signed in. */
const ANONYMOUS = 'anonymous';

const entitlements = z
  .object({
    user: z.string().describe('An id, or anonymous.'),
    roles: z.array(z.object({ name: z.string(), groups: z.array(groupName) })),
    permissions: z.array(
      z.object({
        name: z.string(),
        direct: z.boolean().describe('Granted to the user itself.'),
        groups: z.array(groupName),
      }),
    ),
  })
  .meta({ id: 'Entitlements' });

export function userGroupRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/users/:id/groups',
      scope: 'directory.read',
      people: 'decided-by-policies',
      summary: 'Groups that a user is in, direct or effective',
      query: { ...paging, effective: claim('Groups through any depth; else those that list the user.') },
      answers: { 200: answers(pageOf(groupName.extend({ direct: z.boolean() })), 'Muster-Cursor') },
      handle: (call) => listGroupsOfUser(parts, call),
    },
    {
      method: 'GET',
      path: '/users/:id/entitlements',
      scope: 'directory.read',
      people: 'decided-by-policies',
      summary: 'Roles and permissions of a user, with the groups that confer them',
      answers: { 200: answers(entitlements, 'Muster-Cursor') },
      handle: (call) => listEntitlements(parts, call),
    },
  ];
}

async function listGroupsOfUser(parts: ApiParts, call: Call): Promise<Answer> {
  const { database } = parts.directory;
  const isEffective = readClaim(call.query, 'effective');
  const paging = readPaging(
    parts.listKey,
    call.query,
    `groups ${String(isEffective)} ${call.params.id ?? ''}`,
  );
  const batch = await readFeedHead(database);
  const user = await requireUser(parts, call);
  const read = isEffective ? groupsOfUser : directGroupsOfUser;
  const shown = readsDirectory(call) ? 'all' : 'not-internal';
  const rows = await read(database, user.n, { ...paging.page, shown });
  return {
    status: 200,
    headers: cursorHeader(parts, { kind: 'end', batch }),
    body: {
      items: rows.map(({ id, name, direct }) => ({ id, name, direct })),
      next: paging.next(rows.length, rows.at(-1)?.n),
    },
  };
}

async function listEntitlements(parts: ApiParts, call: Call): Promise<Answer> {
  const { database } = parts.directory;
  const batch = await readFeedHead(database);
  const user = call.params.id === ANONYMOUS ? null : await requireUser(parts, call);
  const roles = await listConferredRoles(database, user?.n ?? null);
  const permissions = await listConferredPermissions(database, user?.n ?? null);
  return {
    status: 200,
    headers: cursorHeader(parts, { kind: 'end', batch }),
    body: {
      user: call.params.id,
      roles,
      permissions: permissions.map(({ name, direct, groups }) => ({ name, direct, groups })),
    },
  };
}

/** People who may not read the directory find themselves and nobody else. */
async function requireUser({ directory }: ApiParts, call: Call): Promise<FoundUser> {
  const id = userIdIn(call.params);
  const isShown = readsDirectory(call) || call.by.actor.id === id;
  const user = isShown ? await findUserRef(directory.database, id) : null;
  if (user === null) throw new Refusal('user.not_found', { user: id });
  return user;
}

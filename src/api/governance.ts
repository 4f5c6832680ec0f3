/** Who governs: roles, delegations, permissions of users, and names that no group may take. */
import { z } from 'zod';
import { permissions } from '../core/permissions.ts';
import { Refusal } from '../core/refusal.ts';
import { delegate, endDelegation } from '../directory/delegations.ts';
import { grantPermission, revokePermission } from '../directory/governance.ts';
import { releaseName, reserveName } from '../directory/reserved-names.ts';
import { createRole, protectRole, removeRole } from '../directory/roles.ts';
import { perform, type Work } from '../directory/work.ts';
import { answers, answersNothing, takes } from '../http/operation.ts';
import { findGroupRef } from '../store/effective/refs.ts';
import { listDelegations, listHolders } from '../store/governance.ts';
import { listReservedNames } from '../store/reserved-names.ts';
import { listRoles, type RoleRow } from '../store/roles.ts';
import { groupIdIn, readBody, readPaging, userIdIn } from './input.ts';
import { requireSight } from './people.ts';
import { type ApiParts, writtenAt } from './parts.ts';
import type { Answer, Call, Route } from './route.ts';
import { id as idShape, kindOfMember, MERGE_PATCH, pageOf, paging, time } from './shapes.ts';

const newRole = z.strictObject({ name: z.string(), protected: z.boolean().default(false) });
const rolePatch = z.strictObject({ protected: z.boolean() });
const roleShape = z.object({ name: z.string(), protected: z.boolean() }).meta({ id: 'Role' });
const listedRole = z.object({ name: z.string(), protected: z.boolean(), groups: z.int() });

const rights = z.strictObject({ canAdd: z.boolean(), canRemove: z.boolean() });
const delegationShape = z.object({
  user: idShape,
  userName: z.string().nullable(),
  canAdd: z.boolean(),
  canRemove: z.boolean(),
  since: time,
});

const reservation = z.strictObject({ reason: z.string().trim().min(1).max(1_000) });
const reservedShape = z.object({ name: z.string(), reason: z.string() }).meta({ id: 'ReservedName' });

const holderShape = z.object({
  permission: z.enum(permissions),
  holder: z.object({ type: kindOfMember, id: idShape, name: z.string() }),
  grantedAt: time,
});

export function governanceRoutes(parts: ApiParts): readonly Route[] {
  return [...roleRoutes(parts), ...delegationRoutes(parts), ...permissionRoutes(parts), ...nameRoutes(parts)];
}

function roleRoutes(parts: ApiParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/roles',
      scope: 'directory.read',
      summary: 'Roles that groups can give',
      query: paging,
      answers: { 200: answers(pageOf(listedRole)) },
      handle: async (call) => {
        const page = readPaging(parts.listKey, call.query, 'roles');
        const rows = await listRoles(parts.directory.database, page.page, null);
        const items = rows.map(({ name, protected: isProtected, groups }) => ({
          name,
          protected: isProtected,
          groups,
        }));
        return { status: 200, body: { items, next: page.next(rows.length, rows.at(-1)?.n) } };
      },
    },
    {
      method: 'POST',
      path: '/roles',
      scope: 'directory.write',
      summary: 'Makes a role; a protected one is only given by administrators',
      body: takes(newRole),
      answers: { 201: answers(roleShape, 'Location', 'Muster-Cursor') },
      handle: async (call) => {
        const wanted = readBody(newRole, await call.json());
        const performed = await perform(parts.directory, call.by, (work) => createRole(work, wanted));
        const location = `${parts.baseUrl}/api/v1/roles/${encodeURIComponent(performed.result.name)}`;
        const headers = { ...(await writtenAt(parts, performed)), Location: location };
        return { status: 201, headers, body: roleBody(performed.result) };
      },
    },
    {
      method: 'PATCH',
      path: '/roles/:name',
      scope: 'directory.write',
      summary: 'Protects a role, or no longer',
      body: takes(rolePatch, MERGE_PATCH),
      answers: { 200: answers(roleShape, 'Muster-Cursor') },
      handle: async (call) => {
        const wanted = readBody(rolePatch, await call.json(MERGE_PATCH));
        const name = nameIn(call);
        const performed = await perform(parts.directory, call.by, (work) =>
          protectRole(work, { name, protected: wanted.protected }),
        );
        const headers = await writtenAt(parts, performed);
        return { status: 200, headers, body: roleBody(performed.result) };
      },
    },
    {
      method: 'DELETE',
      path: '/roles/:name',
      scope: 'directory.write',
      summary: 'Deletes a role that no group gives',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: (call) => done(parts, call, (work) => removeRole(work, nameIn(call))),
    },
  ];
}

function delegationRoutes(parts: ApiParts): readonly Route[] {
  const path = '/groups/:id/delegations';
  const people = 'decided-by-policies';
  return [
    {
      method: 'GET',
      path,
      ...{ scope: 'directory.read', people, summary: 'Members who may add or remove members' },
      answers: { 200: answers(z.object({ items: z.array(delegationShape), next: z.null() })) },
      handle: async (call) => {
        const id = groupIdIn(call.params);
        await requireSight(parts, call, { group: id, act: 'see-members' });
        const group = await findGroupRef(parts.directory.database, id);
        if (group === null) throw new Refusal('group.not_found', { group: id });
        const rows = await listDelegations(parts.directory.database, group.n);
        const items = rows.map((row) => ({
          user: row.id,
          userName: row.user_name,
          canAdd: row.can_add,
          canRemove: row.can_remove,
          since: row.since.toISOString(),
        }));
        return { status: 200, body: { items, next: null } };
      },
    },
    {
      method: 'PUT',
      path: `${path}/:userId`,
      ...{ scope: 'directory.write', people, summary: 'Lets a direct member add or remove members' },
      body: takes(rights),
      answers: {
        200: answers(rights.extend({ group: idShape, user: idShape }), 'Muster-Cursor'),
      },
      handle: async (call) => {
        const { canAdd, canRemove } = readBody(rights, await call.json());
        const [group, user] = [groupIdIn(call.params), userIdIn(call.params, 'userId')];
        const performed = await perform(parts.directory, call.by, (work) =>
          delegate(work, { group, user, canAdd, canRemove }),
        );
        const headers = await writtenAt(parts, performed);
        return { status: 200, headers, body: { group, user, canAdd, canRemove } };
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:userId`,
      ...{ scope: 'directory.write', people, summary: 'Ends a delegation' },
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: (call) => {
        const [group, user] = [groupIdIn(call.params), userIdIn(call.params, 'userId')];
        return done(parts, call, (work) => endDelegation(work, { group, user }));
      },
    },
  ];
}

function permissionRoutes(parts: ApiParts): readonly Route[] {
  const path = '/users/:id/permissions/:permission';
  return [
    {
      method: 'GET',
      path: '/permissions',
      scope: 'directory.read',
      summary: 'Who was granted which permission',
      answers: { 200: answers(z.object({ items: z.array(holderShape), next: z.null() })) },
      handle: async () => {
        const rows = await listHolders(parts.directory.database);
        const items = rows.map(({ permission, type, id, name, granted_at: at }) => ({
          permission,
          holder: { type, id, name },
          grantedAt: at.toISOString(),
        }));
        return { status: 200, body: { items, next: null } };
      },
    },
    {
      method: 'PUT',
      path,
      scope: 'directory.write',
      summary: 'Grants a user a permission that the granter holds',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: (call) => done(parts, call, (work) => grantPermission(work, grantIn(call))),
    },
    {
      method: 'DELETE',
      path,
      scope: 'directory.write',
      summary: 'Takes from a user a permission that it was granted itself',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: (call) => done(parts, call, (work) => revokePermission(work, grantIn(call))),
    },
  ];
}

function nameRoutes(parts: ApiParts): readonly Route[] {
  const path = '/reserved-names';
  return [
    {
      method: 'GET',
      path,
      scope: 'directory.read',
      summary: 'Names that no group may take',
      answers: { 200: answers(z.object({ items: z.array(reservedShape), next: z.null() })) },
      handle: async () => {
        const rows = await listReservedNames(parts.directory.database);
        return {
          status: 200,
          body: { items: rows.map(({ name, reason }) => ({ name, reason })), next: null },
        };
      },
    },
    {
      method: 'PUT',
      path: `${path}/:name`,
      scope: 'admin',
      summary: 'Reserves a name',
      body: takes(reservation),
      answers: { 200: answers(reservedShape, 'Muster-Cursor') },
      handle: async (call) => {
        const { reason } = readBody(reservation, await call.json());
        const performed = await perform(parts.directory, call.by, (work) =>
          reserveName(work, { name: nameIn(call), reason }),
        );
        const { name } = performed.result;
        return { status: 200, headers: await writtenAt(parts, performed), body: { name, reason } };
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:name`,
      scope: 'admin',
      summary: 'Frees a reserved name',
      answers: { 204: answersNothing('Muster-Cursor') },
      handle: (call) => done(parts, call, (work) => releaseName(work, nameIn(call))),
    },
  ];
}

async function done(parts: ApiParts, call: Call, verb: (work: Work) => Promise<void>): Promise<Answer> {
  const performed = await perform(parts.directory, call.by, verb);
  return { status: 204, headers: await writtenAt(parts, performed), body: null };
}

function nameIn({ params }: Call): string {
  return params.name ?? '';
}

function grantIn({ params }: Call): Parameters<typeof grantPermission>[1] {
  return { user: userIdIn(params), permission: params.permission ?? '' };
}

function roleBody({ name, protected: isProtected }: RoleRow): object {
  return { name, protected: isProtected };
}

/** What users and groups look like on the wire, before a projection takes its part of it (RFC 7643 §4). */
import { isObject, type Json, type JsonObject, own } from '../../core/scim/json.ts';
import type { ResourceType } from '../../core/scim/registry.ts';
import { enterpriseUserSchema } from '../../core/scim/schemas/enterprise-user.ts';
import { musterGroupSchema } from '../../core/scim/schemas/muster-group.ts';
import { musterUserSchema } from '../../core/scim/schemas/muster-user.ts';
import type { ScimGroupRow } from '../../store/scim/group-rows.ts';
import type { MemberRow } from '../../store/scim/member-rows.ts';
import type { ScimUserRow } from '../../store/scim/user-rows.ts';

/** The entity tag of a version: weak, for the same version may be shown in several forms (RFC 7644 §3.14). */
export function entityTag(version: number): string {
  return `W/"${version}"`;
}

/** A user with all that was read of it. */
export function userResource(type: ResourceType, baseUrl: string, row: ScimUserRow): JsonObject {
  const document = asJson(row.document);
  const enterprise = own(document, enterpriseUserSchema.id);
  const found = {
    affiliations: row.affiliations ?? [],
    identityKeys: (row.keys ?? []).map(({ kind, issuer, value }) =>
      issuer === '' || kind === 'externalId' ? { kind, value } : { kind, issuer, value },
    ),
  };
  const signIn = filled(found);
  return withSchemas(type, {
    ...document,
    id: row.id,
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    userName: row.user_name,
    active: row.active,
    ...(isObject(enterprise)
      ? { [enterpriseUserSchema.id]: withManager(enterprise, baseUrl, row.manager) }
      : {}),
    ...(Object.keys(signIn).length === 0 ? {} : { [musterUserSchema.id]: signIn }),
    ...filled({ groups: (row.groups ?? []).map((group) => groupOfUser(baseUrl, group)) }),
    meta: metaOf(type, baseUrl, row),
  });
}

function groupOfUser(
  baseUrl: string,
  { id, name, direct }: { readonly id: string; readonly name: string; readonly direct: boolean },
): JsonObject {
  return { value: id, $ref: `${baseUrl}/Groups/${id}`, display: name, type: direct ? 'direct' : 'indirect' };
}

function withManager(enterprise: JsonObject, baseUrl: string, name: string | null): JsonObject {
  const manager = own(enterprise, 'manager');
  const value = isObject(manager) ? own(manager, 'value') : undefined;
  if (!isObject(manager) || typeof value !== 'string' || name === null) return enterprise;
  return { ...enterprise, manager: { value, $ref: `${baseUrl}/Users/${value}`, displayName: name } };
}

/** A group; its members are added by whoever read them. */
export function groupResource(type: ResourceType, baseUrl: string, row: ScimGroupRow): JsonObject {
  const extension = {
    ...(row.description === null ? {} : { description: row.description }),
    internal: row.internal,
    hidden: row.hidden,
    open: row.open,
    public: row.public,
    restricted: row.restricted,
    autoLeave: row.auto_leave,
    ...filled({ roles: row.roles }),
    kind: row.kind,
    ...(row.rule === null ? {} : { rule: row.rule }),
    ...(row.reserved_to === null ? {} : { reservedTo: row.reserved_to }),
  };
  return withSchemas(type, {
    ...asJson(row.document),
    id: row.id,
    ...(row.external_id === null ? {} : { externalId: row.external_id }),
    displayName: row.name,
    [musterGroupSchema.id]: extension,
    meta: metaOf(type, baseUrl, row),
  });
}

/** A member as a group lists it; null for one that SCIM does not show. */
export function memberOfGroup(baseUrl: string, { id, type, display }: MemberRow): JsonObject | null {
  return id === null ? null : { value: id, $ref: `${baseUrl}/${type}s/${id}`, display, type };
}

function metaOf(
  type: ResourceType,
  baseUrl: string,
  row: {
    readonly id: string;
    readonly version: number;
    readonly created_at: Date;
    readonly modified_at: Date;
  },
): JsonObject {
  return {
    resourceType: type.name,
    created: row.created_at.toISOString(),
    lastModified: row.modified_at.toISOString(),
    location: `${baseUrl}${type.endpoint}/${row.id}`,
    version: entityTag(row.version),
  };
}

/** `schemas` names the core schema and exactly those extensions that carry data (RFC 7643 §3). */
function withSchemas(type: ResourceType, resource: JsonObject): JsonObject {
  const carried = type.extensions.filter(({ id }) => Object.hasOwn(resource, id)).map(({ id }) => id);
  return { schemas: [type.core.id, ...carried], ...resource };
}

function filled(lists: Readonly<Record<string, readonly Json[]>>): JsonObject {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

/** A document that the database gave back: it holds what was written, which was JSON. */
function asJson(document: Readonly<Record<string, unknown>>): JsonObject {
  return document as JsonObject;
}

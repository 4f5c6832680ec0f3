/** Users as SCIM resources: what is sent, and what differs from what the target holds. */
import { canonicalJson } from '../../../core/json.ts';
import type { Operation, TargetGroup, TargetUser } from '../../connector.ts';
import { valuesOf } from '../user-values.ts';
import { readResource, type ScimResource } from './client.ts';
import { PROFILES } from './profiles.ts';
import type { ScimSettings } from './settings.ts';

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

type Attributes = Readonly<Record<string, unknown>>;

/** Attributes that this target is sent, by its settings; absent where the user has none. */
function managedAttributes(user: TargetUser, settings: ScimSettings): Attributes {
  const own = Object.fromEntries(
    settings.attributes
      .map((name): [string, unknown] => [name, valueFor(name, user.attributes[name], settings)])
      .filter(([, value]) => isAssigned(value)),
  );
  return {
    externalId: user.id,
    userName: user.userName,
    active: user.active,
    ...own,
    ...(settings.roles === 'scim' && user.roles.length > 0
      ? { roles: user.roles.map((value) => ({ value })) }
      : {}),
  };
}

/** Of a list that the service keeps one value of: the primary one, or the first. */
function valueFor(name: string, value: unknown, { profile }: ScimSettings): unknown {
  if (!Array.isArray(value) || !PROFILES[profile].single.includes(name)) return value;
  const items = value as readonly unknown[];
  const primary = items.find((item) => asAttributes(item).primary === true) ?? items[0];
  return primary === undefined ? [] : [primary];
}

/** What the service would refuse this user for, as a sentence; null for nothing that is known. */
export function faultOfUser(user: TargetUser, { profile }: ScimSettings): string | null {
  const missing = PROFILES[profile].needs.filter((path) => valuesOf(user, path).length === 0);
  return missing.length === 0
    ? null
    : `${user.userName} has no ${missing.join(', ')}, which ${profile} demands`;
}

/** The body of POST /Users. */
export function userBody(user: TargetUser, settings: ScimSettings): Attributes {
  const attributes = managedAttributes(user, settings);
  const extensions = Object.keys(attributes).filter((name) => name.startsWith('urn:'));
  return { schemas: [USER_SCHEMA, ...extensions], ...attributes };
}

/** Extensions that a write of a user carries. */
export function extensionsIn(operation: Operation, settings: ScimSettings): readonly string[] {
  if (operation.kind !== 'create' && operation.kind !== 'update') return [];
  const { object } = operation;
  if (object.kind !== 'user') return [];
  const sent =
    operation.kind === 'create'
      ? Object.keys(userBody(object, settings))
      : userDifferences(object, readResource(operation.held.held), settings).map(({ path }) => path);
  const isOf = (urn: string) => (path: string) => path === urn || path.startsWith(`${urn}:`);
  return settings.attributes.filter((name) => name.startsWith('urn:') && sent.some(isOf(name)));
}

/** The body of POST /Groups: without members, which follow in chunks (O-04). */
export function groupBody(group: TargetGroup): Attributes {
  return { schemas: [GROUP_SCHEMA], displayName: group.name, externalId: group.id };
}

/** What to change so that the target's user is as desired; empty when nothing differs. */
export function userDifferences(
  user: TargetUser,
  held: ScimResource,
  settings: ScimSettings,
): PatchOperation[] {
  const desired = managedAttributes(user, settings);
  const names = new Set([...Object.keys(desired), ...settings.attributes]);
  if (settings.roles === 'scim') names.add('roles');
  return [...names].flatMap((name) =>
    name.startsWith('urn:')
      ? extensionDifferences(name, asAttributes(desired[name]), asAttributes(held[name]))
      : attributeDifference(name, desired[name], held[name]),
  );
}

/** What to change so that the target's group bears its name and our id; empty when nothing differs. */
export function groupDifferences(group: TargetGroup, held: ScimResource): PatchOperation[] {
  return [
    ...attributeDifference('displayName', group.name, held.displayName),
    ...attributeDifference('externalId', group.id, held.externalId),
  ];
}

function extensionDifferences(urn: string, desired: Attributes, held: Attributes): PatchOperation[] {
  const names = new Set([...Object.keys(desired), ...Object.keys(held)]);
  return [...names].flatMap((name) => attributeDifference(`${urn}:${name}`, desired[name], held[name]));
}

function attributeDifference(path: string, desired: unknown, held: unknown): PatchOperation[] {
  if (!isAssigned(desired)) return isAssigned(held) ? [{ op: 'remove', path }] : [];
  if (isSame(desired, held)) return [];
  return [{ op: 'replace', path, value: desired }];
}

/**
 * True when the target holds what is desired. It may hold more in a complex value than we send ($ref, display,
 * type), it may order a list otherwise, and some hold booleans as text.
 */
function isSame(desired: unknown, held: unknown): boolean {
  if (Array.isArray(desired)) {
    const list = Array.isArray(held) ? held : [held];
    return desired.length === list.length && desired.every((one) => list.some((other) => isSame(one, other)));
  }
  if (typeof desired === 'object' && desired !== null) {
    const other = asAttributes(held);
    return Object.entries(desired).every(([name, value]) => !isAssigned(value) || isSame(value, other[name]));
  }
  if (typeof desired === 'boolean' && typeof held === 'string') return String(desired) === held.toLowerCase();
  if (typeof held === 'object' && held !== null) return false;
  return canonicalJson(desired) === canonicalJson(held ?? null);
}

/** Null, an empty list and an empty object are unassigned (RFC 7643 §2.5). */
function isAssigned(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}

function asAttributes(value: unknown): Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

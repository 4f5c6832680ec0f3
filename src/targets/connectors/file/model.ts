/** What a file target holds, in memory: users, groups, and who is in what. Keys are our ids. */
import type { Outcome } from '../../../core/targets/outcome.ts';
import type { Operation, TargetObject } from '../../connector.ts';

export interface FileUser {
  readonly id: string;
  readonly userName: string;
  readonly active: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly roles: readonly string[];
}

export interface FileGroup {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** Ids of users; one that stands in the file and is nobody's begins with {@link FOREIGN}. */
  readonly members: Set<string>;
}

export interface Model {
  readonly users: Map<string, FileUser>;
  readonly groups: Map<string, FileGroup>;
  /** Names of groups that were there once: a file that replaces has to empty them. */
  readonly left: Set<string>;
}

export const FOREIGN = 'listed:';

export function emptyModel(): Model {
  return { users: new Map(), groups: new Map(), left: new Set() };
}

/** Carries one operation out; anything but `applied` changed nothing. */
export function carryOut(model: Model, operation: Operation): Outcome {
  switch (operation.kind) {
    case 'create':
      return create(model, operation.object);
    case 'update':
      return update(model, operation.object);
    case 'deactivate': {
      const user = model.users.get(operation.remoteId);
      if (user === undefined) return missing(operation.remoteId);
      if (!user.active) return { kind: 'noop' };
      model.users.set(user.id, { ...user, active: false });
      return { kind: 'applied' };
    }
    case 'delete':
      return remove(model, operation.of, operation.remoteId);
    case 'add-members': {
      const group = model.groups.get(operation.group);
      if (group === undefined) return missing(operation.group);
      const unknown = operation.members.find((id) => !model.users.has(id));
      if (unknown !== undefined) return { kind: 'rejected', code: 422, why: `there is no user ${unknown}` };
      const before = group.members.size;
      for (const id of operation.members) group.members.add(id);
      return group.members.size === before ? { kind: 'noop' } : { kind: 'applied' };
    }
    case 'remove-members': {
      const group = model.groups.get(operation.group);
      if (group === undefined) return missing(operation.group);
      const removed = operation.members.filter((id) => group.members.delete(id));
      return removed.length === 0 ? { kind: 'noop' } : { kind: 'applied' };
    }
  }
}

function create(model: Model, object: TargetObject): Outcome {
  const name = object.kind === 'user' ? object.userName : object.name;
  if (holderOf(model, object.kind, name) !== null) {
    return { kind: 'conflict', why: `${name} stands in the file already` };
  }
  put(model, object);
  return { kind: 'applied', remoteId: object.id };
}

function update(model: Model, object: TargetObject): Outcome {
  const held = object.kind === 'user' ? model.users.get(object.id) : model.groups.get(object.id);
  if (held === undefined) return missing(object.id);
  if (differencesOf(model, object).length === 0) return { kind: 'noop' };
  const name = object.kind === 'user' ? object.userName : object.name;
  const holder = holderOf(model, object.kind, name);
  if (holder !== null && holder !== object.id)
    return { kind: 'conflict', why: `${name} stands in the file already` };
  put(model, object);
  return { kind: 'applied' };
}

/** Names of what an update would change. */
export function differencesOf({ users, groups }: Model, object: TargetObject): string[] {
  if (object.kind === 'group') {
    const { name = null, roles = [] } = groups.get(object.id) ?? {};
    const differing = isSame(roles, object.roles) ? [] : ['roles'];
    return name === object.name ? differing : ['name', ...differing];
  }
  const user = users.get(object.id);
  return (['userName', 'active', 'attributes', 'roles'] as const).filter(
    (field) => !isSame(user?.[field], object[field]),
  );
}

function put({ users, groups, left }: Model, object: TargetObject): void {
  if (object.kind === 'user') {
    const { id, userName, active, attributes, roles } = object;
    users.set(id, { id, userName, active, attributes, roles });
    return;
  }
  const { id, name, roles } = object;
  const before = groups.get(id);
  if (before !== undefined && before.name !== name) left.add(before.name);
  left.delete(name);
  groups.set(id, { id, name, roles, members: before?.members ?? new Set() });
}

function remove({ users, groups, left }: Model, of: 'user' | 'group', id: string): Outcome {
  const group = groups.get(id);
  if (of === 'group') {
    if (group === undefined) return missing(id);
    left.add(group.name);
    groups.delete(id);
    return { kind: 'applied' };
  }
  if (!users.delete(id)) return missing(id);
  for (const { members } of groups.values()) members.delete(id);
  return { kind: 'applied' };
}

/** Id of who bears a name, compared as the portal does: without case. */
export function holderOf({ users, groups }: Model, of: 'user' | 'group', name: string): string | null {
  const key = name.toLowerCase();
  if (of === 'user') {
    for (const user of users.values()) if (user.userName.toLowerCase() === key) return user.id;
    return null;
  }
  for (const group of groups.values()) if (group.name.toLowerCase() === key) return group.id;
  return null;
}

function missing(id: string): Outcome {
  return { kind: 'missing', why: `${id} does not stand in the file` };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

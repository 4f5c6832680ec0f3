/**
 * A model as lines of JSON and back: the format `ndjson`, and what the portal's format has no place for, which is
 * kept beside it. One line per user, group and membership, so that a reader never has to hold a large group.
 */
import { z } from 'zod';
import { emptyModel, FOREIGN, type Model } from './model.ts';

const line = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('user'),
    id: z.string(),
    userName: z.string(),
    active: z.boolean(),
    roles: z.array(z.string()).default([]),
    attributes: z.record(z.string(), z.unknown()).default({}),
  }),
  z.object({
    type: z.literal('group'),
    id: z.string(),
    name: z.string(),
    roles: z.array(z.string()).default([]),
  }),
  z.object({
    type: z.literal('membership'),
    group: z.object({ id: z.string() }),
    user: z.object({ id: z.string() }),
  }),
  z.object({ type: z.literal('left'), name: z.string() }),
]);

/** Lines of users, groups and groups that left. */
export function* objectLines({ users, groups, left }: Model): Generator<string> {
  for (const { id, userName, active, roles, attributes } of users.values()) {
    yield `${JSON.stringify({ type: 'user', id, userName, active, roles, attributes })}\n`;
  }
  for (const { id, name, roles } of groups.values()) {
    yield `${JSON.stringify({ type: 'group', id, name, roles })}\n`;
  }
  for (const name of left) yield `${JSON.stringify({ type: 'left', name })}\n`;
}

/** Lines of memberships. */
export function* membershipLines({ users, groups }: Model): Generator<string> {
  for (const { id, name, members } of groups.values()) {
    for (const member of members) {
      const user = { id: member, userName: users.get(member)?.userName ?? null };
      yield `${JSON.stringify({ type: 'membership', group: { id, name }, user })}\n`;
    }
  }
}

/** Reads lines back; one that is none of ours is passed over, and goes with the next writing. */
export function readLines(text: string): Model {
  const model = emptyModel();
  for (const one of text.split('\n')) {
    const parsed = line.safeParse(parse(one));
    if (!parsed.success) continue;
    const { data } = parsed;
    switch (data.type) {
      case 'user':
        model.users.set(data.id, data);
        break;
      case 'group':
        model.groups.set(data.id, { ...data, members: new Set() });
        break;
      case 'membership': {
        const isKnown = model.users.has(data.user.id);
        model.groups.get(data.group.id)?.members.add(isKnown ? data.user.id : `${FOREIGN}${data.user.id}`);
        break;
      }
      case 'left':
        model.left.add(data.name);
    }
  }
  return model;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Targets and pushes as they are answered. */
import { z } from 'zod';
import { id, time } from './shapes.ts';

const names = z.record(z.string(), z.unknown());

const view = {
  id,
  name: z.string(),
  type: z.string(),
  mode: z.string(),
  scope: z.object({ groups: z.array(id), allUsers: z.boolean() }),
  settings: names,
  credentials: names.describe('Names of the credentials that are set, each with the value "set".'),
  guards: names,
  learned: z.unknown().describe('What was learned of the target, with the evidence.'),
  health: z.object({
    state: z.string(),
    why: z.string().nullable(),
    until: time.nullable().describe('When it is asked again.'),
    since: time.nullable().describe('Since when it fails.'),
  }),
  version: z.int(),
  created: time,
  lastModified: time,
};

export const targetShape = z.object(view).meta({ id: 'Target' });

/** What is shown once comes besides: a webhook's signing secret. */
export const madeTargetShape = z.looseObject(view);

const counts = z
  .object({
    usersCreated: z.int(),
    usersUpdated: z.int(),
    usersDeactivated: z.int(),
    groupsCreated: z.int(),
    groupsUpdated: z.int(),
    deleted: z.int(),
    membersAdded: z.int(),
    membersRemoved: z.int(),
  })
  .meta({ id: 'PushCounts' });

const hold = z
  .object({
    id,
    state: z.string(),
    counts: z.record(z.string(), z.int()),
    why: z.array(z.string()),
    hash: z.string(),
    createdAt: time,
    decidedBy: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Hold' });

const message = {
  id: z.string().describe('Its webhook-id.'),
  type: z.string(),
  group: id.nullable(),
  happenedAt: time.nullable(),
  tries: z.int(),
};

const deliveries = z
  .object({
    position: z
      .string()
      .nullable()
      .describe('Up to where everything is done: a webhook-id, or a cut of the change feed.'),
    delivered: z.int(),
    givenUp: z.int(),
    untold: z.int().describe('Entries given up that the receiver is to be told of before anything else.'),
    next: z
      .object({
        ...message,
        triedAt: time,
        exchange: z.unknown().describe('Request and answer of the last try, redacted.'),
      })
      .nullable()
      .describe('The message that failed and waits for its next try.'),
    latest: z.array(z.object({ ...message, deliveredAt: time })),
  })
  .meta({ id: 'Deliveries' });

export const targetStatusShape = z
  .object({
    ...view,
    holds: z.object({
      users: z.int(),
      groups: z.int(),
      members: z.int(),
      desiredUsers: z.int(),
      desiredGroups: z.int(),
    }),
    pending: counts,
    toSend: z
      .object({
        count: z.int(),
        isAtLeast: z.boolean().describe('There may be more than was counted.'),
        since: time.nullable().describe('Since when it waits because the target fails.'),
      })
      .describe('Messages to a webhook; users, groups and memberships to any other target, each as one.'),
    isTried: z.boolean().describe('False until anything was sent to it.'),
    deliveries: deliveries.nullable().describe('Of a webhook.'),
    waiting: z.int(),
    blocked: z.int(),
    conflicts: z.int(),
    kept: z
      .int()
      .describe('What is there because a push was undone, though the directory does not ask for it.'),
    hold: hold.nullable(),
  })
  .meta({ id: 'TargetStatus' });

const exchange = z.object({
  method: z.string(),
  url: z.string(),
  body: z.string().nullable(),
  status: z.int().nullable(),
  answer: z.string(),
  ms: z.number(),
});

export const targetTestShape = z
  .object({
    ok: z.boolean(),
    says: z.string(),
    exchanges: z.array(exchange),
    push: id.nullable().describe('The push that a target which is back led to.'),
  })
  .meta({ id: 'TargetTest' });

export const pushShape = z
  .object({
    id,
    state: z.enum(['waiting', 'running', 'done', 'failed']),
    dryRun: z.boolean(),
    steps: z.array(z.object({ at: time, operation: z.string(), what: z.string(), outcome: z.string() })),
    createdAt: time,
    endedAt: time.nullable(),
  })
  .meta({ id: 'Push' });

const attempt = z
  .object({
    operation: z.string(),
    at: time,
    endedAt: time.nullable(),
    outcome: z.string().nullable(),
    why: z.string().nullable(),
    exchange: z.unknown().describe('The last request and answer of an attempt that failed, redacted.'),
  })
  .meta({ id: 'Attempt' });

export const ledgerObjectShape = z
  .object({
    type: z.enum(['user', 'group']),
    id: id.nullable(),
    name: z.string().nullable(),
    remoteId: z.string().nullable(),
    state: z.string(),
    desired: z.boolean(),
    held: z.enum(['active', 'inactive']).nullable(),
    owned: z.enum(['created', 'adopted']).nullable(),
    why: z.string().nullable(),
    failures: z.int(),
    dueAt: time.nullable(),
    appliedAt: time.nullable(),
    observedAt: time.nullable(),
    leftAt: time.nullable(),
    lastAttempt: attempt.nullable(),
    members: z
      .object({
        state: z.string(),
        why: z.string().nullable(),
        applied: z.int(),
        toAdd: z.int(),
        toRemove: z.int(),
        waiting: z.int(),
        blocked: z.int(),
        lastAttempt: attempt.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'LedgerObject' });

export const memberState = z.enum(['applied', 'toAdd', 'toRemove', 'waiting', 'blocked']);

export const ledgerMemberShape = z
  .object({
    id,
    userName: z.string().nullable(),
    remoteId: z.string().nullable(),
    state: memberState,
    lastAttempt: z
      .object({ operation: z.string(), at: time, outcome: z.string().nullable(), why: z.string().nullable() })
      .nullable(),
  })
  .meta({ id: 'LedgerMember' });

export const sentShape = z
  .object({
    at: time,
    endedAt: time.nullable(),
    operation: z.string(),
    object: z.object({ type: z.enum(['user', 'group']), id: id.nullable(), name: z.string().nullable() }),
    members: z
      .object({ total: z.int(), names: z.array(z.string()) })
      .nullable()
      .describe('Of a change of members: how many, and the names of the first hundred.'),
    outcome: z
      .string()
      .nullable()
      .describe('Null while it is under way, or where its end was never learned.'),
    why: z.string().nullable(),
  })
  .meta({ id: 'Sent' });

const DRIFT_KINDS = [
  'missing',
  'inactive',
  'active',
  'attributes',
  'members_missing',
  'members_extra',
  'members_foreign',
] as const;

const driftItem = z
  .object({
    kind: z.enum(DRIFT_KINDS),
    object: z.object({
      type: z.enum(['user', 'group']),
      id: id.nullable(),
      name: z.string().nullable(),
      remoteId: z.string().nullable(),
    }),
    detail: z.array(z.string()),
    members: z.array(z.object({ id, userName: z.string().nullable() })),
    total: z.int(),
    foundAt: time,
    repairedAt: time.nullable(),
  })
  .meta({ id: 'DriftItem' });

export const driftAskedShape = z.object({ observedAt: time.nullable(), askedAt: time.nullable() });

export const driftShape = driftAskedShape
  .extend({
    unseen: z.string().nullable().describe('What the last look could not see; null when it saw everything.'),
    open: z.int(),
    items: z.array(driftItem),
    next: z.string().nullable(),
  })
  .meta({ id: 'Drift' });

/**
 * Work on users and groups: take what is due, commit an attempt for each, send, and end each attempt together
 * with what it did to the ledger. What became known or unknown at the target moves memberships with it.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import type { ObjectEvent } from '../../core/targets/object-state.ts';
import { isSettled, type Outcome } from '../../core/targets/outcome.ts';
import { backoffMs } from '../../core/targets/retry.ts';
import { faultOfTargetName } from '../../core/targets/target-name.ts';
import type { Tx } from '../../store/database.ts';
import { endAttempt, insertAttempt, settleAttempts } from '../../store/targets/attempts.ts';
import {
  clearMemberSet,
  groupsHolding,
  type MemberSetKey,
  moveMembers,
  readMemberSet,
} from '../../store/targets/member-sets.ts';
import { findNameHolder } from '../../store/targets/names.ts';
import {
  lockObject,
  moveObject,
  moveObjectCounts,
  type ObjectChange,
  type ObjectRow,
  takeDue,
} from '../../store/targets/objects.ts';
import { verifyObject } from './canary.ts';
import { fenced, inParallel, isSendable, report, type TargetContext, whyOf } from './context.ts';
import { type Desired, desiredObjects, hashOf, stepOf } from './desired-objects.ts';
import type { RedactedExchange } from '../exchange.ts';
import { markMemberships } from './marks.ts';
import { overhear } from './overhearing.ts';
import { bring, type Brought, type ObjectRequest } from './object-request.ts';

type Kind = 'u' | 'g';

interface Job extends ObjectRequest {
  readonly kind: Kind;
  readonly row: ObjectRow;
  readonly attempt: number;
  readonly what: string;
}

/** Works on up to `limit` due users or groups; answers how many there were. */
export async function workOnObjects(
  context: TargetContext,
  { kind, limit }: { readonly kind: Kind; readonly limit: number },
): Promise<number> {
  if (!isSendable(context)) return 0;
  const { taken, jobs } = await fenced(context, (tx) => takeJobs(context, tx, { kind, limit }));
  await inParallel(jobs, context.settings.concurrency, async (job) => {
    const { result: brought, last } = await overhear(() => bring(context, job));
    report(context, brought.operation, job.what, brought.outcome);
    const exchange = isSettled(brought.outcome) ? null : last;
    await fenced(context, (tx) => endJob(context, tx, job, { ...brought, exchange }));
    await verifyObject(context, job, brought.outcome);
  });
  return taken;
}

async function takeJobs(
  context: TargetContext,
  tx: Tx,
  { kind, limit }: { readonly kind: Kind; readonly limit: number },
): Promise<{ taken: number; jobs: Job[] }> {
  const rows = await takeDue(tx, context.target, { kind, limit });
  const numbers = rows.map(({ n }) => n);
  const desired = await desiredObjects(context, tx, { kind, numbers });
  const jobs: Job[] = [];
  for (const row of rows) {
    const job = await takeJob(context, tx, { kind, row, desired: desired.get(row.n) ?? null });
    if (job !== null) jobs.push(job);
  }
  return { taken: rows.length, jobs };
}

async function takeJob(
  context: TargetContext,
  tx: Tx,
  { kind, row, desired }: { readonly kind: Kind; readonly row: ObjectRow; readonly desired: Desired | null },
): Promise<Job | null> {
  const of = { target: context.target, kind, n: row.n };
  const isUnknown = row.state === 'observing';
  if (isUnknown) {
    await moveObject(tx, of, 'observed', { appliedHash: null });
    await settleAttempts(tx, context.target, kind, row.n);
  }
  if (row.state === 'backing-off') await moveObject(tx, of, 'woken');
  const hash = desired === null ? null : hashOf(desired.object);
  const step = stepOf(context, { kind, row: isUnknown ? { ...row, applied_hash: null } : row, hash });
  if (step === 'nothing' || step === 'forget') {
    await moveObject(tx, of, step === 'forget' ? 'deleted' : 'noop', {
      why: null,
      failures: 0,
      ...(step === 'forget' ? { name: null, nameKey: null } : {}),
    });
    return null;
  }
  const fault = desired === null || kind === 'u' ? null : await faultOfName(context, tx, row, desired);
  if (fault !== null) {
    await moveObject(tx, of, 'rejected', { why: fault });
    report(context, 'name', desired?.what ?? '', { kind: 'rejected', code: 0, why: fault });
    return null;
  }
  await moveObject(tx, of, 'taken', desired === null ? {} : { name: desired.what, nameKey: desired.nameKey });
  const attempt = await insertAttempt(tx, {
    ...of,
    operation: step,
    // What a deleted group held is what an undo puts back.
    members:
      kind === 'g' && step === 'delete' ? await readMemberSet(tx, listOf(context.target, row.n)) : null,
    leaseToken: context.lease.token,
  });
  return {
    kind,
    row,
    attempt,
    step,
    of: kind === 'u' ? 'user' : 'group',
    object: desired?.object ?? null,
    remoteId: row.remote_id,
    hash,
    what: desired?.what ?? row.name ?? row.remote_id ?? String(row.n),
  };
}

function listOf(target: number, group: number): MemberSetKey {
  return { target, group: group as GroupN, aspect: 'a' };
}

interface Ended extends Brought {
  readonly exchange: RedactedExchange | null;
}

/** Ends an attempt: its outcome, the object's state and what follows for memberships, in one transaction. */
async function endJob(context: TargetContext, tx: Tx, job: Job, brought: Ended): Promise<void> {
  const { target } = context;
  const { outcome, change, operation, exchange } = brought;
  const of = { target, kind: job.kind, n: job.row.n };
  const why = whyOf(outcome);
  await endAttempt(tx, job.attempt, { outcome: outcome.kind, why, operation, exchange });
  const current = await lockObject(tx, target, job.kind, job.row.n);
  await moveObject(tx, of, eventOf(brought), { ...change, ...afterwards(context, outcome, current) });
  if (job.kind === 'u') await moveWithUser(context, tx, job, change);
  else await moveWithGroup(context, tx, job, change);
}

function eventOf({ outcome, isDeleted }: Brought): ObjectEvent {
  return isDeleted === true ? 'deleted' : outcome.kind;
}

function afterwards(context: TargetContext, outcome: Outcome, row: ObjectRow | null): ObjectChange {
  switch (outcome.kind) {
    case 'applied':
      return { why: null, failures: 0, dueAt: null, applied: true, observed: true };
    case 'noop':
      return { why: null, failures: 0, dueAt: null, observed: true };
    case 'down': {
      const failures = (row?.failures ?? 0) + 1;
      const { now, random } = context.world;
      return { why: whyOf(outcome), failures, dueAt: new Date(now() + backoffMs(failures, random())) };
    }
    case 'missing': {
      // Once is resolved again at once; a target that finds and misses the same object in turn has to wait.
      const failures = (row?.failures ?? 0) + 1;
      const { now, random } = context.world;
      const dueAt = failures === 1 ? null : new Date(now() + backoffMs(failures, random()));
      return { why: whyOf(outcome), failures, dueAt };
    }
    case 'conflict':
    case 'throttled':
    case 'rejected':
    case 'unauthorised':
    case 'ambiguous':
      return { why: whyOf(outcome) };
  }
}

/** A user that got another id at the target, or none, is in none of its groups there any more. */
async function moveWithUser(context: TargetContext, tx: Tx, job: Job, change: ObjectChange): Promise<void> {
  const { target } = context;
  const user = job.row.n as UserN;
  const isOther = 'remoteId' in change && change.remoteId !== job.row.remote_id && !isRenamed(job, change);
  const isOtherwise = 'held' in change && change.held !== job.row.held;
  if (!isOther && !isOtherwise) return;
  const lost = isOther && job.row.remote_id !== null ? await groupsHolding(tx, target, [user]) : [];
  for (const { group } of lost) {
    await lockObject(tx, target, 'm', group);
    const applied = await moveMembers(tx, { target, group, aspect: 'a' }, { add: [], remove: [user] });
    await moveObjectCounts(tx, target, group, { applied, add: 0, remove: 0, waiting: 0, blocked: 0 });
  }
  const also = lost.map(({ group }) => ({ group, users: [user] }));
  await markMemberships(tx, target, { users: [user], also });
}

/** Where the name is the id, an update may give another one to the same object: its memberships stand. */
function isRenamed({ step }: Job, { remoteId }: ObjectChange): boolean {
  return step === 'update' && typeof remoteId === 'string';
}

/** A group that is not there any more has no members there. */
async function moveWithGroup(context: TargetContext, tx: Tx, job: Job, change: ObjectChange): Promise<void> {
  const { target } = context;
  const group = job.row.n as GroupN;
  if (!('remoteId' in change) || change.remoteId === job.row.remote_id || job.row.remote_id === null) return;
  if (isRenamed(job, change)) return;
  await lockObject(tx, target, 'm', group);
  const sizes = [];
  for (const aspect of ['a', '+', '-', 'w', 'b'] as const) {
    sizes.push(-(await clearMemberSet(tx, { target, group, aspect })));
  }
  const [applied = 0, add = 0, remove = 0, waiting = 0, blocked = 0] = sizes;
  await moveObjectCounts(tx, target, group, { applied, add, remove, waiting, blocked });
  context.toCompare.add(group);
}

/** Names are reserved per target (O-09): the second group whose name folds to the same is told which is first. */
async function faultOfName(
  { target, traits }: TargetContext,
  tx: Tx,
  row: ObjectRow,
  { what, nameKey }: Desired,
): Promise<string | null> {
  const fault = faultOfTargetName(what, traits.names);
  if (fault !== null || nameKey === null) return fault;
  const holder = await findNameHolder(tx, target, { nameKey, besides: row.n });
  return holder === null
    ? null
    : `"${what}" and the group "${holder}" would bear one name at the target, which takes both for the same.`;
}

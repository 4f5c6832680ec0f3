/**
 * Work on users and groups: take what is due, commit an attempt for each, send, and end each attempt together
 * with what it did to the ledger. What became known or unknown at the target moves memberships with it.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import type { ObjectEvent } from '../../core/targets/object-state.ts';
import { isSettled } from '../../core/targets/outcome.ts';
import type { Tx } from '../../store/database.ts';
import { endAttempt, insertAttempt, settleAttempts } from '../../store/targets/attempts.ts';
import {
  clearMemberSet,
  groupsHolding,
  type MemberSetKey,
  moveMembers,
  readMemberSet,
} from '../../store/targets/member-sets.ts';
import { findIdHolder } from '../../store/targets/names.ts';
import { takeDue } from '../../store/targets/due-objects.ts';
import {
  lockObject,
  moveObject,
  moveObjectCounts,
  type ObjectChange,
  type ObjectRow,
  readObjects,
} from '../../store/targets/objects.ts';
import { verifyObject } from './canary.ts';
import { Gathering } from './gathering.ts';
import { fenced, inParallel, isSendable, report, type TargetContext, waitOf, whyOf } from './context.ts';
import { type Desired, desiredObjects, hashOf, stepOf } from './desired-objects.ts';
import { faultOfName, wakeNamesakes } from './group-names.ts';
import type { RedactedExchange } from '../exchange.ts';
import { markMemberships } from './marks.ts';
import { overhear } from './overhearing.ts';
import { bring, type Brought, type ObjectRequest } from './object-request.ts';

type Kind = 'u' | 'g';

/** A deletion that waits for removals of members looks again so soon. */
const TAKEN_OUT_WITHIN_MS = 1_000;

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
  const ends = new Gathering<Ended>((ended) => fenced(context, (tx) => endJobs(context, tx, ended)));
  await inParallel(jobs, context.settings.concurrency, async (job) => {
    const { result: brought, last } = await overhear(() => bring(context, job));
    report(context, brought.operation, job.what, brought.outcome);
    ends.add({ ...brought, job, exchange: isSettled(brought.outcome) ? null : last });
    await verifyObject(context, job, brought.outcome);
  });
  await ends.done();
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
    if (step === 'forget' && kind === 'g') await wakeNamesakes(context, tx);
    return null;
  }
  if (kind === 'u' && step === 'delete' && (await isBeingTakenOut(tx, context.target, row.n as UserN))) {
    // Not every service takes an account that it forgets out of its groups.
    await moveObject(tx, of, 'marked', { dueAt: new Date(context.world.now() + TAKEN_OUT_WITHIN_MS) });
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

/** True while a removal of this user from some group is still to be sent. */
async function isBeingTakenOut(tx: Tx, target: number, user: UserN): Promise<boolean> {
  const holding = await groupsHolding(tx, target, [user]);
  const groups = holding.map(({ group }) => group);
  const lists = await readObjects(tx, target, 'm', groups);
  return lists.some(({ state, remove_count: left }) => left > 0 && state !== 'blocked');
}

function listOf(target: number, group: number): MemberSetKey {
  return { target, group: group as GroupN, aspect: 'a' };
}

interface Ended extends Brought {
  readonly job: Job;
  readonly exchange: RedactedExchange | null;
}

/**
 * Ends attempts: their outcomes, the objects' states and what follows for memberships, in one transaction. Those that
 * ended meanwhile go together, for a user that arrives is looked up in every group, and many at once cost the same.
 */
async function endJobs(context: TargetContext, tx: Tx, ended: readonly Ended[]): Promise<void> {
  const moved: UserN[] = [];
  let frees = false;
  const lost: { readonly group: GroupN; readonly users: readonly UserN[] }[] = [];
  for (const each of [...ended].sort((a, b) => a.job.row.n - b.job.row.n)) {
    const one = await withOwnId(context, tx, each);
    await endJob(context, tx, one);
    if (one.job.kind === 'g') {
      await moveWithGroup(context, tx, one.job, one.change);
      frees ||= isNameFree(one);
    } else if (isMoved(one)) {
      moved.push(one.job.row.n as UserN);
      lost.push(...(await loseMemberships(context, tx, one)));
    }
  }
  if (frees) await wakeNamesakes(context, tx);
  await markMemberships(tx, context.target, { users: moved, also: lost });
}

/** A target that has one id for two of ours means one of them only: a person has to look, and nothing is kept of it. */
async function withOwnId({ target }: TargetContext, tx: Tx, ended: Ended): Promise<Ended> {
  const { job, change } = ended;
  const { remoteId } = change;
  if (typeof remoteId !== 'string' || remoteId === job.row.remote_id) return ended;
  const holder = await findIdHolder(tx, target, { kind: job.kind, remoteId, besides: job.row.n });
  if (holder === null) return ended;
  const why = `the target has the id ${remoteId} for "${job.what}" and for "${holder}"`;
  return { ...ended, outcome: { kind: 'conflict', why }, change: {} };
}

async function endJob(context: TargetContext, tx: Tx, brought: Ended): Promise<void> {
  const { target } = context;
  const { job, outcome, change, operation, exchange } = brought;
  const of = { target, kind: job.kind, n: job.row.n };
  const why = whyOf(outcome);
  await endAttempt(tx, job.attempt, { outcome: outcome.kind, why, operation, exchange });
  const current = await lockObject(tx, target, job.kind, job.row.n);
  await moveObject(tx, of, eventOf(brought), { ...change, ...afterwards(context, brought, current) });
}

function eventOf({ outcome, isDeleted }: Brought): ObjectEvent {
  return isDeleted === true ? 'deleted' : outcome.kind;
}

function afterwards(
  context: TargetContext,
  { job, outcome, isDeleted }: Ended,
  row: ObjectRow | null,
): ObjectChange {
  if (isDeleted === true && outcome.kind === 'missing') return { why: null, failures: 0, dueAt: null };
  switch (outcome.kind) {
    case 'applied':
    case 'noop': {
      const failures = isBack(job) && isDeleted !== true ? (row?.failures ?? 0) : 0;
      const applied = outcome.kind === 'applied' ? ({ applied: true } as const) : {};
      return { why: null, failures, dueAt: null, observed: true, ...applied };
    }
    case 'down':
    case 'ambiguous':
    case 'missing':
    case 'throttled':
    case 'unauthorised':
      return { why: whyOf(outcome), ...waitOf(context, outcome, row) };
    case 'conflict':
    case 'rejected':
      return { why: whyOf(outcome) };
  }
}

/**
 * True when an object that the target had lost was brought back. That alone proves nothing of a target that goes on
 * losing it, so its failures count on until it is seen to be still there.
 */
function isBack({ row }: Job): boolean {
  return row.held !== 'a' && row.applied_at !== null;
}

/** True for a user that is somebody else at the target now, or active there where it was not, or the other way round. */
function isMoved(ended: Ended): boolean {
  return isOther(ended) || ('held' in ended.change && ended.change.held !== ended.job.row.held);
}

function isOther({ job, change }: Ended): boolean {
  return 'remoteId' in change && change.remoteId !== job.row.remote_id && !isRenamed(job, change);
}

/** A user that got another id at the target, or none, is in none of its groups there any more. */
async function loseMemberships(
  { target }: TargetContext,
  tx: Tx,
  ended: Ended,
): Promise<{ readonly group: GroupN; readonly users: readonly UserN[] }[]> {
  if (!isOther(ended) || ended.job.row.remote_id === null) return [];
  const user = ended.job.row.n as UserN;
  const lost = await groupsHolding(tx, target, [user]);
  for (const { group } of lost) {
    await lockObject(tx, target, 'm', group);
    const applied = await moveMembers(tx, { target, group, aspect: 'a' }, { add: [], remove: [user] });
    await moveObjectCounts(tx, target, group, { applied, add: 0, remove: 0, waiting: 0, blocked: 0 });
  }
  return lost.map(({ group }) => ({ group, users: [user] }));
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

/**
 * True when this one may bear a name at the target no more that it bore, or had taken for itself: what is made for the
 * first time frees none. Of a renaming that failed before, the ledger has the new name already.
 */
function isNameFree({ job: { row, what }, outcome, isDeleted }: Ended): boolean {
  if (isDeleted === true) return true;
  if (!isSettled(outcome) || row.name === null) return false;
  return row.name !== what || (row.failures > 0 && row.remote_id !== null);
}

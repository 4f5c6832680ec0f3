/**
 * Bringing one user or group at the target to where it should be: a look before every write (O-03), then one
 * write. What it did comes back as a value; the ledger is moved by whoever called.
 */
import type { ObjectStep } from '../../core/targets/object-step.ts';
import type { Outcome } from '../../core/targets/outcome.ts';
import type { ObjectChange } from '../../store/targets/objects.ts';
import type { Held, Resolution, TargetObject } from '../connector.ts';
import { ask, request, type TargetContext } from './context.ts';
import { write } from './object-write.ts';
import { overhear } from './overhearing.ts';

export interface ObjectRequest {
  readonly step: Exclude<ObjectStep, 'nothing' | 'forget'>;
  readonly of: 'user' | 'group';
  /** As it should be; null when it is not desired. */
  readonly object: TargetObject | null;
  readonly remoteId: string | null;
  readonly hash: Buffer | null;
}

export interface Brought {
  readonly outcome: Outcome;
  /** What it turned out to be: `create`, `adopt`, `update`, … */
  readonly operation: string;
  readonly change: ObjectChange;
  readonly isDeleted?: true;
}

const GONE: ObjectChange = { remoteId: null, held: null, owned: null, appliedHash: null };

export async function bring(context: TargetContext, job: ObjectRequest): Promise<Brought> {
  const { step, object, remoteId } = job;
  if (step === 'find' && object !== null) return find(context, object, job.hash);
  if (step === 'update' && object !== null && remoteId !== null) {
    return update(context, { object, remoteId, hash: job.hash });
  }
  if (step === 'deactivate' && remoteId !== null) return deactivate(context, remoteId);
  if (step === 'delete' && remoteId !== null) return remove(context, job.of, remoteId);
  throw new Error(`Nothing to ${step} without an object or its id at the target.`);
}

async function find(context: TargetContext, object: TargetObject, hash: Buffer | null): Promise<Brought> {
  const found = await take(context, await resolve(context, object), { object, hash });
  if (found !== null) return found;
  const outcome = await write(context, { kind: 'create', object });
  if (outcome.kind === 'conflict') {
    // Somebody was faster, or the name is taken by what our look could not see: look once more, then a person, who is
    // shown the conflict and not the look.
    const { result: again } = await overhear(() => resolve(context, object));
    return (await take(context, again, { object, hash })) ?? { outcome, operation: 'create', change: {} };
  }
  if (outcome.kind !== 'applied' || outcome.remoteId === undefined)
    return { outcome, operation: 'create', change: {} };
  const change = { remoteId: outcome.remoteId, held: 'a', owned: 'c', appliedHash: hash } as const;
  return { outcome, operation: 'create', change };
}

function resolve(context: TargetContext, object: TargetObject): Promise<Resolution> {
  return ask(context, () => context.connector.resolve(object));
}

/** Takes over what was found; null when the target has nothing of the kind. */
async function take(
  context: TargetContext,
  answer: Resolution,
  { object, hash }: { readonly object: TargetObject; readonly hash: Buffer | null },
): Promise<Brought | null> {
  if (answer.kind === 'failed') return { outcome: answer.outcome, operation: 'look-up', change: {} };
  if (answer.kind === 'none') return null;
  if (answer.kind === 'conflict') {
    const { why, hits } = answer;
    return { outcome: { kind: 'conflict', why, hits }, operation: 'look-up', change: {} };
  }
  // What carries our id was made by us, whether or not we remember it.
  const owned = answer.by === 'externalId' ? 'c' : 'a';
  const brought = await bringInLine(context, { object, held: answer.object, hash });
  return {
    ...brought,
    operation: owned === 'a' ? 'adopt' : brought.operation,
    change: {
      remoteId: answer.object.remoteId,
      owned,
      held: answer.object.active ? 'a' : 'i',
      ...brought.change,
    },
  };
}

async function update(
  context: TargetContext,
  { object, remoteId, hash }: { object: TargetObject; remoteId: string; hash: Buffer | null },
): Promise<Brought> {
  const seen = await ask(context, () => context.connector.observe(object.kind, remoteId));
  if (seen.kind === 'failed') return { outcome: seen.outcome, operation: 'update', change: {} };
  if (seen.kind === 'absent') {
    return {
      outcome: { kind: 'missing', why: 'it is not there any more' },
      operation: 'update',
      change: GONE,
    };
  }
  return bringInLine(context, { object, held: seen.object, hash });
}

async function bringInLine(
  context: TargetContext,
  { object, held, hash }: { object: TargetObject; held: Held; hash: Buffer | null },
): Promise<Brought> {
  const outcome = await write(context, { kind: 'update', object, held });
  const operation = object.kind === 'user' && !held.active ? 're-enable' : 'update';
  if (outcome.kind === 'missing') return { outcome, operation, change: GONE };
  if (outcome.kind !== 'applied' && outcome.kind !== 'noop') return { outcome, operation, change: {} };
  // Where a name is all that an object is known by, its rename gives it another id.
  const renamed = outcome.remoteId === undefined ? {} : { remoteId: outcome.remoteId };
  return { outcome, operation, change: { held: 'a', appliedHash: hash, ...renamed } };
}

async function deactivate(context: TargetContext, remoteId: string): Promise<Brought> {
  const { connector, traits } = context;
  const outcome = await request(context, () => connector.apply({ kind: 'deactivate', remoteId }, traits));
  const operation = 'deactivate';
  // Gone there is as good as deactivated.
  if (outcome.kind === 'missing') return { outcome, operation, change: GONE, isDeleted: true };
  const isDone = outcome.kind === 'applied' || outcome.kind === 'noop';
  return { outcome, operation, change: isDone ? { held: 'i', appliedHash: null } : {} };
}

async function remove(context: TargetContext, of: 'user' | 'group', remoteId: string): Promise<Brought> {
  const { connector, traits } = context;
  const outcome = await request(context, () => connector.apply({ kind: 'delete', of, remoteId }, traits));
  const isDone = outcome.kind === 'applied' || outcome.kind === 'noop' || outcome.kind === 'missing';
  return isDone
    ? { outcome, operation: 'delete', change: { ...GONE, name: null, nameKey: null }, isDeleted: true }
    : { outcome, operation: 'delete', change: {} };
}

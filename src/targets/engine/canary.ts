/**
 * The canary of a push (O-07): of a push with many operations the first five are looked up at the target before the
 * rest goes. A target that says yes and does nothing, or answers for another tenant, is found after five and not
 * after fifty thousand. It asks only for what no service leaves out: is it there, by that name, active or not, a
 * member or not.
 */
import type { Outcome } from '../../core/targets/outcome.ts';
import { type Due, readDue } from '../../store/targets/due-objects.ts';
import type { Held, Operation, TargetObject } from '../connector.ts';
import { ask, report, type TargetContext } from './context.ts';

/** A push of fewer operations is not worth looking twice. */
const LARGE = 25;
const VERIFIED = 5;

/** What is due, and at the beginning of a push the decision how many of its operations are verified. */
export async function beginPush(context: TargetContext): Promise<Due> {
  const due = await readDue(context.database, context.target, LARGE + 1);
  context.canary ??= { left: due.count > LARGE ? VERIFIED : 0 };
  return due;
}

/** Operations that the next round may send at most. */
export function mostNow({ canary }: TargetContext): number {
  return canary === null || canary.left === 0 ? Infinity : canary.left;
}

/** Looks up what a user or group is like after a request that the target says it carried out. */
export async function verifyObject(
  context: TargetContext,
  {
    step,
    of,
    object,
    remoteId,
  }: {
    readonly step: string;
    readonly of: 'user' | 'group';
    readonly object: TargetObject | null;
    readonly remoteId: string | null;
  },
  outcome: Outcome,
): Promise<void> {
  const id = outcome.kind === 'applied' ? (outcome.remoteId ?? remoteId) : null;
  if (!takeTurn(context, outcome) || id === null) return;
  const seen = await ask(context, () => context.connector.observe(of, id));
  if (seen.kind === 'failed') return;
  const what = object === null ? id : object.kind === 'user' ? object.userName : object.name;
  if (seen.kind === 'absent') {
    if (step !== 'delete') distrust(context, step, `${what} is not there`);
    return;
  }
  if (step === 'delete') distrust(context, step, `${what} is still there`);
  else if (!isAsDesired(object, seen.object)) distrust(context, step, `${what} is not as it was sent`);
}

/** Looks up members after a request that the target says it carried out. */
export async function verifyMembers(
  context: TargetContext,
  operation: Extract<Operation, { kind: 'add-members' | 'remove-members' }>,
  outcome: Outcome,
): Promise<void> {
  if (!takeTurn(context, outcome)) return;
  const { kind, group, members } = operation;
  const among = members.slice(0, VERIFIED);
  const seen = await ask(context, () => context.connector.observeMembers(group, among, context.traits));
  if (seen.kind !== 'all' && seen.kind !== 'sample') return;
  const wrong = among.filter((id) => seen.members.has(id) !== (kind === 'add-members'));
  if (wrong.length > 0) {
    distrust(context, kind, `${wrong.length} of ${among.length} members are not as they were sent`);
  }
}

function isAsDesired(object: TargetObject | null, held: Held): boolean {
  if (object === null) return !held.active;
  const name = object.kind === 'user' ? object.userName : object.name;
  return held.active && held.name.toLowerCase() === name.toLowerCase();
}

function takeTurn(context: TargetContext, outcome: Outcome): boolean {
  const { canary } = context;
  if (canary === null || canary.left === 0) return false;
  context.canary = { left: canary.left - 1 };
  return outcome.kind === 'applied';
}

function distrust(context: TargetContext, operation: string, what: string): void {
  const why = `The target said that it carried out a request (${operation}), but ${what}`;
  context.distrusts = why;
  report(context, 'canary', operation, { kind: 'rejected', code: 0, why });
}

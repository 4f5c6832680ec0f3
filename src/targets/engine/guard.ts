/**
 * The guards before a round (O-07). A held push sends nothing at all; after a person approved it, it goes on as
 * long as what is left to remove stays within what was approved (D-30).
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../core/json.ts';
import {
  isWithinApproved,
  judgePush,
  NOTHING_TO_PUSH,
  type PushCounts,
  type PushLimits,
} from '../../core/targets/push-guard.ts';
import {
  closeHold,
  holdPush,
  readOpenHold,
  readPushBase,
  readPushCounts,
  readRemovals,
  type Removals,
  shrinkApproved,
} from '../../store/targets/holds.ts';
import { fenced, type TargetContext } from './context.ts';

/** True when the next round may be sent; holds it otherwise. */
export async function mayPush(context: TargetContext, limits: PushLimits): Promise<boolean> {
  const { database, target } = context;
  const removals = await readRemovals(database, target);
  const hold = await readOpenHold(database, target);
  const now = countsOf(removals);
  const isSmall = removals.isAnythingWanted && largest(removals) <= limits.atLeast;
  if (hold?.state === 'approved' && isWithinApproved(now, hold.counts)) {
    if (largest(removals) === 0) await closeHold(database, target);
    else await shrinkApproved(database, target, now);
    return true;
  }
  if (isSmall) {
    if (hold !== null) await closeHold(database, target);
    return true;
  }
  const verdict = judgePush(now, await readPushBase(database, target), limits);
  if (verdict.kind === 'open') {
    if (hold !== null) await closeHold(database, target);
    return true;
  }
  const counts = await readPushCounts(database, target);
  const hash = `sha256:${createHash('sha256').update(canonicalJson({ target, counts })).digest('hex')}`;
  if (hold?.state === 'held' && hold.hash === hash) return false;
  await fenced(context, (tx) => holdPush(tx, target, { counts, why: verdict.why, hash }));
  return false;
}

function countsOf({ usersDeactivated, deleted, membersRemoved }: Removals): PushCounts {
  return { ...NOTHING_TO_PUSH, usersDeactivated, deleted, membersRemoved };
}

function largest({ usersDeactivated, deleted, membersRemoved }: Removals): number {
  return Math.max(usersDeactivated, deleted, membersRemoved);
}

/** Ends the memberships whose time is over (D-01). */
import type { Attribution } from '../core/attribution.ts';
import { type ExpiredRow, expiredMembersOf, listExpired } from '../store/expiry.ts';
import { retractMembers } from '../store/assertions.ts';
import { lockGraph, reopenNesting } from '../store/closure.ts';
import { lockGroup } from '../store/groups.ts';
import { usersBelow } from '../store/request-loss.ts';
import { followLoss, groupsAmong, note } from './member-moves.ts';
import { authorOf, type Directory, perform, type Work } from './work.ts';

/** Assertions to a round: enough to catch up quickly, little enough to be one short transaction per group. */
const AT_ONCE = 1_000;

/**
 * Retracts assertions whose `expiresAt` has come, each in the name of its own source, so that another source's
 * assertion keeps the member. Safe on several instances at once: the second finds nothing left. Answers how many
 * members left a group.
 */
export async function endExpiredMemberships(directory: Directory): Promise<number> {
  let left = 0;
  for (const expired of await listExpired(directory.database, AT_ONCE)) {
    const { result } = await perform(directory, byTime(expired), (work) => retract(work, expired));
    left += result;
  }
  return left;
}

/** Looks again under the lock: in the meantime somebody may have given a member more time. */
async function retract(work: Work, { group_id: id, nests }: ExpiredRow): Promise<number> {
  if (nests) await lockGraph(work.tx);
  const group = await lockGroup(work.tx, id, work.sourceN);
  if (group === null) return 0;
  const members = await expiredMembersOf(work.tx, group.n, work.sourceN);
  const nested = groupsAmong(members);
  const below = group.lets_request ? await usersBelow(work.tx, nested) : [];
  const outcome = await retractMembers(work.tx, group.n, members, authorOf(work));
  note(work, outcome, { group: group.n, removed: outcome.changed });
  await reopenNesting(work.tx, [group.n], nested);
  await followLoss(work, group, { members, changed: outcome.changed, below });
  return outcome.changed.length;
}

function byTime({ source }: ExpiredRow): Attribution {
  return {
    actor: { kind: 'system', id: 'expiry' },
    onBehalfOf: null,
    source,
    origin: { kind: 'command', command: 'expiry' },
    requestId: null,
  };
}

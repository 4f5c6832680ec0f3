/**
 * What ends when users lose `groups.request` (J-11), in the transaction of what took it: a removal from a group that
 * lets its members ask, a deletion, an un-nesting, a revoked permission, an import.
 */
import type { UserN } from '../core/ids.ts';
import { lockLosers, retractLosses } from '../store/request-loss.ts';
import { endWaitingRequests } from './waiting-requests.ts';
import { authorOf, notePlace, type Work } from './work.ts';

/**
 * Looks which of the users do not hold `groups.request` any more, and ends their memberships in groups that are not
 * public: those that self-service or the console asserts, or everybody's (`requestLoss`). Their requests for such
 * groups are cancelled.
 */
export async function endRequestLosses(work: Work, candidates: readonly UserN[]): Promise<void> {
  const users = await lockLosers(work.tx, candidates);
  if (users.length === 0) return;
  const { place } = await retractLosses(work.tx, users, work.rules.requestLoss, authorOf(work));
  notePlace(work, place);
  await endWaitingRequests(
    work,
    { of: 'users-in-closed-groups', users },
    { state: 'cancelled', reason: 'groups.request was lost' },
  );
}

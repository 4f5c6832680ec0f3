/** Requests that end without a decision: overtaken, cancelled with their group or user, or expired (J-13). */
import type { Attribution } from '../core/attribution.ts';
import { endRequests, lockOverdue, lockWaitingRequests, type Waiting } from '../store/requests.ts';
import { tellRequesters } from '../store/inbox.ts';
import { authorOf, type Directory, notePlace, perform, type Work } from './work.ts';

/** Requests to a round: enough to catch up quickly, few enough to be a short transaction. */
const AT_ONCE = 500;

interface End {
  readonly state: 'cancelled' | 'expired';
  readonly reason: string | null;
}

/** Ends the requests that wait, each with its entry in the log, and tells who made them. */
export async function endWaitingRequests(work: Work, waiting: Waiting, end: End): Promise<void> {
  await endThem(work, await lockWaitingRequests(work.tx, waiting), end);
}

/** Ends requests that waited for too long. Safe on several instances at once. Answers how many ended. */
export async function expireRequests(directory: Directory): Promise<number> {
  const { result } = await perform(directory, byTime, async (work) => {
    const overdue = await lockOverdue(work.tx, AT_ONCE);
    return endThem(work, overdue, { state: 'expired', reason: null });
  });
  return result;
}

async function endThem(work: Work, requests: readonly number[], end: End): Promise<number> {
  const { ended, place } = await endRequests(work.tx, requests, end, authorOf(work));
  notePlace(work, place);
  await tellRequesters(work.tx, ended, work.rules.mail);
  return ended.length;
}

const byTime: Attribution = {
  actor: { kind: 'system', id: 'expiry' },
  onBehalfOf: null,
  source: 'system',
  origin: { kind: 'command', command: 'expiry' },
  requestId: null,
};

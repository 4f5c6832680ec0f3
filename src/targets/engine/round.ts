/** One round of work on a target: users, then groups, then members (O-01), a bounded number of each. */
import { beginPush, mostNow } from './canary.ts';
import type { TargetContext } from './context.ts';
import { workOnMembers } from './member-work.ts';
import { workOnObjects } from './object-work.ts';

/** Bounded, so that a large first push never keeps a small change waiting for long. */
const USERS = 100;
const GROUPS = 20;

/** Answers how many objects were worked on; none means that nothing is due or nothing may be sent. */
export async function workRound(context: TargetContext): Promise<number> {
  const { concurrency } = context.settings;
  const { kinds } = await beginPush(context);
  let worked = 0;
  for (const [kind, limit, work] of [
    ['u', Math.max(USERS, concurrency), (most: number) => workOnObjects(context, { kind: 'u', limit: most })],
    ['g', GROUPS, (most: number) => workOnObjects(context, { kind: 'g', limit: most })],
    ['m', concurrency * 2, (most: number) => workOnMembers(context, { limit: most })],
  ] as const) {
    // Work on users and groups makes members due.
    if (!kinds.has(kind) && (kind !== 'm' || worked === 0)) continue;
    // What was caught by the canary stops the round, not only the next one.
    if (context.distrusts === null) worked += await work(Math.min(limit, mostNow(context)));
  }
  return worked;
}

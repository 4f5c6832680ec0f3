/** One round of work on a target: users, then groups, then members (O-01), a bounded number of each. */
import type { TargetContext } from './context.ts';
import { workOnMembers } from './member-work.ts';
import { workOnObjects } from './object-work.ts';

/** Bounded, so that a large first push never keeps a small change waiting for long. */
const USERS = 50;
const GROUPS = 20;

/** Answers how many objects were worked on; none means that nothing is due or nothing may be sent. */
export async function workRound(context: TargetContext): Promise<number> {
  const { concurrency } = context.settings;
  const users = await workOnObjects(context, { kind: 'u', limit: Math.max(USERS, concurrency) });
  const groups = await workOnObjects(context, { kind: 'g', limit: GROUPS });
  const lists = await workOnMembers(context, { limit: concurrency * 2 });
  return users + groups + lists;
}

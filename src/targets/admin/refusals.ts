/** Memberships that a target refuses: whom, why, and having what was refused sent again (O-06). */
import type { Attribution } from '../../core/attribution.ts';
import type { GroupN, UserN } from '../../core/ids.ts';
import { Refusal } from '../../core/refusal.ts';
import { groupsRefusing, pageOfRefused } from '../../store/targets/member-sets.ts';
import { releaseObjects } from '../../store/targets/object-marks.ts';
import {
  describeRefused,
  type RefusedPlace,
  type RefusedRow,
  type RefusingListRow,
  refusingLists,
} from '../../store/targets/refusals.ts';
import { startTargetAnew } from '../../store/targets/targets.ts';
import type { ListedAttempt } from '../../store/targets/listing.ts';
import { isConnectedType } from '../connectors/types.ts';
import { recordTarget, requireTarget, type Targets } from './verbs.ts';

export interface RefusedMember {
  /** Id is null for the group of a role. */
  readonly group: { readonly id: string | null; readonly name: string };
  readonly user: { readonly id: string; readonly name: string };
  /** What was refused last, of the last 30 days. */
  readonly lastAttempt: ListedAttempt | null;
}

export interface RefusedMembers {
  readonly items: readonly RefusedMember[];
  /** Null behind the last. */
  readonly next: RefusedPlace | null;
}

/** Numbers of the groups of roles are below zero. */
const FIRST: RefusedPlace = { group: -2_147_483_648, user: 0 };

/** A page of the memberships that a target refuses, of one group by its id or of all. Refuses `target.not_found`. */
export async function showRefusedMembers(
  targets: Targets,
  idOrName: string,
  {
    group,
    after,
    limit,
  }: { readonly group: string | null; readonly after: RefusedPlace | null; readonly limit: number },
): Promise<RefusedMembers> {
  const { database } = targets;
  const { n: target } = await requireTarget(targets, idOrName);
  const begin = after ?? FIRST;
  const lists = await refusingLists(database, target, { from: begin.group, group, limit: limit + 2 });
  const groups = enough(lists, { begin, limit: limit + 1 });
  const page = await pageOfRefused(database, target, { groups, after: begin, limit: limit + 1 });
  const rows = await describeRefused(database, target, page.slice(0, limit));
  const last = page.length > limit ? page[limit - 1] : undefined;
  return { items: rows.map(memberView), next: last ?? null };
}

/** Groups that hold that many refused members behind the place: no more sets are read than a page needs. */
function enough(
  lists: readonly RefusingListRow[],
  { begin, limit }: { readonly begin: RefusedPlace; readonly limit: number },
): GroupN[] {
  const groups: GroupN[] = [];
  let found = 0;
  for (const { n, refused } of lists) {
    if (found >= limit) break;
    groups.push(n);
    // Of the group that a page begins within nobody knows how many are left.
    if (n !== begin.group) found += refused;
  }
  return groups;
}

/** The memberships of one user that a target refuses. Refuses `target.not_found`. */
export async function showRefusedOf(
  targets: Targets,
  idOrName: string,
  user: UserN,
): Promise<readonly RefusedMember[]> {
  const { database } = targets;
  const { n: target } = await requireTarget(targets, idOrName);
  const refusing = await groupsRefusing(database, target, [user]);
  const memberships = refusing.flatMap(({ group, users }) => (users.length === 0 ? [] : [{ group, user }]));
  return (await describeRefused(database, target, memberships)).map(memberView);
}

/**
 * Has everything sent again that the target refused or that is in conflict there, users, groups and memberships, as a
 * resumption does: for when the service was mended. Refuses `target.not_found`, and `target.invalid` for a webhook and
 * for a target that nothing is sent to.
 */
export async function sendRefusedAgain(targets: Targets, idOrName: string, by: Attribution): Promise<void> {
  const { n, id, name, type, mode } = await requireTarget(targets, idOrName);
  if (!isConnectedType(type)) {
    throw new Refusal('target.invalid', { why: 'A webhook is sent its messages again by a replay.' });
  }
  if (mode !== 'enforce') {
    throw new Refusal('target.invalid', { why: `${name} is in mode ${mode}; resume it first.` });
  }
  await targets.database.transaction(async (tx) => {
    await startTargetAnew(tx, n);
    await releaseObjects(tx, n);
    await recordTarget(tx, by, 'target.retried', { id, name });
  });
  targets.wake();
}

function memberView(row: RefusedRow): RefusedMember {
  return {
    group: { id: row.group_id, name: row.group_name },
    user: { id: row.user_id, name: row.user_name },
    lastAttempt: row.attempt,
  };
}

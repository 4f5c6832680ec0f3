/**
 * Comparing a target with what the change feed has told, set against set: hundreds of times cheaper than asking the
 * directory for every member. It only says which groups deserve that question. The feed may be a moment behind; what
 * changed since is in the log, which the target follows by itself, and the next comparison sees it.
 */
import { RoaringBitmap32 } from 'roaring-wasm';
import type { GroupN } from '../../core/ids.ts';
import type { Connection } from '../../store/database.ts';
import { FEED_OWNER, readLedger } from '../../store/ledger.ts';
import { isRoleGroup } from '../../store/targets/desired.ts';
import { groupsKept } from '../../store/targets/kept.ts';
import { readAppliedSets } from '../../store/targets/member-sets.ts';
import { usersWithoutName } from '../../store/targets/follow.ts';

/** Groups compared at once: as many sets are in memory. */
const SLICE = 500;

/** Those of a target's assigned groups that hold there, by its ledger, other members than the feed has told, or are not done. */
export async function groupsUnlikeFeed(
  connection: Connection,
  target: number,
  groups: readonly GroupN[],
): Promise<GroupN[]> {
  const kept = await groupsKept(connection, target);
  // A stub is a member for the feed, and nobody that a target could be told of.
  const nameless = new RoaringBitmap32(await usersWithoutName(connection));
  const unlike: GroupN[] = [];
  try {
    for (let start = 0; start < groups.length; start += SLICE) {
      const slice = groups.slice(start, start + SLICE);
      const told = await readLedger(connection, FEED_OWNER, slice);
      const applied = await readAppliedSets(connection, target, slice);
      for (const group of slice) {
        const there = applied.get(group);
        const isSettled = there !== 'pending' && !isRoleGroup(group) && !kept.has(group);
        if (!isSettled || !isSame(told.get(group), there, nameless)) unlike.push(group);
      }
      for (const set of told.values()) set.dispose();
      for (const set of applied.values()) if (set !== 'pending') set.dispose();
    }
  } finally {
    nameless.dispose();
  }
  return unlike;
}

function isSame(
  told: RoaringBitmap32 | undefined,
  there: RoaringBitmap32 | undefined,
  nameless: RoaringBitmap32,
): boolean {
  if (told === undefined) return there === undefined || there.isEmpty;
  told.andNotInPlace(nameless);
  return there === undefined ? told.isEmpty : told.isEqual(there);
}

/** Writing the net difference that a file or the end of a source comes to, with all that follows from it. */
import { Refusal } from '../core/refusal.ts';
import { closeOverNestings, reopenNesting } from '../store/closure.ts';
import {
  bumpPlannedGroups,
  listPlannedNestings,
  listRequestLosers,
  type PlannedNestings,
  writePairs,
} from '../store/feeds/planned-pairs.ts';
import { brokenProtection } from '../store/protection.ts';
import { endRequestLosses } from './request-loss.ts';
import { authorOf, noteNestings, notePlace, type Work } from './work.ts';

/**
 * Writes the planned pairs: memberships, closure, requests of those who lose the permission to ask (J-11), versions.
 * The groups are locked already, and the graph where nestings move. Refuses `group.protected_open` (J-20).
 */
export async function writePlannedPairs(
  work: Work,
  { movesNestings }: { readonly movesNestings: boolean },
): Promise<void> {
  const { tx } = work;
  const nestings = movesNestings ? await listPlannedNestings(tx) : null;
  if (nestings !== null) await noteNestings(work, [...nestings.nested, ...nestings.unnestedMembers]);
  notePlace(work, await writePairs(tx, authorOf(work)));
  const losing = await listRequestLosers(tx);
  if (nestings !== null) await followNestings(work, nestings);
  await endRequestLosses(work, losing);
  await bumpPlannedGroups(tx);
}

/** Brings the closure after the nestings: first what ended, then what was added. */
async function followNestings(
  { tx }: Work,
  { nested, unnestedGroups, unnestedMembers }: PlannedNestings,
): Promise<void> {
  await reopenNesting(tx, unnestedGroups, unnestedMembers);
  await closeOverNestings(tx, nested);
  const [broken] = await brokenProtection(tx, nested);
  if (broken !== undefined) throw new Refusal('group.protected_open', { group: broken });
}

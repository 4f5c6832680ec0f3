/** Repairing the closure of the nestings, the one derived thing that answers are made of. */
import { lockGraph } from '../store/closure.ts';
import { type ClosureFaults, compareClosure, rewriteClosure } from '../store/effective/verification.ts';
import { type Directory, perform, record } from './work.ts';
import type { Attribution } from '../core/attribution.ts';

/**
 * Recomputes the closure and makes it what the nestings say; answers what was wrong. Compared first without a
 * lock, so that a closure that is right holds nobody up. What was mended stands in the log.
 */
export async function verifyClosure(directory: Directory, by: Attribution): Promise<ClosureFaults> {
  const found = await compareClosure(directory.database);
  if (found.extra + found.missing === 0) return found;
  const { result } = await perform(directory, by, async (work) => {
    await lockGraph(work.tx);
    const mended = await rewriteClosure(work.tx);
    if (mended.extra + mended.missing > 0) {
      await record(work, { type: 'closure.repaired', after: mended });
    }
    return mended;
  });
  return result;
}

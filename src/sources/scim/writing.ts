/** Writing in a caller's name. */
import { isRefused } from '../../core/refusal.ts';
import { openConflict } from '../../directory/conflicts.ts';
import { perform, type Work } from '../../directory/work.ts';
import type { ConflictKind } from '../../store/conflicts.ts';
import type { Call } from './call.ts';

/**
 * Runs verbs in one transaction in the caller's name; what they wrote goes into the trace. A name that is taken
 * outside of the caller's namespace opens a conflict, for the caller cannot find out by itself why it is refused.
 */
export async function writeFor<T>(call: Call, task: (work: Work) => Promise<T>): Promise<T> {
  const { parts, caller, by } = call;
  try {
    const { result, written } = await perform(parts.directory, by, task);
    call.trace.written.push(...written);
    return result;
  } catch (error) {
    const taken = caller.view.namespace === 'own' ? takenName(error) : null;
    if (taken !== null) await perform(parts.directory, by, (work) => openConflict(work, taken));
    throw error;
  }
}

function takenName(error: unknown): { readonly kind: ConflictKind; readonly name: string } | null {
  if (isRefused(error, 'user.name_taken')) return { kind: 'userName.taken', name: error.details.userName };
  if (isRefused(error, 'group.name_taken')) return { kind: 'displayName.taken', name: error.details.name };
  return null;
}

/** What an edit that may have been held leads to. */
import { isRefusal, type Refusal } from '../../../core/refusal.ts';
import type { Edited } from '../../../plans/edits/group-edits.ts';
import { seesPlans } from '../../frame/navigation.ts';
import type { Notice } from '../../frame/notice.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';

/** The notice of an edit: `done` where it was done, and where it waits otherwise. */
export function noticeOf<T>({ t, person }: Visit, { result }: Edited<T>, done: string): Notice {
  if (result.kind !== 'held') return { tone: 'done', text: done };
  return {
    tone: 'held',
    text: t.groups.held,
    ...(seesPlans(person) ? { link: { href: `/plans/${result.plan.id}`, text: t.groups.heldLook } } : {}),
  };
}

/** Whether an edit was held. */
export function isHeld<T>({ result }: Edited<T>): boolean {
  return result.kind === 'held';
}

/** Runs a write; what it refuses leads back to the form, with what is wrong. */
export async function orMend(
  write: () => Promise<ScreenAnswer>,
  mend: (refusal: Refusal) => Promise<ScreenAnswer>,
): Promise<ScreenAnswer> {
  try {
    return await write();
  } catch (error) {
    if (isRefusal(error)) return mend(error);
    throw error;
  }
}

/** Erasing a person: the record goes, the history keeps its meaning (D-06, D-40). */
import { requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { erasePerson, forgetErasedAtTargets } from '../store/privacy/erasure.ts';
import { lockPerson, patternOf, type PersonRef, wordsOfPerson } from '../store/privacy/person.ts';
import { deleteUser } from './users.ts';
import { record, type Work } from './work.ts';

/** Shorter words stand everywhere and tell nobody. */
const TELLING = 4;

export interface Erasure {
  /** Finds, in the whole database, the words that the person was known by; not the id, which stays. */
  readonly pattern: string | null;
  /** Erased now for the first time. */
  readonly isFirst: boolean;
}

/**
 * Deletes the user where it still lives, so that memberships end and targets follow, and then takes names, attributes
 * and keys out of everything that is kept of it: the tombstone, the log's part about persons, files' rows, traces,
 * plans, requests, sessions and what targets said. Numbers and ids stay. Nothing brings it back: a later user of the
 * same name is another one. Done again, it takes away what came since. Refuses `user.not_found`.
 */
export async function eraseUser(work: Work, { n, id }: PersonRef): Promise<Erasure> {
  requireTo('manage-users', work.by.actor);
  const { tx } = work;
  const state = await lockPerson(tx, n);
  if (state === null) throw new Refusal('user.not_found', { user: id });
  const { keys, names } = await wordsOfPerson(tx, n);
  if (state.living) await deleteUser(work, { user: id, ifMatch: null });
  await erasePerson(tx, n, patternOf(keys, id));
  await forgetErasedAtTargets(tx);
  if (!state.erased) await record(work, { type: 'user.erased', user: n });
  const words = [...keys, ...names].filter((word) => word.length >= TELLING);
  return { pattern: words.length === 0 ? null : patternOf(words), isFirst: !state.erased };
}

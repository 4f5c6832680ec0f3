/** Two records of one person made one. */
import { emailKeysOf } from '../core/emails.ts';
import type { UserId, UserN } from '../core/ids.ts';
import { recordOrigin } from '../store/changes.ts';
import { lockGroupsOfBoth, moveAssertions, moveKeys } from '../store/merging.ts';
import { changeUser, deleteUser } from './users.ts';
import { authorOf, notePlace, type Work } from './work.ts';

export interface MergedUser {
  readonly n: UserN;
  readonly id: UserId;
}

/**
 * Gives memberships, identity keys, e-mails and what feeds state of `from` to `into`, then deletes `from`. Of
 * attributes `into` keeps its own. Whoever was in a group by either of the two still is.
 */
export async function mergeUsers(
  work: Work,
  { from, into }: { readonly from: MergedUser; readonly into: MergedUser },
): Promise<void> {
  const { tx } = work;
  const merging = { from: from.n, into: into.n };
  work.originN ??= await recordOrigin(tx, work.by);
  await lockGroupsOfBoth(tx, merging);
  let emails: readonly unknown[] = [];
  await changeUser(work, {
    user: from.id,
    ifMatch: null,
    edit: (current) => {
      emails = Array.isArray(current.document.emails) ? current.document.emails : [];
      return current;
    },
  });
  notePlace(work, await moveAssertions(tx, authorOf(work), merging));
  await moveKeys(tx, merging);
  await changeUser(work, {
    user: into.id,
    ifMatch: null,
    edit: (current) => {
      const own = new Set(emailKeysOf(current.document).map(({ key }) => key));
      const more = emailKeysOf({ emails }).filter(({ key }) => !own.has(key));
      if (more.length === 0) return current;
      const had = Array.isArray(current.document.emails)
        ? (current.document.emails as readonly unknown[])
        : [];
      const all = [...had, ...more.map(({ value }) => ({ value }))];
      return { ...current, document: { ...current.document, emails: all } };
    },
  });
  await deleteUser(work, { user: from.id, ifMatch: null });
}

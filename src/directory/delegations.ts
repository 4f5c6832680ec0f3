/** Delegations (J-18): a direct member who may add or remove members of its group, and nothing else. */
import type { GroupId, UserId } from '../core/ids.ts';
import { requireInGroup } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { dropDelegation, setDelegation } from '../store/governance.ts';
import { type GroupRow, lockGroup } from '../store/groups.ts';
import { externalIdIssuer, findUser, type UserRow } from '../store/users.ts';
import { record, type Work } from './work.ts';

export interface Delegate {
  readonly group: GroupId;
  readonly user: UserId;
  readonly canAdd: boolean;
  readonly canRemove: boolean;
}

/**
 * Gives a direct user member of a group a delegation, or changes it; neither right ends it. It ends with the
 * membership. Refuses `delegation.invalid` for who is no direct member, and givers as the policy `give-delegation`.
 */
export async function delegate(work: Work, { group, user, canAdd, canRemove }: Delegate): Promise<void> {
  if (!canAdd && !canRemove) {
    await endDelegation(work, { group, user });
    return;
  }
  const { row, holder } = await lockBoth(work, { group, user });
  const isGiven = await setDelegation(work.tx, { group: row.n, user: holder.n, canAdd, canRemove });
  if (!isGiven) {
    const why = `Only a user that ${row.name} lists itself can hold a delegation in it.`;
    throw new Refusal('delegation.invalid', { why });
  }
  await record(work, { type: 'group.delegated', group: row.n, user: holder.n, after: { canAdd, canRemove } });
}

/** Ends a delegation; where there is none, nothing changes. Refuses as {@link delegate}. */
export async function endDelegation(
  work: Work,
  pair: { readonly group: GroupId; readonly user: UserId },
): Promise<void> {
  const { row, holder } = await lockBoth(work, pair);
  const had = await dropDelegation(work.tx, row.n, holder.n);
  if (had === null) return;
  const before = { canAdd: had.can_add, canRemove: had.can_remove };
  await record(work, { type: 'group.undelegated', group: row.n, user: holder.n, before });
}

async function lockBoth(
  work: Work,
  { group, user }: { readonly group: GroupId; readonly user: UserId },
): Promise<{ readonly row: GroupRow; readonly holder: UserRow }> {
  const row = await lockGroup(work.tx, group, work.sourceN);
  if (row === null) throw new Refusal('group.not_found', { group });
  requireInGroup('give-delegation', work.by.actor, row);
  const holder = await findUser(work.tx, user, externalIdIssuer(work.sourceN));
  if (holder === null) throw new Refusal('user.not_found', { user });
  return { row, holder };
}

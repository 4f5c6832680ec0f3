/** Undoing what a transaction did to memberships: who was taken out is put back, who was put in is taken out. */
import { isAdministrator } from '../core/actor.ts';
import type { GroupN, UserN } from '../core/ids.ts';
import { Refusal } from '../core/refusal.ts';
import { assertMembers, type MemberLine, retractMembers } from '../store/assertions.ts';
import { closeOverNestings, lockGraph, reopenNesting } from '../store/closure.ts';
import { findGroupsOf } from '../store/groups.ts';
import {
  listDeactivated,
  listMoved,
  lockGroupsMoved,
  type MovedMembers,
  restateEnded,
} from '../store/plans/undo.ts';
import { groupsAmong, note, refuseNesting } from './member-moves.ts';
import { endRequestLosses } from './request-loss.ts';
import { changeUser } from './users.ts';
import { authorOf, noteNestings, type Work } from './work.ts';

/**
 * Undoes what the transaction `xid` did to direct memberships and to whether users are active, as far as groups and
 * users still live. In the name of the source that did it: what it removed is asserted again and lifted for the
 * others, what it added is withdrawn and stays where others assert it too; people whom a snapshot lacked count as named
 * by its feed again, so that the next one that lacks them acts on them as that one did. Groups and users that it made stay, as do
 * roles. Refuses `nesting.cycle` where a nesting cannot come back, and to those who are no administrators
 * `group.protected` and `group.restricted` (J-17, J-20): that the source of the plan is trusted lends nobody its trust.
 */
export async function undoMemberships(work: Work, xid: string): Promise<void> {
  const { tx } = work;
  const moved = await listMoved(tx, xid);
  const nested = moved.flatMap((each) => groupsAmong(linesOf(each)));
  if (nested.length > 0) await lockGraph(tx);
  const groups = moved.map(({ group_n: group }) => group);
  await lockGroupsMoved(tx, groups);
  await refuseGuarded(work, groups);
  await noteNestings(work, nested);
  for (const each of moved.filter(({ is_added: isAdded }) => isAdded)) await takeOutAgain(work, each);
  for (const each of moved.filter(({ is_added: isAdded }) => !isAdded)) await putBack(work, each);
  for (const user of await listDeactivated(tx, xid)) {
    await changeUser(work, { user, ifMatch: null, edit: (state) => ({ ...state, active: true }) });
  }
  await restateEnded(tx, { xid, source: work.sourceN });
}

async function refuseGuarded({ tx, by, sourceN }: Work, groups: readonly GroupN[]): Promise<void> {
  if (isAdministrator(by.actor)) return;
  for (const { name, protected: isProtected, restricted } of await findGroupsOf(tx, groups, sourceN)) {
    if (isProtected) throw new Refusal('group.protected', { group: name });
    if (restricted) throw new Refusal('group.restricted', { group: name });
  }
}

async function takeOutAgain(work: Work, moved: MovedMembers): Promise<void> {
  const { group_n: group } = moved;
  const lines = linesOf(moved);
  const outcome = await retractMembers(work.tx, group, lines, authorOf(work));
  note(work, outcome, { group, removed: outcome.changed });
  await reopenNesting(work.tx, [group], groupsAmong(lines));
  await endRequestLosses(work, usersAmong(lines));
}

async function putBack(work: Work, moved: MovedMembers): Promise<void> {
  const { group_n: group } = moved;
  const lines = linesOf(moved);
  const nested = groupsAmong(lines);
  if (nested.length > 0) await refuseNesting(work, group, nested);
  const outcome = await assertMembers(work.tx, group, lines, authorOf(work));
  note(work, outcome, { group, added: outcome.changed });
  await closeOverNestings(work.tx, nested);
}

function usersAmong(lines: readonly MemberLine[]): UserN[] {
  return lines.filter((line): line is MemberLine & { n: UserN } => line.kind === 'u').map(({ n }) => n);
}

function linesOf({ members, kinds }: MovedMembers): MemberLine[] {
  return members.map((n, at) => ({ n, kind: kinds[at] ?? 'u', line: null }));
}

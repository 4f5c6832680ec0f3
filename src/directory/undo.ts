/** Undoing what a transaction did to memberships: who was taken out is put back, who was put in is taken out. */
import type { UserN } from '../core/ids.ts';
import { assertMembers, type MemberLine, retractMembers } from '../store/assertions.ts';
import { closeOverNestings, lockGraph, reopenNesting } from '../store/closure.ts';
import { listDeactivated, listMoved, lockGroupsMoved, type MovedMembers } from '../store/plans/undo.ts';
import { groupsAmong, note, refuseNesting } from './memberships.ts';
import { endRequestLosses } from './request-loss.ts';
import { changeUser } from './users.ts';
import { authorOf, noteNestings, type Work } from './work.ts';

/**
 * Undoes what the transaction `xid` did to direct memberships and to whether users are active, as far as groups and
 * users still live. In the name of the source that did it: what it removed is asserted again and lifted for the
 * others, what it added is withdrawn and stays where others assert it too. Groups and users that it made stay, as do
 * roles. Refuses `nesting.cycle` where a nesting cannot come back.
 */
export async function undoMemberships(work: Work, xid: string): Promise<void> {
  const { tx } = work;
  const moved = await listMoved(tx, xid);
  const nested = moved.flatMap((each) => groupsAmong(linesOf(each)));
  if (nested.length > 0) await lockGraph(tx);
  await lockGroupsMoved(
    tx,
    moved.map(({ group_n: group }) => group),
  );
  await noteNestings(work, nested);
  for (const each of moved.filter(({ is_added: isAdded }) => isAdded)) await takeOutAgain(work, each);
  for (const each of moved.filter(({ is_added: isAdded }) => !isAdded)) await putBack(work, each);
  for (const user of await listDeactivated(tx, xid)) {
    await changeUser(work, { user, ifMatch: null, edit: (state) => ({ ...state, active: true }) });
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

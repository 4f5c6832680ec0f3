/**
 * After an unknown end: what did the target make of it? The members that the open attempts were about are looked
 * up there, the ledger is set to what was seen, and only then is the difference marked anew.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import { backoffMs } from '../../core/targets/retry.ts';
import { openAttempts, settleAttempts } from '../../store/targets/attempts.ts';
import { moveMembers } from '../../store/targets/member-sets.ts';
import { lockObject, moveObject, moveObjectCounts, readObjects } from '../../store/targets/objects.ts';
import type { MemberObservation } from '../connector.ts';
import { ask, fenced, learn, report, type TargetContext, whyOf } from './context.ts';
import { markMembers } from './marks.ts';
import { isForGood } from './survey/look.ts';

/** Observes the members of a group that open attempts were about. */
export async function observeOpenMembers(context: TargetContext, group: GroupN): Promise<void> {
  const { connector, target } = context;
  const about = await fenced(context, async (tx) => {
    const attempts = await openAttempts(tx, target, 'm', group);
    const users = [...new Set(attempts.flatMap(({ members }) => members ?? []))];
    const [object] = await readObjects(tx, target, 'g', [group]);
    const ids = new Map<UserN, string>();
    for (const { n, remote_id: id } of await readObjects(tx, target, 'u', users)) {
      if (id !== null) ids.set(n as UserN, id);
    }
    return { users, ids, remoteGroup: object?.remote_id ?? null, name: object?.name ?? '' };
  });
  if (about.remoteGroup === null) return;
  const { remoteGroup, users, ids } = about;
  const seen = await ask(context, () =>
    connector.observeMembers(remoteGroup, [...ids.values()], context.traits),
  );
  // What can never be looked at is sent again: a delta of members may be repeated.
  const answer: MemberObservation =
    seen.kind === 'failed' && isForGood(seen.outcome) ? { kind: 'unreadable' } : seen;
  if (answer.kind === 'failed') {
    report(context, 'observe-members', about.name, answer.outcome);
    await fenced(context, async (tx) => {
      const failures = ((await lockObject(tx, target, 'm', group))?.failures ?? 0) + 1;
      const { now, random } = context.world;
      const dueAt = new Date(now() + backoffMs(failures, random()));
      const why = whyOf(answer.outcome);
      await moveObject(tx, { target, kind: 'm', n: group }, 'ambiguous', { why, failures, dueAt });
    });
    return;
  }
  report(context, 'observe-members', `${about.name} (${users.length})`, { kind: 'noop' });
  await rememberReadability(context, answer);
  const present = users.filter((user) => isPresent(answer, ids.get(user)));
  const absent = users.filter((user) => isAbsent(answer, ids.get(user)));
  await fenced(context, async (tx) => {
    await lockObject(tx, target, 'm', group);
    const applied = await moveMembers(tx, { target, group, aspect: 'a' }, { add: present, remove: absent });
    await moveObjectCounts(tx, target, group, { applied, add: 0, remove: 0, waiting: 0, blocked: 0 });
    await settleAttempts(tx, target, 'm', group);
    await moveObject(tx, { target, kind: 'm', n: group }, 'observed', { observed: true, dueAt: null });
    if (answer.kind === 'absent')
      await moveObject(tx, { target, kind: 'g', n: group }, 'marked', { appliedHash: null });
    await markMembers(tx, target, { group, users, refused: 'left' });
  });
}

/** A list that is empty while asking for single members finds some says that the target lists none (O-08). */
async function rememberReadability(context: TargetContext, answer: MemberObservation): Promise<void> {
  if (answer.kind !== 'sample' || answer.members.size === 0 || !context.traits.membersReadable) return;
  await learn(context, { membersReadable: false }, { members: 'listed none, but answered to single ones' });
}

function isPresent(answer: MemberObservation, id: string | undefined): boolean {
  return id !== undefined && (answer.kind === 'all' || answer.kind === 'sample') && answer.members.has(id);
}

function isAbsent(answer: MemberObservation, id: string | undefined): boolean {
  if (id === undefined || answer.kind === 'absent') return true;
  if (answer.kind === 'all') return !answer.members.has(id);
  return answer.kind === 'sample' && answer.asked.has(id) && !answer.members.has(id);
}

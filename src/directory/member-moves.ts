/** Putting members into a group and taking them out: the writes, and all that follows from them. */
import { isAdministrator } from '../core/actor.ts';
import type { GroupN, UserN } from '../core/ids.ts';
import { may, mayInGroup } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import {
  assertMembers,
  endMembers,
  type MemberLine,
  type MembershipOutcome,
  type ResolvedMember,
} from '../store/assertions.ts';
import { closeOverNesting, findCycle, reopenNesting } from '../store/closure.ts';
import { isYetToCome, setExpiry } from '../store/expiry.ts';
import { findEveryone, findGroupsOf, type GroupRow, groupNamesSeenBy } from '../store/groups.ts';
import { openGroupBelow } from '../store/protection.ts';
import { usersBelow } from '../store/request-loss.ts';
import { tellMovedMany } from './member-alerts.ts';
import { endRequestLosses } from './request-loss.ts';
import { authorOf, noteNestings, record, type Work, type Written } from './work.ts';

/**
 * Puts members in, explicitly. `expiresAt` undefined leaves the end of a membership that stands as it is (D-01).
 * Refuses a cycle, the group of everyone, what may not be nested here, and an end that is past.
 */
export async function putIn(
  work: Work,
  group: GroupRow,
  members: readonly ResolvedMember[],
  expiresAt: Date | null | undefined,
): Promise<readonly (UserN | GroupN)[]> {
  if (members.length === 0) return [];
  if (expiresAt instanceof Date) await refusePast(work, expiresAt);
  const nested = groupsAmong(members);
  if (nested.length > 0) {
    await refuseUnseen(work, members, nested);
    await refuseNesting(work, group.n, nested);
    await refuseOpenBelow(work, group, nested);
  }
  const lines = members.map(({ n, kind }) => ({ n, kind, line: null }));
  await noteNestings(work, nested);
  const outcome = await assertMembers(work.tx, group.n, lines, authorOf(work), expiresAt ?? null);
  note(work, outcome, { group: group.n, added: outcome.changed });
  if (expiresAt !== undefined) await moveEnds(work, group, { members, expiresAt });
  if (nested.length > 0) await closeOverNesting(work.tx, group.n, nested);
  await tellMovedMany(work, group, nested);
  return outcome.changed;
}

/** Takes members out explicitly (D-02), with all that follows for nestings and for what they may ask (J-11). */
export async function takeOut(
  work: Work,
  group: GroupRow,
  members: readonly Pick<ResolvedMember, 'n' | 'kind'>[],
): Promise<readonly (UserN | GroupN)[]> {
  if (members.length === 0) return [];
  const lines = members.map(({ n, kind }) => ({ n, kind, line: null }));
  const nested = groupsAmong(members);
  await noteNestings(work, nested);
  const below = group.lets_request ? await usersBelow(work.tx, nested) : [];
  const outcome = await endMembers(work.tx, group.n, lines, authorOf(work));
  note(work, outcome, { group: group.n, removed: outcome.changed });
  await tellMovedMany(work, group, nested);
  await reopenNesting(work.tx, [group.n], nested);
  await followLoss(work, group, { members, changed: outcome.changed, below });
  return outcome.changed;
}

async function refusePast({ tx }: Work, expiresAt: Date): Promise<void> {
  if (await isYetToCome(tx, expiresAt)) return;
  throw new Refusal('membership.over', { expiresAt: expiresAt.toISOString() });
}

/** What the source asserted already ends at the time said now; who was put in just now does so anyway. */
async function moveEnds(
  work: Work,
  group: GroupRow,
  { members, expiresAt }: { readonly members: readonly ResolvedMember[]; readonly expiresAt: Date | null },
): Promise<void> {
  const numbers = members.map(({ n }) => n);
  for (const { id, kind, before } of await setExpiry(work.tx, group.n, {
    members: numbers,
    source: work.sourceN,
    expiresAt,
  })) {
    const member = { type: kind === 'u' ? 'user' : 'group', id };
    await record(work, {
      type: 'membership.expiry',
      group: group.n,
      before: { member, expiresAt: before?.toISOString() ?? null },
      after: { member, expiresAt: expiresAt?.toISOString() ?? null },
    });
  }
}

/**
 * J-15: nobody learns who is in a group by nesting it in one of theirs. To people who may not see its members it is
 * not there.
 */
async function refuseUnseen(
  { tx, by, sourceN }: Work,
  members: readonly ResolvedMember[],
  nested: readonly GroupN[],
): Promise<void> {
  if (by.actor.kind !== 'user' || isAdministrator(by.actor)) return;
  const unseen = (await findGroupsOf(tx, nested, sourceN)).filter(
    (group) => !mayInGroup('see-members', by.actor, group),
  );
  if (unseen.length === 0) return;
  const ids = members.filter(({ n }) => unseen.some((group) => group.n === n)).map(({ id }) => id);
  throw new Refusal('member.not_found', { members: ids });
}

export interface MembersGone {
  readonly members: readonly Pick<MemberLine, 'n' | 'kind'>[];
  readonly changed: readonly (UserN | GroupN)[];
  /** Users in the groups among them. */
  readonly below: readonly UserN[];
}

/** After members left a group that lets its members ask to join others (J-11). */
export async function followLoss(work: Work, group: GroupRow, gone: MembersGone): Promise<void> {
  if (!group.lets_request || gone.changed.length === 0) return;
  const changed = new Set<number>(gone.changed);
  const users = gone.members
    .filter((member): member is { n: UserN; kind: 'u' } => member.kind === 'u' && changed.has(member.n))
    .map(({ n }) => n);
  await endRequestLosses(work, [...new Set([...users, ...gone.below])]);
}

/** What is nested in a protected group becomes protected too, and can be neither open nor public (J-20). */
async function refuseOpenBelow(work: Work, group: GroupRow, nested: readonly GroupN[]): Promise<void> {
  if (!group.protected) return;
  const open = await openGroupBelow(work.tx, nested);
  if (open === null) return;
  throw new Refusal('group.protected_open', {
    group: (await namesTold(work, [open.n])).get(open.n) ?? UNSEEN,
  });
}

/** What stands for a group whose name is not for the writer. */
const UNSEEN = 'a group that you cannot see';

/** Names of groups as the writer may know them: clients with a namespace of their own, and people, do not see every group. */
async function namesTold(
  { tx, by: { actor }, sourceN }: Work,
  groups: readonly GroupN[],
): Promise<ReadonlyMap<GroupN, string>> {
  if (actor.kind !== 'user' || may('read-directory', actor)) return groupNamesSeenBy(tx, groups, sourceN);
  const rows = await findGroupsOf(tx, groups, sourceN);
  return new Map(
    rows.filter((group) => mayInGroup('see-members', actor, group)).map(({ n, name }) => [n, name]),
  );
}

/**
 * Refuses to nest the group of everyone (D-14), and a nesting that would close a cycle, naming the whole path (D-11);
 * groups on it that the writer cannot see are there without their names. The graph lock must be held.
 */
export async function refuseNesting(work: Work, group: GroupN, nested: readonly GroupN[]): Promise<void> {
  const everyone = await findEveryone(work.tx, nested);
  if (everyone !== null) throw new Refusal('group.automatic', { group: everyone, kind: 'everyone' });
  const cycle = await findCycle(work.tx, group, nested);
  if (cycle === null) return;
  const names = await namesTold(work, cycle);
  throw new Refusal('nesting.cycle', { path: cycle.map((n) => names.get(n) ?? UNSEEN) });
}

/** Keeps what a membership statement wrote: its origin for the next, its place for the answer, what it changed. */
export function note(
  work: Work,
  outcome: MembershipOutcome,
  written: Pick<Written, 'group' | 'added' | 'removed'>,
): void {
  if (outcome.place !== null) work.written.push({ type: 'membership.direct', ...written });
  work.originN ??= outcome.originN;
  work.place = outcome.place ?? work.place;
}

/** The groups among members of either kind. */
export function groupsAmong(members: readonly Pick<MemberLine, 'n' | 'kind'>[]): GroupN[] {
  return members
    .filter((member): member is { n: GroupN; kind: 'g' } => member.kind === 'g')
    .map(({ n }) => n);
}

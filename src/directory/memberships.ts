/**
 * Direct memberships: who is listed in a group. A door says what it wants in steps, in its own order; here they
 * become one net difference, so that whoever stays is never taken out on the way.
 */
import type { GroupId, GroupN, UserId, UserN } from '../core/ids.ts';
import { clientLimits } from '../core/client-guard.ts';
import { requireInGroup } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { raiseAlert } from '../store/alerts.ts';
import {
  assertMembers,
  countForeignMembers,
  endMembers,
  listDirectMembers,
  type MemberKind,
  type MemberLine,
  type MembershipOutcome,
  type ResolvedMember,
  resolveMembers,
} from '../store/assertions.ts';
import { closeOverNesting, findCycle, lockGraph, reopenNesting } from '../store/closure.ts';
import { countUsersBelow } from '../store/client-removals.ts';
import { findEveryone, type GroupRow, groupNames, lockGroup, lockGroupWithUsers } from '../store/groups.ts';
import { openGroupsBelow } from '../store/protection.ts';
import { usersBelow } from '../store/request-loss.ts';
import { endRequestLosses } from './request-loss.ts';
import { authorOf, noteNestings, type Work, type Written } from './work.ts';

type MemberId = UserId | GroupId;

/**
 * One wish of a door. `clear` empties the group, of users or groups alone where `kind` says so (F-07); `wipe`
 * removes what a replacement leaves out, where the door has to name it.
 */
export type MembersStep =
  | { readonly do: 'add' | 'remove' | 'wipe' | 'replace'; readonly members: readonly MemberId[] }
  | { readonly do: 'clear'; readonly kind: MemberKind | null };

export interface EditMembers {
  readonly group: GroupId;
  /** Carried out in order, each on the result of those before it. */
  readonly steps: readonly MembersStep[];
  /** What to do with ids to add that are neither user nor group: refuse all, or leave them out. */
  readonly dangling?: 'refuse' | 'ignore';
  /** What to do where members follow from facts (D-14): refuse, or leave them as they are. */
  readonly automatic?: 'refuse' | 'leave';
  /** When the added memberships end by themselves (D-01). */
  readonly expiresAt?: Date | null;
}

export interface MembersEdited {
  readonly group: GroupRow;
  readonly added: readonly (UserN | GroupN)[];
  readonly removed: readonly (UserN | GroupN)[];
}

/**
 * Changes the direct members of one group, users and groups alike, as row operations: the cost follows the
 * number of members named, never the size of the group. Removal is explicit (D-02). Adding the present and
 * removing the absent succeed and change nothing (D-04).
 * Refuses `group.not_found`, `member.not_found`, `group.automatic` (D-14), `group.reserved` (D-03),
 * `nesting.cycle` with the path (D-11), `group.restricted` (J-17), `group.protected` and `group.protected_open`
 * (J-20), and `actor.not_allowed` for people (J-14 to J-18). Who loses `groups.request` by it loses what follows
 * from that (J-11).
 */
export async function editMembers(work: Work, edit: EditMembers): Promise<MembersEdited> {
  const { group, prepared } = await lockGroupForMembers(work, edit.group, edit.steps);
  return { group, ...(await applyMembers(work, group, prepared, edit)) };
}

/** Adds a user or group as a direct member. Refuses as {@link editMembers}. */
export async function addMember(
  work: Work,
  { group, member }: { readonly group: GroupId; readonly member: MemberId },
): Promise<MembersEdited> {
  return editMembers(work, { group, steps: [{ do: 'add', members: [member] }] });
}

/** Ends a direct membership whoever asserted it (D-02). Refuses as {@link editMembers}. */
export async function removeMember(
  work: Work,
  { group, member }: { readonly group: GroupId; readonly member: MemberId },
): Promise<MembersEdited> {
  return editMembers(work, { group, steps: [{ do: 'remove', members: [member] }] });
}

/** Steps with their members found; where nestings may change, the graph lock is held. */
export interface PreparedMembers {
  readonly steps: readonly MembersStep[];
  readonly found: ReadonlyMap<MemberId, ResolvedMember>;
  readonly holdsGraphLock: boolean;
}

/** Members beyond which finding them is no longer a small part of the work. */
const FOUND_WITH_GROUP = 100;

/** Finds the members named and locks the group, in one trip where they are a few users. Refuses `group.not_found`. */
export async function lockGroupForMembers(
  work: Work,
  group: GroupId,
  steps: readonly MembersStep[],
): Promise<{ readonly group: GroupRow; readonly prepared: PreparedMembers }> {
  const members = membersNamed(steps);
  if (members.length > 0 && members.length <= FOUND_WITH_GROUP) {
    const locked = await lockGroupWithUsers(work.tx, { group, members, source: work.sourceN });
    if (locked !== null) {
      const found = new Map<MemberId, ResolvedMember>(
        locked.users.map((user) => [user.id, { ...user, kind: 'u' }]),
      );
      return { group: locked.group, prepared: { steps, found, holdsGraphLock: false } };
    }
  }
  const prepared = await prepareMembers(work, steps);
  const row = await lockGroup(work.tx, group, work.sourceN);
  if (row === null) throw new Refusal('group.not_found', { group });
  return { group: row, prepared };
}

/**
 * Finds the members named and takes the graph lock where a nesting may change. Must come before the group is
 * locked: every writer takes the graph lock first.
 */
export async function prepareMembers(work: Work, steps: readonly MembersStep[]): Promise<PreparedMembers> {
  const resolved = await resolveMembers(work.tx, membersNamed(steps));
  const holdsGraphLock = resolved.some(({ kind }) => kind === 'g');
  if (holdsGraphLock) await lockGraph(work.tx);
  return { steps, found: new Map(resolved.map((member) => [member.id, member])), holdsGraphLock };
}

function membersNamed(steps: readonly MembersStep[]): MemberId[] {
  return [...new Set(steps.flatMap((step) => (step.do === 'clear' ? [] : step.members)))];
}

/**
 * Carries out prepared steps on a group whose row is locked. Refuses as {@link editMembers}. A replacement that
 * turns out to un-nest a group takes the graph lock late; should it meet a writer that waits the other way round,
 * PostgreSQL undoes one of the two and it runs again.
 */
export async function applyMembers(
  work: Work,
  group: GroupRow,
  { steps, found, holdsGraphLock }: PreparedMembers,
  options: Omit<EditMembers, 'group' | 'steps'>,
): Promise<Omit<MembersEdited, 'group'>> {
  const isLeft = group.kind !== 'regular' && options.automatic === 'leave';
  if (isLeft || steps.every(isEmpty)) return { added: [], removed: [] };
  requireWritableMembers(work, group);
  if ((options.dangling ?? 'refuse') === 'refuse') refuseDangling(steps, found);
  const { add, remove, wiped } = await netDifference(work, group.n, steps, found);
  if (remove.length > 0) requireInGroup('remove-members', work.by.actor, group);
  if (add.length > 0) requireInGroup('add-members', work.by.actor, group);
  await tellContest(work, group, wiped);
  const unnests = remove.some(({ kind }) => kind === 'g');
  if (unnests && !holdsGraphLock) await lockGraph(work.tx);
  const removed = await takeOut(work, group, remove);
  const added = await putIn(work, group, add, options.expiresAt ?? null);
  return { added, removed };
}

/** A wish that names nobody. */
function isEmpty(step: MembersStep): boolean {
  return step.do !== 'clear' && step.do !== 'replace' && step.members.length === 0;
}

/** Refuses where members of the group may not be written by this source (D-03, D-14). */
export function requireWritableMembers(work: Work, group: GroupRow): void {
  if (group.kind !== 'regular') throw new Refusal('group.automatic', { group: group.name, kind: group.kind });
  if (group.reserved_to !== null && group.reserved_to !== work.by.source) {
    throw new Refusal('group.reserved', { group: group.name, source: group.reserved_to });
  }
}

/** D-03: a client that replaces the members of a group that is nobody's may not know of those whom others put there. */
async function tellContest(work: Work, group: GroupRow, wiped: readonly number[]): Promise<void> {
  if (wiped.length === 0 || work.by.actor.kind !== 'client' || group.reserved_to !== null) return;
  const foreign = await countForeignMembers(work.tx, group.n, { members: wiped, source: work.sourceN });
  if (foreign.members === 0) return;
  const details = { group: group.name, client: work.by.source, ...foreign };
  await raiseAlert(work.tx, { kind: 'contested', subject: group.id, details });
}

interface Difference {
  readonly add: readonly ResolvedMember[];
  readonly remove: readonly Pick<ResolvedMember, 'n' | 'kind'>[];
  /** Numbers of those among `remove` that nobody named, but a replacement left out. */
  readonly wiped: readonly number[];
}

async function netDifference(
  work: Work,
  group: GroupN,
  steps: readonly MembersStep[],
  found: ReadonlyMap<MemberId, ResolvedMember>,
): Promise<Difference> {
  const add = new Map<number, ResolvedMember>();
  const remove = new Map<number, Pick<ResolvedMember, 'n' | 'kind'>>();
  const wiped = new Set<number>();
  const clear = async (kind: MemberKind | null): Promise<void> => {
    for (const [n, member] of add) if (kind === null || member.kind === kind) add.delete(n);
    for (const member of await listDirectMembers(work.tx, group, kind)) {
      remove.set(member.n, member);
      wiped.add(member.n);
    }
  };
  for (const step of steps) {
    if (step.do === 'clear') {
      await clear(step.kind);
      continue;
    }
    if (step.do === 'replace') await clear(null);
    for (const id of step.members) {
      const member = found.get(id);
      if (member === undefined) continue;
      if (step.do === 'remove' || step.do === 'wipe') {
        add.delete(member.n);
        remove.set(member.n, member);
        if (step.do === 'wipe') wiped.add(member.n);
      } else {
        add.set(member.n, member);
        remove.delete(member.n);
      }
    }
  }
  return {
    add: [...add.values()],
    remove: [...remove.values()],
    wiped: [...wiped].filter((n) => remove.has(n)),
  };
}

function refuseDangling(steps: readonly MembersStep[], found: ReadonlyMap<MemberId, ResolvedMember>): void {
  const missing = steps.flatMap((step) =>
    step.do === 'add' || step.do === 'replace' ? step.members.filter((id) => !found.has(id)) : [],
  );
  if (missing.length > 0) throw new Refusal('member.not_found', { members: [...new Set(missing)] });
}

async function putIn(
  work: Work,
  group: GroupRow,
  members: readonly ResolvedMember[],
  expiresAt: Date | null,
): Promise<readonly (UserN | GroupN)[]> {
  if (members.length === 0) return [];
  const nested = groupsAmong(members);
  if (nested.length > 0) {
    await refuseNesting(work, group.n, nested);
    await refuseOpenBelow(work, group, nested);
  }
  const lines = members.map(({ n, kind }) => ({ n, kind, line: null }));
  await noteNestings(work, nested);
  const outcome = await assertMembers(work.tx, group.n, lines, authorOf(work), expiresAt);
  note(work, outcome, { group: group.n, added: outcome.changed });
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
  const [open] = await openGroupsBelow(work.tx, nested);
  if (open !== undefined) throw new Refusal('group.protected_open', { group: open });
}

/** Refuses to nest the group of everyone (D-14), and a nesting that would close a cycle, naming the whole path (D-11). The graph lock must be held. */
export async function refuseNesting(work: Work, group: GroupN, nested: readonly GroupN[]): Promise<void> {
  const everyone = await findEveryone(work.tx, nested);
  if (everyone !== null) throw new Refusal('group.automatic', { group: everyone, kind: 'everyone' });
  const cycle = await findCycle(work.tx, group, nested);
  if (cycle === null) return;
  const names = await groupNames(work.tx, cycle);
  throw new Refusal('nesting.cycle', { path: cycle.map((n) => names.get(n) ?? String(n)) });
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

/** D-33: a client's nesting that moves very many people is told of, and done. */
async function tellMovedMany(work: Work, group: GroupRow, nested: readonly GroupN[]): Promise<void> {
  if (nested.length === 0 || work.by.actor.kind !== 'client') return;
  const { nestingMoved: limit } = clientLimits;
  const count = await countUsersBelow(work.tx, nested, limit + 1);
  if (count <= limit) return;
  const guard = 'nesting moved';
  const details = { client: work.by.source, guard, group: group.name, count, limit };
  await raiseAlert(work.tx, {
    kind: 'client.guard',
    subject: `${work.by.source}/${guard}/${group.id}`,
    details,
  });
}

/** The groups among members of either kind. */
export function groupsAmong(members: readonly Pick<MemberLine, 'n' | 'kind'>[]): GroupN[] {
  return members
    .filter((member): member is { n: GroupN; kind: 'g' } => member.kind === 'g')
    .map(({ n }) => n);
}

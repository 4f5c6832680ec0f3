/**
 * Direct memberships: who is listed in a group. A door says what it wants in steps, in its own order; here they
 * become one net difference, so that whoever stays is never taken out on the way.
 */
import type { GroupId, GroupN, UserId, UserN } from '../core/ids.ts';
import { requireInGroup } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import {
  listDirectMembers,
  type MemberKind,
  type ResolvedMember,
  resolveMembers,
} from '../store/assertions.ts';
import { lockGraph } from '../store/closure.ts';
import { type GroupRow, lockGroup, lockGroupWithUsers } from '../store/groups.ts';
import { tellContest } from './member-alerts.ts';
import { putIn, takeOut } from './member-moves.ts';
import type { Work } from './work.ts';

type MemberId = UserId | GroupId;

/**
 * One wish of a door. `clear` empties the group, of users or groups alone where `kind` says so (F-07); `wipe`
 * removes what a replacement leaves out, where the door has to name it.
 */
export type MembersStep =
  | {
      readonly do: 'add' | 'remove' | 'wipe' | 'replace';
      readonly members: readonly MemberId[];
      /** What the door says that they are, where it is to be held to that: one of the other kind is not there. */
      readonly kinds?: ReadonlyMap<MemberId, MemberKind>;
    }
  | { readonly do: 'clear'; readonly kind: MemberKind | null };

export interface EditMembers {
  readonly group: GroupId;
  /** Carried out in order, each on the result of those before it. */
  readonly steps: readonly MembersStep[];
  /** What to do with ids to add that are neither user nor group: refuse all, or leave them out. */
  readonly dangling?: 'refuse' | 'ignore';
  /** What to do where members follow from facts (D-14): refuse, or leave them as they are. */
  readonly automatic?: 'refuse' | 'leave';
  /**
   * When the added memberships end by themselves (D-01); null for never. Where it is left out, new ones do not, and
   * those that stand end when they did.
   */
  readonly expiresAt?: Date | null | undefined;
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
 * (J-20), `membership.over` for an end that is past, and `actor.not_allowed` for people (J-14 to J-18). Who loses `groups.request` by it loses what follows
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
  const added = await putIn(work, group, add, options.expiresAt);
  return { added, removed };
}

/** A wish that names nobody. */
function isEmpty(step: MembersStep): boolean {
  return step.do !== 'clear' && step.do !== 'replace' && step.members.length === 0;
}

/** Refuses where members of the group may not be written by this source (D-03, D-14). */
export function requireWritableMembers(work: Work, group: GroupRow): void {
  if (group.kind !== 'regular') throw new Refusal('group.automatic', { group: group.name, kind: group.kind });
  const isBesides = group.console_besides && work.by.source === 'console';
  if (group.reserved_to !== null && group.reserved_to !== work.by.source && !isBesides) {
    throw new Refusal('group.reserved', { group: group.name, source: group.reserved_to });
  }
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
      const member = memberOf(step, id, found);
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
    step.do === 'add' || step.do === 'replace'
      ? step.members.filter((id) => memberOf(step, id, found) === undefined)
      : [],
  );
  if (missing.length > 0) throw new Refusal('member.not_found', { members: [...new Set(missing)] });
}

function memberOf(
  { kinds }: Exclude<MembersStep, { readonly do: 'clear' }>,
  id: MemberId,
  found: ReadonlyMap<MemberId, ResolvedMember>,
): ResolvedMember | undefined {
  const member = found.get(id);
  return member === undefined || (kinds?.get(id) ?? member.kind) === member.kind ? member : undefined;
}

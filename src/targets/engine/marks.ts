/**
 * Marking: from "something happened around here" to "this object of this target may differ". A mark compares
 * what is desired now with the ledger; it may come too often or for nothing, never too late: every worker marks
 * again, in the transaction that ends an attempt, what the attempt was about.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import type { Tx } from '../../store/database.ts';
import {
  allEffective,
  effectiveAmong,
  readDesiredGroups,
  scopeGroupsOf,
  wantedAmong,
} from '../../store/targets/desired.ts';
import {
  type Aspect,
  groupsRefusing,
  membersAmong,
  moveMembers,
  readMemberSet,
} from '../../store/targets/member-sets.ts';
import { markGroupObjects, markUserObjects } from '../../store/targets/object-marks.ts';
import {
  lockObject,
  moveObject,
  moveObjectCounts,
  type ObjectRow,
  readObjects,
} from '../../store/targets/objects.ts';

/** Members compared in one go: more would make one transaction too long. */
const SLICE = 10_000;

/** Marks users of a target: those that it should have, and those that it knows and should not. */
export async function markUsers(tx: Tx, target: number, users: readonly UserN[]): Promise<void> {
  const wanted = await wantedAmong(tx, target, users);
  await markUserObjects(tx, target, { users, wanted: [...wanted] });
}

/**
 * Marks those of `users` alone that come to the target or leave it, or whose account there is on its way to
 * something. For what says where somebody is a member, and nothing of the user: whom the target has already is not
 * looked at again.
 */
export async function markMovers(tx: Tx, target: number, users: readonly UserN[]): Promise<void> {
  if (users.length === 0) return;
  const wanted = await wantedAmong(tx, target, users);
  const rows = new Map((await readObjects(tx, target, 'u', users)).map((row) => [row.n, row]));
  const moved = users.filter((user) => !isAtRest(rows.get(user), wanted.has(user)));
  await markUserObjects(tx, target, { users: moved, wanted: moved.filter((user) => wanted.has(user)) });
}

/**
 * A worker goes by the directory of its own moment: who left and came back before the log was followed may have been
 * taken away meanwhile, and who came and left may have been made.
 */
function isAtRest(row: ObjectRow | undefined, isWanted: boolean): boolean {
  if (row === undefined) return !isWanted;
  if (row.wanted !== isWanted) return false;
  // Where somebody is a member makes no account acceptable that was refused (O-06).
  if (row.state === 'blocked' || row.state === 'conflict') return true;
  if (isWanted) return row.state === 'settled' && row.held === 'a';
  return (row.state === 'settled' || row.state === 'gone') && row.held !== 'a';
}

/** Marks groups of a target alike. */
export async function markGroups(tx: Tx, target: number, groups: readonly GroupN[]): Promise<void> {
  const wanted = await readDesiredGroups(tx, target, groups);
  await markGroupObjects(tx, target, { groups, wanted: [...wanted.keys()] });
}

/**
 * What becomes of members whom the target refused (O-06): they are
 * `left` out as long as nothing about them changed, for the same request would be refused alike; after a change, or
 * when a person asks for it, they are sent `again`.
 */
export type Refused = 'left' | 'again';

/**
 * Compares `users` as members of a group of the target: what is desired now, what the ledger says is applied,
 * who is known there. Each ends in exactly one of: nothing to do, to add, to remove, waiting, blocked (O-01).
 */
export async function markMembers(
  tx: Tx,
  target: number,
  {
    group,
    users,
    refused,
  }: { readonly group: GroupN; readonly users: readonly UserN[]; readonly refused: Refused },
): Promise<void> {
  if (users.length === 0) return;
  const row = await lockObject(tx, target, 'm', group);
  if (row === null) return;
  const key = (aspect: Aspect) => ({ target, group, aspect });
  const desired = row.wanted ? await effectiveAmong(tx, { target, group }, users) : new Set<UserN>();
  const applied = row.applied_count === 0 ? new Set<UserN>() : await membersAmong(tx, key('a'), users);
  const there = new Set(
    (await readObjects(tx, target, 'u', users))
      .filter(({ remote_id, held }) => remote_id !== null && held === 'a')
      .map(({ n }) => n),
  );
  const isRefused = refused === 'left' && row.blocked_count > 0;
  const out = isRefused ? await membersAmong(tx, key('b'), users) : new Set<UserN>();
  const missing = users.filter((user) => desired.has(user) && !applied.has(user));
  const arrived = missing.filter((user) => there.has(user));
  const waiting = missing.filter((user) => !there.has(user));
  const leaving = users.filter((user) => applied.has(user) && !desired.has(user));
  const add = arrived.filter((user) => !out.has(user));
  const remove = leaving.filter((user) => !out.has(user));
  const blocked = [...arrived, ...leaving].filter((user) => out.has(user));
  /** By how much a set grows; one that is empty and stays so costs nothing. */
  const put = (aspect: Aspect, size: number, members: readonly UserN[]): Promise<number> | number => {
    if (size === 0 && members.length === 0) return 0;
    const inside = new Set(members);
    const remove = users.filter((user) => !inside.has(user));
    return moveMembers(tx, key(aspect), { add: members, remove, size });
  };
  const moved = {
    applied: 0,
    add: await put('+', row.add_count, add),
    remove: await put('-', row.remove_count, remove),
    waiting: await put('w', row.waiting_count, waiting),
    blocked: await put('b', row.blocked_count, blocked),
  };
  await moveObjectCounts(tx, target, group, moved);
  const of = { target, kind: 'm', n: group } as const;
  const isDue = row.add_count + moved.add + row.remove_count + moved.remove > 0;
  if (isDue) await moveObject(tx, of, 'marked');
  // Nobody is left out any more, and nothing is sent: an event that moves nothing takes the reason away.
  else if (row.state === 'settled' && row.blocked_count > 0 && row.blocked_count + moved.blocked === 0) {
    await moveObject(tx, of, 'woken', { why: null });
  }
}

/**
 * Marks users as members wherever the target's groups list them now, or refused to take them in or to let them go, or
 * hold them as applied in `also`. Something about them changed: where they were refused, they are sent again.
 */
export async function markMemberships(
  tx: Tx,
  target: number,
  {
    users,
    also = [],
  }: {
    readonly users: readonly UserN[];
    readonly also?: readonly { group: GroupN; users: readonly UserN[] }[];
  },
): Promise<void> {
  const byGroup = new Map<GroupN, Set<UserN>>();
  const note = (group: GroupN, members: readonly UserN[]): void => {
    const known = byGroup.get(group) ?? new Set();
    byGroup.set(group, known);
    for (const member of members) known.add(member);
  };
  for (const { group_n: group, members } of await scopeGroupsOf(tx, target, users)) note(group, members);
  for (const { group, users: members } of await groupsRefusing(tx, target, users)) note(group, members);
  for (const { group, users: members } of also) note(group, members);
  // In the order of their numbers, as every other writer of several groups.
  for (const [group, members] of [...byGroup].sort(([one], [other]) => one - other)) {
    await markMembers(tx, target, { group, users: [...members], refused: 'again' });
  }
}

/**
 * Compares a whole group with the ledger and marks whatever differs, and the users that come or go by it. What the
 * target refused of them stays refused by this alone.
 */
export async function markWholeGroup(
  transaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
  target: number,
  { group, refused }: { readonly group: GroupN; readonly refused: Refused },
): Promise<void> {
  const differing = await transaction(async (tx) => {
    const row = await lockObject(tx, target, 'm', group);
    if (row === null) return [];
    const desired = new Set(row.wanted ? await allEffective(tx, { target, group }) : []);
    const applied = new Set(await readMemberSet(tx, { target, group, aspect: 'a' }));
    const pending: UserN[] = [];
    for (const aspect of ['+', '-', 'w', 'b'] as const) {
      pending.push(...(await readMemberSet(tx, { target, group, aspect })));
    }
    const differ = [...desired].filter((user) => !applied.has(user));
    const leave = [...applied].filter((user) => !desired.has(user));
    return [...new Set([...differ, ...leave, ...pending])].sort((one, other) => one - other);
  });
  for (let start = 0; start < differing.length; start += SLICE) {
    const users = differing.slice(start, start + SLICE);
    await transaction(async (tx) => {
      await markMovers(tx, target, users);
      await markMembers(tx, target, { group, users, refused });
    });
  }
}

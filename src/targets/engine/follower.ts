/**
 * Following the directory for one target: log rows become marks. What the log cannot tell cheaply (a nesting
 * moved, a group deleted) is compared whole; what was missed, for whatever reason, the sweep finds.
 */
import type { GroupN, UserN } from '../../core/ids.ts';
import type { Database, Tx } from '../../store/database.ts';
import { allWanted, isRoleGroup } from '../../store/targets/desired.ts';
import {
  askForSweep,
  type Mark,
  noteSweep,
  onlyGroups,
  readKnownGroups,
  readKnownUsers,
  readNews,
  knownUsersBelow,
  readScope,
  rolesAboveGroups,
  saveTargetPosition,
  scopeGroupsAbove,
} from '../../store/targets/follow.ts';
import { liftKept, liftKeptMembers } from '../../store/targets/kept.ts';
import { groupsHolding } from '../../store/targets/member-sets.ts';
import { forgetApplied } from '../../store/targets/object-marks.ts';
import type { Lease } from '../../store/leases.ts';
import type { TargetContext } from './context.ts';
import { differingObjects } from './desired-objects.ts';
import type { EngineSettings } from '../connector.ts';
import { groupsUnlikeFeed } from './feed-compare.ts';
import { requireLease } from './lease.ts';
import { markGroups, markMemberships, markMovers, markUsers, markWholeGroup, type Refused } from './marks.ts';

export interface Following {
  readonly database: Database;
  readonly target: number;
  readonly lease: Lease;
  /** Version of the target that its driver was started for. */
  readonly version: number;
  readonly settings: Pick<EngineSettings, 'roles'>;
}

/** More than this at once is cheaper to find by comparing everything. */
const MOST_MARKS = 20_000;
const SLICE = 5_000;

interface Noted {
  readonly users: Set<UserN>;
  readonly groups: Set<GroupN>;
  /** Users that joined or left a group directly. */
  readonly direct: Map<GroupN, Set<UserN>>;
  /** Groups whose nestings changed. */
  readonly nested: Set<GroupN>;
  /** Groups that were nested or un-nested, and groups that confer other roles than before. */
  readonly passingRoles: Set<GroupN>;
  readonly areRolesMoved: boolean;
  readonly deletedUsers: Set<UserN>;
  readonly isGroupDeleted: boolean;
}

/** How much a sweep looks at. */
export interface Extent {
  readonly all: boolean;
  readonly anew: boolean;
  /** Members are compared with what the change feed has told, and only where that differs with the directory. */
  readonly byFeed: boolean;
  /** What becomes of users, groups and members that the target refused. */
  readonly refused: Refused;
}

export interface Followed {
  readonly hasNews: boolean;
  /** The target has to be compared whole. */
  readonly needsSweep: boolean;
  /** The target was changed since its driver was started: another one has to go on. */
  readonly isMoved: boolean;
}

/**
 * Marks what was committed since the last call. Until the groups that have to be compared whole are done, the
 * target stands as to be swept, so that a process that dies meanwhile leaves nothing out.
 */
export async function followLog(
  { database, target, lease, version, settings: { roles } }: Following,
  { isSweepDue }: { readonly isSweepDue: boolean },
): Promise<Followed> {
  const whole = await database.transaction(async (tx) => {
    await requireLease(tx, lease);
    const { isFollowing, marks, position, version: current } = await readNews(tx, target);
    if (current !== version) return 'moved';
    if (isFollowing && marks.length === 0) return 'nothing';
    await saveTargetPosition(tx, target, position);
    const noted = isFollowing ? await note(tx, marks) : null;
    // Whose roles went with a deleted group can no longer be told.
    const isTooMuch =
      noted === null || sizeOf(noted) > MOST_MARKS || (noted.isGroupDeleted && roles === 'values');
    const groups = isTooMuch ? null : await markNoted(tx, target, { noted, roles });
    if (groups === null || groups.length > 0) await askForSweep(tx, target);
    return groups;
  });
  if (whole === 'moved') return { hasNews: false, needsSweep: false, isMoved: true };
  if (whole === 'nothing') return { hasNews: false, needsSweep: false, isMoved: false };
  if (whole === null) return { hasNews: true, needsSweep: true, isMoved: false };
  const transaction = fenced({ database, lease });
  for (const group of whole) await markWholeGroup(transaction, target, { group, refused: 'left' });
  if (whole.length > 0 && !isSweepDue) await transaction((tx) => noteSweep(tx, target, version));
  return { hasNews: true, needsSweep: false, isMoved: false };
}

/**
 * Compares everything: which users and groups the target should have, and every group's members. `all` also
 * compares what each user says, because that may have changed with the settings; with `anew`
 * each of them is looked at there again, whatever the ledger says was applied.
 */
export async function sweep(context: TargetContext, { all, anew, byFeed, refused }: Extent): Promise<void> {
  const { database, target, version } = context;
  const transaction = fenced(context);
  if (anew) await transaction((tx) => forgetApplied(tx, target));
  await transaction((tx) => liftKept(tx, target, 'all'));
  const scope = await readScope(database, target);
  const groups = new Set([...scope.map(({ n }) => n), ...(await readKnownGroups(database, target))]);
  /** Those of a slice of which something is to be done, if only to look whether it is so. */
  const due = async <N extends number>(tx: Tx, kind: 'u' | 'g', slice: readonly N[]): Promise<N[]> => {
    if (anew) return [...slice];
    const differing = new Set(await differingObjects(context, tx, { kind, numbers: slice, refused }));
    return slice.filter((n) => differing.has(n));
  };
  await inSlices([...groups], (slice) =>
    transaction(async (tx) => markGroups(tx, target, await due(tx, 'g', slice))),
  );
  const wanted = new Set(await allWanted(database, target));
  const known = new Map((await readKnownUsers(database, target)).map((user) => [user.n, user.wanted]));
  const users = new Set([...wanted, ...known.keys()]);
  const differing = [...users].filter((user) => all || known.get(user) !== wanted.has(user));
  await inSlices(differing, (slice) =>
    transaction(async (tx) => markUsers(tx, target, await due(tx, 'u', slice))),
  );
  const assigned = new Set(scope.map(({ n }) => n));
  const differ = byFeed
    ? [
        ...(await groupsUnlikeFeed(database, target, [...assigned])),
        ...[...groups].filter((n) => !assigned.has(n)),
      ]
    : groups;
  for (const group of differ) await markWholeGroup(transaction, target, { group, refused });
  await transaction((tx) => noteSweep(tx, target, version));
}

function fenced({
  database,
  lease,
}: Pick<Following, 'database' | 'lease'>): <T>(work: (tx: Tx) => Promise<T>) => Promise<T> {
  return (work) =>
    database.transaction(async (tx) => {
      await requireLease(tx, lease);
      return work(tx);
    });
}

async function note(tx: Tx, marks: readonly Mark[]): Promise<Noted> {
  const noted = {
    users: new Set<UserN>(),
    groups: new Set<GroupN>(),
    direct: new Map<GroupN, Set<UserN>>(),
    nested: new Set<GroupN>(),
    passingRoles: new Set<GroupN>(),
    areRolesMoved: false,
    deletedUsers: new Set<UserN>(),
    isGroupDeleted: false,
  };
  const moved = marks.flatMap(({ added, removed }) => [...(added ?? []), ...(removed ?? [])]);
  const groups = await onlyGroups(tx, moved);
  for (const { type, group_n: group, user_n: user, added, removed, moves_roles: isRoleMove } of marks) {
    if (user !== null) noted.users.add(user);
    if (user !== null && type === 'user.deleted') noted.deletedUsers.add(user);
    if (group === null) continue;
    if (type !== 'membership.direct') noted.groups.add(group);
    if (type === 'group.deleted') noted.isGroupDeleted = true;
    if (isRoleMove) {
      noted.areRolesMoved = true;
      noted.passingRoles.add(group);
    }
    const members = [...(added ?? []), ...(removed ?? [])];
    const moved = members.filter((member) => groups.has(member)).map(asGroup);
    if (moved.length > 0) noted.nested.add(group);
    for (const member of moved) noted.passingRoles.add(member);
    const users = noted.direct.get(group) ?? new Set<UserN>();
    for (const member of members) if (!groups.has(member)) users.add(asUser(member));
    if (users.size > 0) noted.direct.set(group, users);
  }
  return noted;
}

function sizeOf({ users, direct }: Noted): number {
  return users.size + [...direct.values()].reduce((sum, { size }) => sum + size, 0);
}

/** Marks what can be told one by one; answers the groups that have to be compared whole. */
async function markNoted(
  tx: Tx,
  target: number,
  { noted, roles }: { readonly noted: Noted; readonly roles: EngineSettings['roles'] },
): Promise<GroupN[]> {
  const touched = [...noted.direct.keys(), ...noted.nested];
  const above = await scopeGroupsAbove(tx, target, touched);
  const passing = roles === 'none' ? [] : await rolesAboveGroups(tx, touched);
  if (roles === 'groups') above.push(...passing);
  const joiners = new Map<GroupN, Set<UserN>>();
  const users = new Set(noted.users);
  const movers = new Set<UserN>();
  if (roles !== 'none') {
    // Their roles may be others now, wherever they are members.
    for (const { below } of passing) for (const user of noted.direct.get(below) ?? []) users.add(user);
    for (const user of await knownUsersBelow(tx, target, [...noted.passingRoles])) users.add(user);
  }
  for (const { below, above: group } of above) {
    const members = noted.direct.get(below);
    if (members === undefined) continue;
    const known = joiners.get(group) ?? new Set();
    joiners.set(group, known);
    for (const member of members) {
      known.add(member);
      movers.add(member);
    }
  }
  const touchedUsers = [...new Set([...users, ...movers])];
  await liftKept(tx, target, { users: touchedUsers, groups: [...noted.groups] });
  for (const [group, members] of joiners) await liftKeptMembers(tx, target, { group, users: [...members] });
  await markUsers(tx, target, [...users]);
  await markMovers(
    tx,
    target,
    [...movers].filter((user) => !users.has(user)),
  );
  await markGroups(tx, target, await ofTarget(tx, target, [...noted.groups]));
  const gone = [...noted.deletedUsers];
  const also = [...joiners].map(([group, members]) => ({ group, users: [...members] }));
  also.push(
    ...(gone.length === 0
      ? []
      : (await groupsHolding(tx, target, gone)).map((held) => ({ ...held, users: [...held.users] }))),
  );
  // Who comes to the target or leaves it comes to the groups of its roles, or leaves them.
  await markMemberships(tx, target, { users: roles === 'groups' ? touchedUsers : [...noted.users], also });
  const whole = new Set(
    above.filter(({ below }) => noted.nested.has(below)).map(({ above: group }) => group),
  );
  if (noted.isGroupDeleted) for (const { n } of await readScope(tx, target)) whole.add(n);
  if (roles === 'groups' && (noted.areRolesMoved || noted.isGroupDeleted)) {
    const ofRoles = (await readScope(tx, target)).map(({ n }) => n).filter(isRoleGroup);
    await markGroups(tx, target, ofRoles);
    for (const group of ofRoles) whole.add(group);
  }
  return [...whole];
}

async function ofTarget(tx: Tx, target: number, groups: readonly GroupN[]): Promise<GroupN[]> {
  if (groups.length === 0) return [];
  const scope = new Set((await readScope(tx, target)).map(({ n }) => n));
  return groups.filter((group) => scope.has(group));
}

async function inSlices<Item>(items: readonly Item[], work: (slice: Item[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += SLICE) await work(items.slice(start, start + SLICE));
}

function asGroup(n: number): GroupN {
  return n as GroupN;
}

/** Whatever the log names as a member and is no group is a user. */
function asUser(n: number): UserN {
  return n as UserN;
}

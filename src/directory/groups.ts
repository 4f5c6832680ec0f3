/** What can be done with groups. Members ride along, so that a door's request is one transaction. */
import type { GroupId } from '../core/ids.ts';
import { canonicalJson } from '../core/json.ts';
import { faultOfKey, foldName, readGroupName } from '../core/names.ts';
import { isAdministrator } from '../core/actor.ts';
import { requireInGroup, requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import type { Rule } from '../core/rules.ts';
import { type Expectation, requireVersion } from '../core/version.ts';
import { dropMemberships, dropNestings, listDirectMembers, listGroupsListing } from '../store/assertions.ts';
import { dropFromClosure, lockGraph, reopenNesting } from '../store/closure.ts';
import {
  type AutoLeave,
  bumpGroups,
  type GroupKind,
  type GroupRow,
  type GroupWrite,
  insertGroup,
  lockGroup,
  syncGroupExternalId,
  tombstoneGroup,
  updateGroup,
} from '../store/groups.ts';
import { dropRolesOfGroup, type RoleRow, rolesOfGroup, setRolesOfGroup } from '../store/roles.ts';
import { dropGovernance } from '../store/governance.ts';
import { isProtected } from '../store/protection.ts';
import { usersBelow } from '../store/request-loss.ts';
import { findSource } from '../store/sources.ts';
import { beginFollowing, followFacts, kindOf, requireAuthority } from './automatic-groups.ts';
import { groupsAmong } from './member-moves.ts';
import {
  applyMembers,
  type EditMembers,
  lockGroupForMembers,
  type MembersEdited,
  prepareMembers,
  requireWritableMembers,
} from './memberships.ts';
import { refuseReservedName } from './reserved-names.ts';
import { endRequestLosses } from './request-loss.ts';
import { requireGivable, requireRoles } from './roles.ts';
import { endWaitingRequests } from './waiting-requests.ts';
import { noteNestings, record, refusing, type Work } from './work.ts';

/** A group as its writers see it. */
export interface GroupState {
  readonly name: string;
  /** The externalId that the writing source gives; other sources' stay. */
  readonly externalId: string | null;
  readonly description: string | null;
  readonly internal: boolean;
  readonly hidden: boolean;
  readonly open: boolean;
  readonly public: boolean;
  readonly restricted: boolean;
  readonly autoLeave: AutoLeave;
  /** Name of the source that alone writes its members (D-03). */
  readonly reservedTo: string | null;
  /** Whether the console may write them besides (D-03). */
  readonly consoleBesides: boolean;
  /** Who its members are, where that is a rule (D-15). */
  readonly rule: Rule | null;
  /** Names of the roles that it confers on its effective members (D-13). */
  readonly roles: readonly string[];
  /** Attributes of an operator's own schemas. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** What a group is when nobody says otherwise (domain.md, Joining and leaving). */
export const newGroupState: Omit<GroupState, 'name'> = {
  externalId: null,
  description: null,
  internal: true,
  hidden: true,
  open: false,
  public: false,
  restricted: false,
  autoLeave: 'inherit',
  reservedTo: null,
  consoleBesides: false,
  rule: null,
  roles: [],
  document: {},
};

export type MembersOfGroup = Pick<EditMembers, 'steps' | 'dangling' | 'automatic'>;

/**
 * Creates a group, with its first members; one with the name of an affiliation, or with a rule, gets them from facts
 * (D-15, D-16). Refuses a name in use (`group.name_taken`), a reserved one, and one of affiliation groups to those who
 * are no administrators (`group.name_reserved`, D-05), roles as requireGivable, and members as editMembers.
 */
export async function createGroup(
  work: Work,
  group: GroupState,
  members?: MembersOfGroup,
): Promise<GroupRow> {
  requireTo('create-group', work.by.actor);
  const state = { ...group, name: readGroupName(group.name) };
  const kind = kindOf(state, null);
  requireAuthority(work, [kind], state.name);
  await refuseReservedName(work, state.name);
  if (kind !== 'regular') await beginFollowing(work, [kind]);
  const prepared = await prepareMembers(work, members?.steps ?? []);
  const row = await refusing(insertGroup(work.tx, await writeOf(work, state, kind), work.sourceN), {
    groups_name_unique: () => new Refusal('group.name_taken', { name: state.name }),
  });
  if (state.externalId !== null) await writeExternalId(work, row, state.externalId);
  if (state.roles.length > 0) await writeRoles(work, row, state.roles);
  await record(work, { type: 'group.created', group: row.n, after: told(state) });
  if (kind !== 'regular') await followFacts(work, row);
  const { added } = await applyMembers(work, row, prepared, members ?? {});
  return added.length === 0 ? row : ((await lockGroup(work.tx, row.id, work.sourceN)) ?? row);
}

export interface ChangeGroup {
  readonly group: GroupId;
  readonly ifMatch: Expectation | null;
  /** The state wanted, from the one that stands under the lock; absent when only members change. */
  readonly edit?: (current: GroupState, row: GroupRow) => GroupState;
  readonly members?: MembersOfGroup;
}

export interface GroupChanged extends MembersEdited {
  readonly isChanged: boolean;
}

/**
 * Changes a group's attributes and members in one go, under its lock. What leads to an equal state writes
 * nothing and moves no version (D-04). The row in the answer is as it stood before the members moved, when only
 * members were asked for. A new rule, or a name that follows another affiliation, moves the members by the difference.
 * Refuses `group.not_found`, `version.mismatch`, `group.name_taken`, `group.name_reserved`, `group.protected` and
 * `group.protected_open` (J-20), `group.restricted` for lifting that or giving it another rule (J-17), and as editMembers.
 */
export async function changeGroup(work: Work, change: ChangeGroup): Promise<GroupChanged> {
  const { group: row, prepared } = await lockGroupForMembers(work, change.group, change.members?.steps ?? []);
  requireVersion(change.ifMatch, row.version);
  const written = change.edit === undefined ? row : await writeState(work, row, change.edit);
  const { added, removed } = await applyMembers(work, written, prepared, change.members ?? {});
  return {
    group: written,
    added,
    removed,
    isChanged: written !== row || added.length > 0 || removed.length > 0,
  };
}

/**
 * Deletes a group: a tombstone stays, the name is free at once, its nestings and closure rows are gone, the
 * groups that listed it move their versions (D-06). Its users' assertions are swept later; no read finds them,
 * for every read passes through the closure. Requests for it are cancelled. Refuses `group.not_found`,
 * `version.mismatch`, `group.automatic`, `group.protected` (J-20) and `group.restricted` (J-17).
 */
export async function deleteGroup(
  work: Work,
  { group, ifMatch }: { readonly group: GroupId; readonly ifMatch: Expectation | null },
): Promise<void> {
  await lockGraph(work.tx);
  const row = await lockGroup(work.tx, group, work.sourceN);
  if (row === null) throw new Refusal('group.not_found', { group });
  requireVersion(ifMatch, row.version);
  if (row.kind === 'everyone' || row.kind === 'everyone-signed-in') {
    throw new Refusal('group.automatic', { group: row.name, kind: row.kind });
  }
  requireInGroup('edit-group', work.by.actor, row);
  requireLiftable(work, row);
  const below = row.lets_request ? await usersBelow(work.tx, [row.n]) : [];
  await noteNestings(work, [row.n]);
  const parents = await listGroupsListing(work.tx, row.n);
  await bumpGroups(work.tx, parents);
  await dropMemberships(work.tx, row.n);
  await reopenNesting(work.tx, parents, [row.n]);
  await reopenNesting(work.tx, [row.n], await dropNestings(work.tx, row.n));
  await dropFromClosure(work.tx, row.n);
  await tombstoneGroup(work.tx, row.n);
  const roles = await rolesOfGroup(work.tx, row.n);
  await dropRolesOfGroup(work.tx, row.n);
  await dropGovernance(work.tx, row.n);
  await record(work, { type: 'group.deleted', group: row.n, before: told(groupStateOf(row, roles)) });
  const gone = { state: 'cancelled', reason: 'the group was deleted' } as const;
  await endWaitingRequests(work, { of: 'group', group: row.n }, gone);
  await endRequestLosses(work, below);
}

/** A stored group as its writers see it. */
export function groupStateOf(row: GroupRow, roles: readonly RoleRow[]): GroupState {
  return {
    name: row.name,
    externalId: row.external_id,
    description: row.description,
    internal: row.internal,
    hidden: row.hidden,
    open: row.open,
    public: row.public,
    restricted: row.restricted,
    autoLeave: row.auto_leave,
    reservedTo: row.reserved_to,
    consoleBesides: row.console_besides,
    rule: row.rule === null || row.rule_filter === null ? null : { text: row.rule, filter: row.rule_filter },
    roles: roles.map(({ name }) => name),
    document: row.document,
  };
}

async function writeState(
  work: Work,
  row: GroupRow,
  edit: (current: GroupState, row: GroupRow) => GroupState,
): Promise<GroupRow> {
  const current = groupStateOf(row, await rolesOfGroup(work.tx, row.n));
  const edited = edit(current, row);
  const wanted = { ...edited, name: readGroupName(edited.name) };
  if (canonicalJson(told(current)) === canonicalJson(told(wanted))) return row;
  requireInGroup('edit-group', work.by.actor, row);
  if (current.restricted && !wanted.restricted) requireLiftable(work, row);
  if (foldName(wanted.name) !== foldName(current.name)) await refuseReservedName(work, wanted.name);
  if ((wanted.open && !current.open) || (wanted.public && !current.public)) await requireOpenable(work, row);
  const isRenamed = wanted.name !== current.name;
  const kind = kindOf(wanted, row.kind);
  if (isRenamed || kind !== row.kind) requireAuthority(work, [row.kind, kind], wanted.name);
  const isMoving =
    kind !== row.kind || wanted.rule?.text !== current.rule?.text || (kind === 'affiliation' && isRenamed);
  if (isMoving) {
    requireLiftable(work, row);
    await beginMoving(work, row, kind);
  }
  const written = await refusing(
    updateGroup(work.tx, row.n, await writeOf(work, wanted, kind), work.sourceN),
    { groups_name_unique: () => new Refusal('group.name_taken', { name: wanted.name }) },
  );
  if (wanted.externalId !== current.externalId) {
    await writeExternalId(work, row, wanted.externalId);
  }
  if (canonicalJson(current.roles) !== canonicalJson(wanted.roles)) await writeRoles(work, row, wanted.roles);
  await record(work, { type: 'group.updated', group: row.n, before: told(current), after: told(wanted) });
  if (isMoving) await followFacts(work, written);
  return { ...written, external_id: wanted.externalId };
}

async function writeRoles(work: Work, group: GroupRow, wanted: readonly string[]): Promise<void> {
  const roles = await requireRoles(work, wanted);
  if (!requireGivable(work, await rolesOfGroup(work.tx, group.n), roles)) return;
  await setRolesOfGroup(
    work.tx,
    group.n,
    roles.map(({ n }) => n),
  );
}

/** J-17: only administrators end a restriction, or say by a rule who is in the group. */
function requireLiftable({ by }: Work, row: GroupRow): void {
  if (row.restricted && !isAdministrator(by.actor))
    throw new Refusal('group.restricted', { group: row.name });
}

/**
 * J-20: a protected group can be neither open nor public. Under the graph lock, which whoever protects it holds too;
 * taken late, so PostgreSQL may undo this work once for another that waits the other way round.
 */
async function requireOpenable(work: Work, row: GroupRow): Promise<void> {
  await lockGraph(work.tx);
  if (await isProtected(work.tx, row.n)) throw new Refusal('group.protected_open', { group: row.name });
}

/**
 * A group that people filled so far must be theirs to empty, of groups too. All locks come after the group's: should
 * that meet a writer that waits the other way round, PostgreSQL undoes one of the two and it runs again.
 */
async function beginMoving(work: Work, row: GroupRow, kind: GroupKind): Promise<void> {
  if (row.kind === 'regular') {
    requireWritableMembers(work, row);
    const nested = groupsAmong(await listDirectMembers(work.tx, row.n, 'g'));
    if (nested.length > 0) await lockGraph(work.tx);
    await noteNestings(work, nested);
  }
  await beginFollowing(work, [row.kind, kind]);
}

/** A group as the log tells of it. */
function told(state: GroupState): Record<string, unknown> {
  return { ...state, rule: state.rule?.text ?? null };
}

async function writeOf(work: Work, state: GroupState, kind: GroupKind): Promise<GroupWrite> {
  const reservedTo = state.reservedTo === null ? null : await findSource(work.tx, state.reservedTo);
  if (state.reservedTo !== null && reservedTo === null) {
    throw new Refusal('source.not_found', { source: state.reservedTo });
  }
  return {
    name: state.name,
    nameKey: foldName(state.name),
    kind,
    description: state.description,
    internal: state.internal,
    hidden: state.hidden,
    open: state.open,
    public: state.public,
    restricted: state.restricted,
    autoLeave: state.autoLeave,
    rule: state.rule?.text ?? null,
    ruleFilter: state.rule?.filter ?? null,
    reservedTo: reservedTo?.n ?? null,
    consoleBesides: state.consoleBesides,
    document: state.document,
  };
}

/** What a source calls a group; null for nothing any more. Refuses `group.invalid` for one that is too long. */
async function writeExternalId(work: Work, { n }: GroupRow, externalId: string | null): Promise<void> {
  const fault = faultOfKey(externalId ?? '');
  if (fault !== null) throw new Refusal('group.invalid', { why: `externalId ${fault}.` });
  await syncGroupExternalId(work.tx, n, externalId, work.sourceN);
}

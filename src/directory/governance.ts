/**
 * Who governs a group, and what it gives in Muster itself: leaders (J-14), permissions (J-19, J-20), and the sources
 * that a protected group trusts.
 */
import { holds } from '../core/actor.ts';
import type { GroupId, UserId } from '../core/ids.ts';
import { parsePermission, type Permission } from '../core/permissions.ts';
import { requireInGroup, requireTo } from '../core/policies.ts';
import { Refusal } from '../core/refusal.ts';
import { resolveMembers } from '../store/assertions.ts';
import { lockGraph } from '../store/closure.ts';
import {
  findSourceNames,
  type LeaderRow,
  leadersOfGroup,
  permissionsOfHolder,
  setLeadersOfGroup,
  setPermissionsOfHolder,
  setTrustedSources,
  trustedSourcesOf,
} from '../store/governance.ts';
import { idsOfMembers } from '../store/effective/membership.ts';
import { bumpGroups, type GroupRow, lockGroup } from '../store/groups.ts';
import { openGroupBelow } from '../store/protection.ts';
import { usersBelow } from '../store/request-loss.ts';
import { externalIdIssuer, lockUser } from '../store/users.ts';
import { endRequestLosses } from './request-loss.ts';
import { record, type Work } from './work.ts';

export interface LeaderRef {
  readonly type: 'user' | 'group';
  readonly id: UserId | GroupId;
}

export interface Governance {
  readonly permissions?: readonly string[] | undefined;
  readonly leaders?: readonly LeaderRef[] | undefined;
  readonly trustedSources?: readonly string[] | undefined;
}

export interface GovernGroup extends Governance {
  readonly group: GroupId;
  /** At its creation a group is at its first version, and whoever creates it says all of it. */
  readonly at: 'creation' | 'change';
}

/**
 * Makes what governs a group this and nothing else, as far as it is said; the same again changes nothing (D-04).
 * Refuses `group.not_found`, `permission.invalid`, `permission.not_held` (J-19), `group.protected` and
 * `group.protected_open` (J-20), `member.not_found` for leaders that there are not, `source.not_found`, and
 * `actor.not_allowed`. Who loses `groups.request` by it loses what follows (J-11).
 */
export async function governGroup(work: Work, wanted: GovernGroup): Promise<void> {
  const { permissions, leaders, trustedSources } = wanted;
  if (permissions === undefined && leaders === undefined && trustedSources === undefined) return;
  const readPermissions = permissions === undefined ? null : permissions.map(requirePermission);
  const found = await resolveMembers(work.tx, leaders?.map(({ id }) => id) ?? []);
  if (readPermissions !== null) await lockGraph(work.tx);
  const group = await lockGroup(work.tx, wanted.group, work.sourceN);
  if (group === null) throw new Refusal('group.not_found', { group: wanted.group });
  const [before, after]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  const told = (name: string, had: unknown, has: unknown): void => {
    before[name] = had;
    after[name] = has;
  };
  if (trustedSources !== undefined) {
    const had = await trustedSourcesOf(work.tx, group.n);
    if (await trust(work, group, { had, wanted: trustedSources })) {
      told('trustedSources', had, [...trustedSources].sort());
    }
  }
  if (leaders !== undefined) {
    const had = await leadersOfGroup(work.tx, group.n);
    const rows = leaders.map(({ type, id }) => {
      const row = found.find((one) => one.id === id && one.kind === (type === 'user' ? 'u' : 'g'));
      if (row === undefined) throw new Refusal('member.not_found', { members: [id] });
      return row;
    });
    if (
      !sameSet(
        had.map(({ n }) => n),
        rows.map(({ n }) => n),
      )
    ) {
      if (wanted.at === 'change') requireInGroup('edit-group', work.by.actor, group);
      await setLeadersOfGroup(work.tx, group.n, rows);
      told('leaders', await refsOf(work, had), leaders);
    }
  }
  if (readPermissions !== null) {
    const had = await permissionsOfHolder(work.tx, group.n);
    if (!sameSet(had, readPermissions)) {
      if (wanted.at === 'change') requireInGroup('edit-group', work.by.actor, group);
      await grantToGroup(work, group, { had, wanted: readPermissions });
      told('permissions', had, [...new Set(readPermissions)].sort());
    }
  }
  if (Object.keys(after).length === 0) return;
  if (wanted.at === 'change') await bumpGroups(work.tx, [group.n]);
  await record(work, { type: 'group.updated', group: group.n, before, after });
}

export interface GrantToUser {
  readonly user: UserId;
  readonly permission: string;
}

/** Grants a user a permission; one that it holds itself already changes nothing. Refuses `user.not_found`, `permission.invalid`, `permission.not_held`, `actor.not_allowed`. */
export async function grantPermission(work: Work, { user, permission }: GrantToUser): Promise<void> {
  const granted = requirePermission(permission);
  requireHeld(work, [granted]);
  await writeUserPermissions(work, user, (had) => [...new Set([...had, granted])]);
}

/** Takes from a user a permission that it was granted itself. Refuses as {@link grantPermission}. */
export async function revokePermission(work: Work, { user, permission }: GrantToUser): Promise<void> {
  const revoked = requirePermission(permission);
  requireHeld(work, [revoked]);
  await writeUserPermissions(work, user, (had) => had.filter((one) => one !== revoked));
}

async function writeUserPermissions(
  work: Work,
  user: UserId,
  edit: (had: readonly Permission[]) => Permission[],
): Promise<void> {
  requireTo('manage-users', work.by.actor);
  const row = await lockUser(work.tx, user, externalIdIssuer(work.sourceN));
  if (row === null) throw new Refusal('user.not_found', { user });
  const had = await permissionsOfHolder(work.tx, row.n);
  const wanted = edit(had).sort();
  if (sameSet(had, wanted)) return;
  await setPermissionsOfHolder(work.tx, row.n, wanted);
  await record(work, {
    type: 'user.updated',
    user: row.n,
    before: { permissions: had },
    after: { permissions: wanted },
  });
  if (letsRequest(had) && !letsRequest(wanted)) await endRequestLosses(work, [row.n]);
}

async function grantToGroup(
  work: Work,
  group: GroupRow,
  { had, wanted }: { readonly had: readonly Permission[]; readonly wanted: readonly Permission[] },
): Promise<void> {
  requireHeld(
    work,
    [...had, ...wanted].filter((one) => had.includes(one) !== wanted.includes(one)),
  );
  const protects = wanted.some((permission) => permission !== 'groups.request');
  const open = protects ? await openGroupBelow(work.tx, [group.n]) : null;
  if (open !== null) throw new Refusal('group.protected_open', { group: open.name });
  await setPermissionsOfHolder(work.tx, group.n, wanted);
  if (letsRequest(had) && !letsRequest(wanted)) {
    await endRequestLosses(work, await usersBelow(work.tx, [group.n]));
  }
}

async function trust(
  work: Work,
  group: GroupRow,
  { had, wanted }: { readonly had: readonly string[]; readonly wanted: readonly string[] },
): Promise<boolean> {
  if (sameSet(had, wanted)) return false;
  requireInGroup('trust-source', work.by.actor, group);
  const known = await findSourceNames(work.tx, wanted);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Refusal('source.not_found', { source: unknown });
  await setTrustedSources(work.tx, group.n, wanted);
  return true;
}

async function refsOf(work: Work, leaders: readonly LeaderRow[]): Promise<LeaderRef[]> {
  const ids = await idsOfMembers(
    work.tx,
    leaders.map(({ n }) => n),
  );
  return leaders.flatMap(({ n, kind }) => {
    const id = ids.get(n)?.id;
    return id === undefined ? [] : [{ type: kind === 'u' ? 'user' : 'group', id }];
  });
}

/** J-19: nobody grants, or takes, what they do not hold. */
function requireHeld({ by }: Work, permissions: readonly Permission[]): void {
  const foreign = permissions.find((permission) => !holds(by.actor, permission));
  if (foreign !== undefined) throw new Refusal('permission.not_held', { permission: foreign });
}

function requirePermission(text: string): Permission {
  const permission = parsePermission(text);
  if (permission === null) throw new Refusal('permission.invalid', { permission: text });
  return permission;
}

function letsRequest(permissions: readonly Permission[]): boolean {
  return permissions.includes('groups.request') || permissions.includes('admin');
}

function sameSet<T>(a: readonly T[], b: readonly T[]): boolean {
  const [one, other] = [new Set(a), new Set(b)];
  return one.size === other.size && [...one].every((item) => other.has(item));
}

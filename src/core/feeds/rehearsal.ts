/**
 * What a file would come to in an empty directory: a check for the people who make files, without an instance.
 * Rows take effect in file order (F-09); whom a row finds among people that are known already nobody can say here.
 */
import { affiliationFollowedBy } from '../affiliations.ts';
import { Refusal } from '../refusal.ts';
import type { GivenIdentity } from './identity-cell.ts';
import { type NestingStep, refuseCycles } from './nesting-order.ts';
import type { FeedRow, GivenKeys, GivenName, MembershipRow } from './row.ts';
import { type FeedSettings, NOT_ITS_ROLE } from './settings.ts';

export interface RehearsedRow {
  readonly line: number;
  readonly row: FeedRow;
}

export interface RehearsalFault {
  readonly line: number;
  readonly code: string;
  readonly detail: string;
}

/** What would be made in an empty directory. */
export interface Rehearsal {
  readonly users: number;
  /** People who are only named, and would wait as stubs. */
  readonly stubs: number;
  readonly groups: number;
  readonly memberships: number;
  readonly nestings: number;
  readonly roles: number;
  /** Rows that delete: what they take out depends on the directory. */
  readonly deletions: number;
  readonly leftOut: number;
}

/** Goes through rows in their order. */
export function rehearse(
  rows: readonly RehearsedRow[],
  { allowedRoles }: Pick<FeedSettings, 'allowedRoles'>,
): { readonly plan: Rehearsal; readonly faults: readonly RehearsalFault[] } {
  const faults: RehearsalFault[] = [];
  const refuse = (line: number, { code, message }: Refusal): void => {
    faults.push({ line, code, detail: message });
  };
  const standing = rows.filter(({ line, row }) => {
    const refusal = refusalOf(row, allowedRoles);
    if (refusal !== null) refuse(line, refusal);
    return refusal === null;
  });
  const names = new Map<string, string>();
  const cycles = refuseCycles(
    [],
    standing.flatMap(({ line, row }) => stepOf(line, row, names)),
  );
  for (const [line, keys] of cycles) {
    refuse(line, new Refusal('nesting.cycle', { path: keys.map((key) => names.get(key) ?? key) }));
  }
  const plan = planOf(standing.filter(({ line }) => !cycles.has(line)).map(({ row }) => row));
  return { plan, faults: faults.sort((a, b) => a.line - b.line) };
}

function refusalOf(row: FeedRow, allowedRoles: FeedSettings['allowedRoles']): Refusal | null {
  if (row.kind === 'left-out') return null;
  const groups = row.kind === 'person' ? row.groups : [row.group];
  const nested = row.kind === 'membership' && row.member.kind === 'group' ? [row.member.group] : [];
  const reserved = [...groups, ...nested].find(({ name }) => affiliationFollowedBy(name) !== null);
  if (reserved !== undefined) {
    const why = 'groups that start with "affiliation." follow what institutions say of their people.';
    return new Refusal('group.name_reserved', { name: reserved.name, why });
  }
  const role = row.roles.find(({ key }) => allowedRoles !== null && !allowedRoles.includes(key));
  return role === undefined ? null : new Refusal('role.invalid', { role: role.name, why: NOT_ITS_ROLE });
}

function stepOf(line: number, row: FeedRow, names: Map<string, string>): NestingStep[] {
  if (row.kind !== 'membership') return [];
  const { group, member, action } = row;
  if (member.kind === 'all-groups') return [{ line, kind: 'unnest-all', group: group.key }];
  if (member.kind !== 'group') return [];
  for (const { key, name } of [group, member.group]) if (!names.has(key)) names.set(key, name);
  return [
    { line, kind: action === 'import' ? 'nest' : 'unnest', group: group.key, member: member.group.key },
  ];
}

function planOf(rows: readonly FeedRow[]): Rehearsal {
  const users = new Set<string>();
  const people = new Set<string>();
  const groups = new Set<string>();
  const roles = new Set<string>();
  const members = new Map<string, Set<string>>();
  const nestings = new Map<string, Set<string>>();
  let deletions = 0;
  let leftOut = 0;
  const give = (given: readonly GivenName[]): void => given.forEach(({ key }) => roles.add(key));
  for (const row of rows) {
    if (row.kind === 'left-out') leftOut += 1;
    else if (row.action === 'delete') {
      deletions += 1;
      if (row.kind === 'membership') takeOut(row, members, nestings);
    } else if (row.kind === 'person') {
      const person = keyOfPerson(row.keys);
      if (row.keys.userName === null) people.add(person);
      else users.add(person);
      for (const { key } of row.groups) {
        groups.add(key);
        entry(members, key).add(person);
      }
    } else {
      groups.add(row.group.key);
      give(row.roles);
      if (row.kind === 'membership' && row.member.kind === 'group') {
        groups.add(row.member.group.key);
        entry(nestings, row.group.key).add(row.member.group.key);
      } else if (row.kind === 'membership' && row.member.kind === 'user') {
        const person = keyOfIdentity(row.member.identity);
        people.add(person);
        entry(members, row.group.key).add(person);
      }
    }
  }
  return {
    ...{ users: users.size, groups: groups.size, roles: roles.size, deletions, leftOut },
    stubs: [...people].filter((person) => !users.has(person)).length,
    memberships: total(members),
    nestings: total(nestings),
  };
}

function takeOut(
  { group, member }: MembershipRow,
  members: Map<string, Set<string>>,
  nestings: Map<string, Set<string>>,
): void {
  switch (member.kind) {
    case 'all-users':
      members.delete(group.key);
      return;
    case 'all-groups':
      nestings.delete(group.key);
      return;
    case 'group':
      nestings.get(group.key)?.delete(member.group.key);
      return;
    case 'user':
      members.get(group.key)?.delete(keyOfIdentity(member.identity));
      return;
  }
}

/** The strongest plain key stands for the person. */
function keyOfIdentity({ userName, email, either, targetedId }: GivenIdentity): string {
  return userName?.key ?? either?.key ?? email?.key ?? targetedId?.key ?? '';
}

function keyOfPerson({ userName, email, externalId, targetedId, eppn }: GivenKeys): string {
  return userName?.key ?? email?.key ?? externalId ?? targetedId?.key ?? eppn?.key ?? '';
}

function entry(sets: Map<string, Set<string>>, key: string): Set<string> {
  const found = sets.get(key) ?? new Set<string>();
  sets.set(key, found);
  return found;
}

function total(sets: ReadonlyMap<string, ReadonlySet<string>>): number {
  return [...sets.values()].reduce((sum, set) => sum + set.size, 0);
}

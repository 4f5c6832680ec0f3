/** The oracle of the membership engine: what D-12 says, computed in the plainest way that can be written. */

export interface NaiveDirectory {
  /** Each pair: member user or group, in group. */
  readonly direct: readonly (readonly [group: number, user: number])[];
  readonly nestings: readonly (readonly [group: number, member: number])[];
  readonly groups: readonly number[];
  /** Users that are active and not deleted. */
  readonly active: ReadonlySet<number>;
}

/** Effective users of every living group, sorted. */
export function naiveFixpoint(directory: NaiveDirectory): ReadonlyMap<number, readonly number[]> {
  const living = new Set(directory.groups);
  const members = new Map(directory.groups.map((group) => [group, new Set<number>()]));
  for (const [group, user] of directory.direct) {
    if (living.has(group) && directory.active.has(user)) members.get(group)?.add(user);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const [group, member] of directory.nestings) {
      if (!living.has(group) || !living.has(member)) continue;
      for (const user of members.get(member) ?? []) {
        if (members.get(group)?.has(user) === true) continue;
        members.get(group)?.add(user);
        changed = true;
      }
    }
  }
  return new Map([...members].map(([group, users]) => [group, [...users].sort((a, b) => a - b)]));
}

/**
 * Which changes caused an effective join or leave (D-41). Of user U in group G they are: marks of U in a group
 * that is below G before or after, of U itself, of a nesting whose parent is below G or is G, and of a group that
 * was deleted below G. "Before or after" is asked of one graph that holds the nestings of both.
 */
import type { MarkRow } from '../../store/effective/log-tail.ts';
import { membersOf } from '../follow/look-again.ts';
import type { Step } from '../follow/follower.ts';
import type { Delta } from '../index/bitmaps.ts';

/** Users of one group whose joins or leaves have the same causes. */
export interface Caused {
  readonly group: number;
  readonly joined: readonly number[];
  readonly left: readonly number[];
  /** In the order of the log; empty when no mark accounts for it. */
  readonly causes: readonly MarkRow[];
}

export type Marked = Pick<Step, 'marks' | 'nested' | 'formerParents'>;

/** Splits the joins and leaves of every group by their causes. `parentsOf`: of the graph after. */
export function* attribute(
  deltas: ReadonlyMap<number, Delta>,
  marked: Marked,
  parentsOf: (group: number) => Iterable<number>,
): Generator<Caused> {
  const { common, listing, ofUser, deletions } = arrange(marked, parentsOf);
  for (const [group, { plus, minus }] of deltas) {
    const shared = common.get(group) ?? [];
    const own = marksByUser(listing.get(group) ?? [], { plus, minus });
    const byCauses = new Map<
      string,
      { group: number; joined: number[]; left: number[]; causes: MarkRow[] }
    >();
    const put = (user: number, side: 'joined' | 'left'): void => {
      const single = [...(own.get(user) ?? []), ...(ofUser.get(user) ?? [])];
      let places = single.length === 0 ? shared : inOrder([...shared, ...single]);
      if (places.length === 0 && side === 'left') places = deletions;
      const key = places.map(({ seq }) => seq).join(' ');
      let caused = byCauses.get(key);
      if (caused === undefined) {
        byCauses.set(key, (caused = { group, joined: [], left: [], causes: [...places] }));
      }
      caused[side].push(user);
    };
    for (const user of plus.toUint32Array()) put(user, 'joined');
    for (const user of minus.toUint32Array()) put(user, 'left');
    yield* byCauses.values();
  }
}

/** Marks of direct memberships by the users that joined or left; of one group at a time, for they can be millions. */
function marksByUser(
  marks: readonly MarkRow[],
  { plus, minus }: Delta,
): ReadonlyMap<number, readonly MarkRow[]> {
  const byUser = new Map<number, MarkRow[]>();
  for (const mark of marks) {
    for (const member of membersOf(mark)) {
      if (plus.has(member) || minus.has(member)) append(byUser, member, mark);
    }
  }
  return byUser;
}

interface Arranged {
  /** Causes of every join and leave of a group. */
  readonly common: ReadonlyMap<number, readonly MarkRow[]>;
  /** Marks of users in a group below. */
  readonly listing: ReadonlyMap<number, readonly MarkRow[]>;
  readonly ofUser: ReadonlyMap<number, readonly MarkRow[]>;
  /** Deleted groups, whose former places may be unknown after a change of the feed's worker. */
  readonly deletions: readonly MarkRow[];
}

function arrange(
  { marks, nested, formerParents }: Marked,
  parentsOf: (group: number) => Iterable<number>,
): Arranged {
  const above = ancestorsIn({ marks, nested, formerParents }, parentsOf);
  const common = new Map<number, MarkRow[]>();
  const listing = new Map<number, MarkRow[]>();
  const ofUser = new Map<number, MarkRow[]>();
  const deletions: MarkRow[] = [];
  for (const mark of marks) {
    const { group_n: group, user_n: user, type } = mark;
    if (type.startsWith('user.') && user !== null) append(ofUser, user, mark);
    if (group === null) continue;
    if (type === 'group.deleted') deletions.push(mark);
    if (type !== 'group.deleted' && type !== 'membership.direct') continue;
    const nests = membersOf(mark).filter((member) => nested.has(member)).length;
    for (const ancestor of above(group)) {
      if (type === 'group.deleted' || nests > 0) append(common, ancestor, mark);
      if (nests < membersOf(mark).length) append(listing, ancestor, mark);
    }
  }
  return { common, listing, ofUser, deletions };
}

/** Groups that contain a group, itself included, by the nestings of before and after together. */
function ancestorsIn(
  { marks, nested, formerParents }: Marked,
  parentsOf: (group: number) => Iterable<number>,
): (group: number) => ReadonlySet<number> {
  const former = new Map<number, number[]>();
  for (const [group, parents] of formerParents) former.set(group, [...parents]);
  for (const { group_n: group, removed } of marks) {
    if (group === null) continue;
    for (const member of removed ?? []) if (nested.has(member)) append(former, member, group);
  }
  const known = new Map<number, ReadonlySet<number>>();
  return (group) => {
    const remembered = known.get(group);
    if (remembered !== undefined) return remembered;
    const above = new Set([group]);
    for (const one of above) {
      for (const parent of parentsOf(one)) above.add(parent);
      for (const parent of former.get(one) ?? []) above.add(parent);
    }
    known.set(group, above);
    return above;
  };
}

/** Each mark once, in the order of the log. */
export function inOrder(marks: readonly MarkRow[]): readonly MarkRow[] {
  return [...new Set(marks)].sort((a, b) => {
    const [x, y] = [BigInt(a.xid), BigInt(b.xid)];
    return x === y ? a.seq - b.seq : x < y ? -1 : 1;
  });
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

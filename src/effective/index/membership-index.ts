/**
 * The directory's sets in memory: direct users of each group, nestings, active users, and from them the users
 * that each group reaches. It holds no time and no database; it is handed facts and says what they changed.
 *
 * `reach` counts inactive users in: deactivating somebody in 500 groups then touches one bitmap (D-07), and the
 * effective members of a group are its reach cut with the active users. A group without nested groups has no
 * reach of its own: it is its direct users.
 */
import { RoaringBitmap32 } from 'roaring-wasm';
import { deltaBetween, disposeDelta, emptyDelta, isEmptyDelta, type Bitmap, type Delta } from './bitmaps.ts';
import { NestingGraph } from './nesting-graph.ts';
import { emptyHash, moveHash, type SetHash } from './set-hash.ts';

/** Direct users of one group, as read again: those asserted and those not, of the ones that were looked at. */
export interface DirectFact {
  readonly group: number;
  readonly present: readonly number[];
  readonly absent: readonly number[];
}

/** A user as read again. `groups`: where it is a direct member; not asked for of one that is gone. */
export interface UserFact {
  readonly user: number;
  readonly state: 'active' | 'inactive' | 'gone';
  readonly groups: readonly number[];
}

/** What one batch read again, all of it in one snapshot of the database. */
export interface Facts {
  readonly direct: readonly DirectFact[];
  /** Groups nested directly in a living group, all of them. */
  readonly nestings: readonly { readonly group: number; readonly members: readonly number[] }[];
  readonly goneGroups: readonly number[];
  readonly users: readonly UserFact[];
}

const EMPTY: Bitmap = new RoaringBitmap32().freeze();

export class MembershipIndex {
  readonly #hashKey: SetHash;
  readonly #direct = new Map<number, Bitmap>();
  readonly #reach = new Map<number, Bitmap>();
  readonly #nestings = new NestingGraph();
  readonly #active = new RoaringBitmap32();
  /** Filled when first asked for, moved along from then on. */
  readonly #hashes = new Map<number, SetHash>();

  /** `hashKey`: four words, the same on every instance of the installation. */
  constructor(hashKey: SetHash) {
    this.#hashKey = hashKey;
  }

  /** Part of the first filling; {@link settle} ends it. */
  addDirect(group: number, users: Uint32Array): void {
    const known = this.#direct.get(group);
    if (known === undefined) this.#direct.set(group, RoaringBitmap32.from(users));
    else known.addMany(users);
  }

  /** Part of the first filling. */
  addNesting(group: number, member: number): void {
    this.#nestings.nest(group, member);
  }

  /** Part of the first filling. */
  addActive(users: Uint32Array): void {
    this.#active.addMany(users);
  }

  /** Part of a filling from bytes that {@link parts} gave, serialised as `portable`. */
  restoreSet(of: number | 'active', bytes: Uint8Array): void {
    const set = RoaringBitmap32.deserialize('portable', bytes);
    if (of !== 'active') {
      this.#direct.set(of, set);
      return;
    }
    this.#active.orInPlace(set);
    set.dispose();
  }

  /** What all the rest follows from. The bitmaps stay the index's. */
  parts(): {
    readonly direct: Iterable<readonly [group: number, users: Bitmap]>;
    readonly nestings: number[];
    readonly active: Bitmap;
  } {
    const nestings: number[] = [];
    for (const group of this.#nestings.inner()) {
      for (const member of this.#nestings.childrenOf(group)) nestings.push(group, member);
    }
    return { direct: this.#direct, nestings, active: this.#active };
  }

  /** Ends the first filling: computes what every group reaches. */
  settle(): void {
    this.#active.runOptimize();
    for (const group of this.#nestings.bottomUp()) this.#reach.set(group, this.#gather(group));
  }

  /**
   * Takes over the facts and answers the effective joins (`plus`) and leaves (`minus`) of every group that has
   * any. The bitmaps of the answer are the caller's to dispose of.
   */
  apply(facts: Facts): Map<number, Delta> {
    const own = this.#applyDirect(facts);
    const structural = this.#applyNestings(facts);
    const moved = this.#moveReach(own, structural);
    const effective = this.#applyActivity(facts, moved);
    for (const [group, delta] of effective) this.#moveHash(group, 'effective', delta);
    for (const delta of [...own.values(), ...moved.values()]) disposeDelta(delta);
    for (const group of facts.goneGroups) this.#hashes.delete(group);
    return effective;
  }

  /** Effective users of a group; a new bitmap, the caller's to dispose of. */
  effective(group: number): Bitmap {
    return RoaringBitmap32.and(this.#reachOf(group), this.#active);
  }

  effectiveCount(group: number): number {
    return this.#reachOf(group).andCardinality(this.#active);
  }

  isMember(group: number, user: number): boolean {
    return this.#active.has(user) && this.#reachOf(group).has(user);
  }

  isActive(user: number): boolean {
    return this.#active.has(user);
  }

  isDirect(group: number, user: number): boolean {
    return this.#direct.get(group)?.has(user) === true;
  }

  directCount(group: number): number {
    return (this.#direct.get(group)?.size ?? 0) + this.#nestings.childrenOf(group).size;
  }

  /** Up to `limit` effective users with a number above `after` (0: from the first), ascending. */
  effectivePage(group: number, after: number, limit: number): readonly number[] {
    const reach = this.#reachOf(group);
    const page: number[] = [];
    for (
      let place = reach.rank(after), end = reach.size;
      place < end && page.length < limit;
      place += limit
    ) {
      for (const user of reach.sliceUint32Array(place, place + limit)) {
        if (page.length < limit && this.#active.has(user)) page.push(user);
      }
    }
    return page;
  }

  /** Up to `limit` direct members, users and groups, active or not, with a number above `after` (0: from the first), ascending. */
  directPage(group: number, after: number, limit: number): readonly number[] {
    const users = this.#direct.get(group) ?? EMPTY;
    const place = users.rank(after);
    const nested = [...this.#nestings.childrenOf(group)].filter((member) => member > after);
    return [...users.sliceUint32Array(place, place + limit), ...nested].sort((a, b) => a - b).slice(0, limit);
  }

  /** Groups in which the group is nested directly. */
  parentsOf(group: number): ReadonlySet<number> {
    return this.#nestings.parentsOf(group);
  }

  /** Groups that reach somebody or hold nestings; every group with an effective member is among them. */
  groups(): IterableIterator<number> {
    return new Set([...this.#direct.keys(), ...this.#nestings.inner()]).values();
  }

  /** Hash of the effective users, the direct ones and the nested groups of a group: all that its member lists show. */
  hash(group: number): SetHash {
    const known = this.#hashes.get(group);
    if (known !== undefined) return known;
    const hash = emptyHash();
    const effective = this.effective(group);
    const key = this.#hashKey;
    moveHash(hash, key, { role: 'effective', elements: effective.toUint32Array(), sign: 1 });
    moveHash(hash, key, {
      role: 'direct',
      elements: this.#direct.get(group)?.toUint32Array() ?? [],
      sign: 1,
    });
    moveHash(hash, key, { role: 'nested', elements: this.#nestings.childrenOf(group), sign: 1 });
    effective.dispose();
    this.#hashes.set(group, hash);
    return hash;
  }

  /** Frees what lives outside the garbage collector; the index is of no use afterwards. */
  dispose(): void {
    for (const bitmap of [...this.#direct.values(), ...this.#reach.values(), this.#active]) bitmap.dispose();
  }

  #reachOf(group: number): Bitmap {
    return this.#reach.get(group) ?? this.#direct.get(group) ?? EMPTY;
  }

  #gather(group: number): Bitmap {
    const parts = Array.from(this.#nestings.childrenOf(group), (member) => this.#reachOf(member));
    return RoaringBitmap32.orMany([this.#direct.get(group) ?? EMPTY, ...parts]);
  }

  #applyDirect({ direct, goneGroups, users }: Facts): Map<number, Delta> {
    const own = new Map<number, Delta>();
    const change = (group: number, present: readonly number[], absent: readonly number[]): void => {
      let bitmap = this.#direct.get(group);
      if (bitmap === undefined) this.#direct.set(group, (bitmap = new RoaringBitmap32()));
      let delta = own.get(group);
      if (delta === undefined) own.set(group, (delta = emptyDelta()));
      for (const user of present) {
        if (bitmap.tryAdd(user) && !delta.minus.delete(user)) delta.plus.add(user);
      }
      for (const user of absent) {
        if (bitmap.delete(user) && !delta.plus.delete(user)) delta.minus.add(user);
      }
    };
    for (const { group, present, absent } of direct) change(group, present, absent);
    const gone = RoaringBitmap32.from(users.filter(({ state }) => state === 'gone').map(({ user }) => user));
    for (const [group, listed] of gone.isEmpty ? [] : this.#direct) {
      if (listed.intersects(gone)) change(group, [], gone.toArray());
    }
    gone.dispose();
    for (const group of goneGroups) change(group, [], this.#direct.get(group)?.toArray() ?? []);
    for (const [group, delta] of own) {
      this.#moveHash(group, 'direct', delta);
      if (this.#direct.get(group)?.isEmpty === true) {
        this.#direct.get(group)?.dispose();
        this.#direct.delete(group);
      }
    }
    return own;
  }

  /** Answers the groups whose nested groups changed. */
  #applyNestings({ nestings, goneGroups }: Facts): Set<number> {
    const structural = new Set<number>();
    const replace = (group: number, members: ReadonlySet<number>): void => {
      const before = this.#nestings.childrenOf(group);
      const plus = [...members].filter((member) => !before.has(member));
      const minus = [...before].filter((member) => !members.has(member));
      if (plus.length + minus.length === 0) return;
      for (const member of plus) this.#nestings.nest(group, member);
      for (const member of minus) this.#nestings.unnest(group, member);
      this.#moveHash(group, 'nested', { plus, minus });
      structural.add(group);
    };
    for (const { group, members } of nestings) replace(group, new Set(members));
    for (const group of goneGroups) {
      replace(group, new Set());
      for (const parent of [...this.#nestings.parentsOf(group)]) {
        replace(parent, new Set([...this.#nestings.childrenOf(parent)].filter((member) => member !== group)));
      }
    }
    return structural;
  }

  /** Carries the changes upwards, nested groups before those they are in. */
  #moveReach(own: ReadonlyMap<number, Delta>, structural: ReadonlySet<number>): Map<number, Delta> {
    const moved = new Map<number, Delta>();
    for (const group of this.#nestings.upwardFrom([...own.keys(), ...structural])) {
      const delta = structural.has(group)
        ? this.#regather(group, own.get(group))
        : this.#carry(group, own.get(group), moved);
      if (isEmptyDelta(delta)) disposeDelta(delta);
      else moved.set(group, delta);
    }
    return moved;
  }

  /** For a group whose nested groups changed: computes its reach anew. */
  #regather(group: number, own: Delta | undefined): Delta {
    const after = this.#gather(group);
    const before = this.#reach.get(group) ?? this.#directBefore(group, own);
    const delta = deltaBetween(before, after);
    before.dispose();
    if (this.#nestings.childrenOf(group).size > 0) this.#reach.set(group, after);
    else {
      this.#reach.delete(group);
      after.dispose();
    }
    return delta;
  }

  #directBefore(group: number, own: Delta | undefined): Bitmap {
    const before = (this.#direct.get(group) ?? EMPTY).clone();
    if (own === undefined) return before;
    before.andNotInPlace(own.plus);
    return before.orInPlace(own.minus);
  }

  /** For a group whose nested groups are the same: only who changed below it can have changed here. */
  #carry(group: number, own: Delta | undefined, moved: ReadonlyMap<number, Delta>): Delta {
    const delta = own === undefined ? emptyDelta() : { plus: own.plus.clone(), minus: own.minus.clone() };
    const reach = this.#reach.get(group);
    if (reach === undefined) return delta;
    const children = this.#nestings.childrenOf(group);
    for (const below of children.size < moved.size ? children : moved.keys()) {
      const change = children.has(below) ? moved.get(below) : undefined;
      if (change === undefined) continue;
      delta.plus.orInPlace(change.plus);
      delta.minus.orInPlace(change.minus);
    }
    delta.plus.andNotInPlace(reach);
    delta.minus.andInPlace(reach);
    delta.minus.andNotInPlace(this.#direct.get(group) ?? EMPTY);
    for (const member of children) {
      if (delta.minus.isEmpty) break;
      delta.minus.andNotInPlace(this.#reachOf(member));
    }
    reach.orInPlace(delta.plus).andNotInPlace(delta.minus);
    return delta;
  }

  /** Takes over who is active, and cuts the changes of reach down to effective joins and leaves. */
  #applyActivity({ users }: Facts, moved: ReadonlyMap<number, Delta>): Map<number, Delta> {
    const effective = new Map<number, Delta>();
    for (const [group, { plus, minus }] of moved) {
      effective.set(group, { plus: plus.clone(), minus: RoaringBitmap32.and(minus, this.#active) });
    }
    for (const { user, state, groups } of users) {
      const isActive = state === 'active';
      if (this.#active.has(user) === isActive) continue;
      if (isActive) this.#active.add(user);
      else this.#active.delete(user);
      for (const group of this.#nestings.upwardFrom(groups)) {
        if (!this.#reachOf(group).has(user) || moved.get(group)?.plus.has(user) === true) continue;
        let delta = effective.get(group);
        if (delta === undefined) effective.set(group, (delta = emptyDelta()));
        (isActive ? delta.plus : delta.minus).add(user);
      }
    }
    for (const [group, delta] of effective) {
      delta.plus.andInPlace(this.#active);
      if (!isEmptyDelta(delta)) continue;
      disposeDelta(delta);
      effective.delete(group);
    }
    return effective;
  }

  #moveHash(
    group: number,
    role: 'effective' | 'direct' | 'nested',
    { plus, minus }: { readonly plus: Iterable<number>; readonly minus: Iterable<number> },
  ): void {
    const hash = this.#hashes.get(group);
    if (hash === undefined) return;
    moveHash(hash, this.#hashKey, { role, elements: plus, sign: 1 });
    moveHash(hash, this.#hashKey, { role, elements: minus, sign: -1 });
  }
}

/** Four words for the hash out of 16 bytes. */
export function hashKeyOf(bytes: Uint8Array): SetHash {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return Uint32Array.from([0, 4, 8, 12], (place) => view.getUint32(place));
}

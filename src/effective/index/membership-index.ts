/**
 * The directory's sets in memory: direct users of each group, nestings, active users, and from them the users
 * that each group reaches. It holds no time and no database; it is handed facts and says what they changed.
 *
 * Reach counts inactive users in: deactivating somebody in 500 groups then touches one bitmap (D-07), and the
 * effective members of a group are its reach cut with the active users.
 */
import { RoaringBitmap32 } from 'roaring-wasm';
import { type Bitmap, type Delta, disposeDelta, emptyDelta, isEmptyDelta } from './bitmaps.ts';
import { DirectUsers } from './direct-users.ts';
import type { Facts } from './facts.ts';
import { MemberHashes } from './member-hashes.ts';
import { NestingGraph } from './nesting-graph.ts';
import { Reach } from './reach.ts';
import type { SetHash } from './set-hash.ts';

export class MembershipIndex {
  readonly #direct = new DirectUsers();
  readonly #nestings = new NestingGraph();
  readonly #reach = new Reach(this.#direct, this.#nestings);
  readonly #active = new RoaringBitmap32();
  readonly #hashes: MemberHashes;

  /** `hashKey`: four words, the same on every instance of the installation. */
  constructor(hashKey: SetHash) {
    this.#hashes = new MemberHashes(hashKey);
  }

  /** Part of the first filling; {@link settle} ends it. */
  addDirect(group: number, users: Uint32Array): void {
    this.#direct.add(group, users);
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
      this.#direct.restore(of, set);
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
    return { direct: this.#direct.entries(), nestings, active: this.#active };
  }

  /** Ends the first filling: computes what every group reaches. */
  settle(): void {
    this.#active.runOptimize();
    this.#reach.settle();
  }

  /**
   * Takes over the facts and answers the effective joins (`plus`) and leaves (`minus`) of every group that has
   * any. The bitmaps of the answer are the caller's to dispose of.
   */
  apply(facts: Facts): Map<number, Delta> {
    const own = this.#direct.apply(facts);
    for (const [group, delta] of own) this.#hashes.move(group, 'direct', delta);
    const moved = this.#reach.move(own, this.#applyNestings(facts));
    const effective = this.#applyActivity(facts, moved);
    for (const [group, delta] of effective) this.#hashes.move(group, 'effective', delta);
    for (const delta of [...own.values(), ...moved.values()]) disposeDelta(delta);
    for (const group of facts.goneGroups) this.#hashes.forget(group);
    return effective;
  }

  /** Effective users of a group; a new bitmap, the caller's to dispose of. */
  effective(group: number): Bitmap {
    return RoaringBitmap32.and(this.#reach.of(group), this.#active);
  }

  effectiveCount(group: number): number {
    return this.#reach.of(group).andCardinality(this.#active);
  }

  /** Whether those users, and nobody else, are effective members of a group; makes no new bitmap. */
  isEffectively(group: number, users: Bitmap): boolean {
    return (
      users.size === this.effectiveCount(group) &&
      users.isSubset(this.#reach.of(group)) &&
      users.isSubset(this.#active)
    );
  }

  isMember(group: number, user: number): boolean {
    return this.#active.has(user) && this.#reach.of(group).has(user);
  }

  isActive(user: number): boolean {
    return this.#active.has(user);
  }

  isDirect(group: number, user: number): boolean {
    return this.#direct.of(group).has(user);
  }

  directCount(group: number): number {
    return this.#direct.of(group).size + this.#nestings.childrenOf(group).size;
  }

  /** Up to `limit` effective users with a number above `after` (0: from the first), ascending. */
  effectivePage(group: number, after: number, limit: number): readonly number[] {
    const reach = this.#reach.of(group);
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
    const users = this.#direct.of(group);
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
    return new Set([...this.#direct.groups(), ...this.#nestings.inner()]).values();
  }

  /** Hash of the effective users, the direct ones and the nested groups of a group: all that its member lists show. */
  hash(group: number): SetHash {
    return this.#hashes.of(group, () => {
      const users = this.effective(group);
      const effective = users.toUint32Array();
      users.dispose();
      return {
        effective,
        direct: this.#direct.of(group).toUint32Array(),
        nested: this.#nestings.childrenOf(group),
      };
    });
  }

  /** Frees what lives outside the garbage collector; the index is of no use afterwards. */
  dispose(): void {
    this.#direct.dispose();
    this.#reach.dispose();
    this.#active.dispose();
  }

  /** Answers the groups whose nested groups changed. */
  #applyNestings({ nestings, goneGroups }: Facts): Set<number> {
    const structural = new Set<number>();
    const replace = (group: number, members: ReadonlySet<number>): void => {
      const moved = this.#nestings.replace(group, members);
      if (moved.plus.length + moved.minus.length === 0) return;
      this.#hashes.move(group, 'nested', moved);
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
        if (!this.#reach.of(group).has(user) || moved.get(group)?.plus.has(user) === true) continue;
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
}

/**
 * The users that each group reaches: its direct ones and those of all groups below it, active or not. A group
 * without nested groups has no reach of its own: it is its direct users.
 */
import {
  type Bitmap,
  type Delta,
  deltaBetween,
  disposeDelta,
  emptyDelta,
  isEmptyDelta,
  unionOf,
} from './bitmaps.ts';
import type { DirectUsers } from './direct-users.ts';
import type { NestingGraph } from './nesting-graph.ts';

export class Reach {
  readonly #sets = new Map<number, Bitmap>();
  readonly #direct: DirectUsers;
  readonly #nestings: NestingGraph;

  /** Follows the two, which are moved before it is ({@link move}). */
  constructor(direct: DirectUsers, nestings: NestingGraph) {
    this.#direct = direct;
    this.#nestings = nestings;
  }

  /** Whom the group reaches; the bitmap stays this one's. */
  of(group: number): Bitmap {
    return this.#sets.get(group) ?? this.#direct.of(group);
  }

  /** Ends the first filling: computes what every group reaches. */
  settle(): void {
    for (const group of this.#nestings.bottomUp()) this.#sets.set(group, this.#gather(group));
  }

  /**
   * Carries changes upwards, nested groups before those they are in. `own` are those of direct users, `structural`
   * the groups whose nested groups changed. Answers what each group's reach gained and lost; the caller's to
   * dispose of.
   */
  move(own: ReadonlyMap<number, Delta>, structural: ReadonlySet<number>): Map<number, Delta> {
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

  dispose(): void {
    for (const users of this.#sets.values()) users.dispose();
  }

  #gather(group: number): Bitmap {
    const below = Array.from(this.#nestings.childrenOf(group), (member) => this.of(member));
    return unionOf([this.#direct.of(group), ...below]);
  }

  /** For a group whose nested groups changed: computes its reach anew. */
  #regather(group: number, own: Delta | undefined): Delta {
    const after = this.#gather(group);
    const before = this.#sets.get(group) ?? this.#directBefore(group, own);
    const delta = deltaBetween(before, after);
    before.dispose();
    if (this.#nestings.childrenOf(group).size > 0) this.#sets.set(group, after);
    else {
      this.#sets.delete(group);
      after.dispose();
    }
    return delta;
  }

  #directBefore(group: number, own: Delta | undefined): Bitmap {
    const before = this.#direct.of(group).clone();
    if (own === undefined) return before;
    before.andNotInPlace(own.plus);
    return before.orInPlace(own.minus);
  }

  /** For a group whose nested groups are the same: only who changed below it can have changed here. */
  #carry(group: number, own: Delta | undefined, moved: ReadonlyMap<number, Delta>): Delta {
    const delta = own === undefined ? emptyDelta() : { plus: own.plus.clone(), minus: own.minus.clone() };
    const reach = this.#sets.get(group);
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
    delta.minus.andNotInPlace(this.#direct.of(group));
    for (const member of children) {
      if (delta.minus.isEmpty) break;
      delta.minus.andNotInPlace(this.of(member));
    }
    reach.orInPlace(delta.plus).andNotInPlace(delta.minus);
    return delta;
  }
}

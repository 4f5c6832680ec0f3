/** Which groups are nested in which, kept in both directions. */

const NONE: ReadonlySet<number> = new Set();

/** Nested groups that came and went. */
interface Moved {
  readonly plus: readonly number[];
  readonly minus: readonly number[];
}

export class NestingGraph {
  readonly #children = new Map<number, Set<number>>();
  readonly #parents = new Map<number, Set<number>>();

  childrenOf(group: number): ReadonlySet<number> {
    return this.#children.get(group) ?? NONE;
  }

  parentsOf(group: number): ReadonlySet<number> {
    return this.#parents.get(group) ?? NONE;
  }

  /** Groups that have nested groups. */
  inner(): IterableIterator<number> {
    return this.#children.keys();
  }

  nest(group: number, member: number): void {
    link(this.#children, group, member);
    link(this.#parents, member, group);
  }

  unnest(group: number, member: number): void {
    unlink(this.#children, group, member);
    unlink(this.#parents, member, group);
  }

  /** Nests exactly those groups in a group, and answers what that changed. */
  replace(group: number, members: ReadonlySet<number>): Moved {
    const before = this.childrenOf(group);
    const plus = [...members].filter((member) => !before.has(member));
    const minus = [...before].filter((member) => !members.has(member));
    for (const member of plus) this.nest(group, member);
    for (const member of minus) this.unnest(group, member);
    return { plus, minus };
  }

  /**
   * The groups given and all above them, each after every nested group of it that is among them. Ends also on a
   * cycle, which D-11 forbids; its groups then come in some order.
   */
  upwardFrom(groups: Iterable<number>): readonly number[] {
    return this.#walk(groups, (group) => this.parentsOf(group)).reverse();
  }

  /** Each inner group after those nested in it. */
  bottomUp(): readonly number[] {
    return this.#walk(this.#children.keys(), (group) => this.childrenOf(group));
  }

  /** Depth first; a group stands behind all that were reached through it. */
  #walk(starts: Iterable<number>, next: (group: number) => ReadonlySet<number>): number[] {
    const visited = new Set<number>();
    const done: number[] = [];
    for (const start of starts) {
      if (visited.has(start)) continue;
      visited.add(start);
      const stack = [{ group: start, rest: next(start).values() }];
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const step = top.rest.next();
        if (step.done === true) {
          done.push(top.group);
          stack.pop();
        } else if (!visited.has(step.value)) {
          visited.add(step.value);
          stack.push({ group: step.value, rest: next(step.value).values() });
        }
      }
    }
    return done;
  }
}

function link(map: Map<number, Set<number>>, from: number, to: number): void {
  const known = map.get(from);
  if (known === undefined) map.set(from, new Set([to]));
  else known.add(to);
}

function unlink(map: Map<number, Set<number>>, from: number, to: number): void {
  const known = map.get(from);
  known?.delete(to);
  if (known?.size === 0) map.delete(from);
}

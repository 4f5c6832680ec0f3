/** The distinct ways from a group down to a user: counted all, listed shortest first, as many as asked for (D-20). */
import { membershipsByGroup, membershipsByMember, type Membership, type SubGraph } from './sub-graph.ts';

/** From the group downwards; the last membership is the user's own. */
export type Path = readonly Membership[];

export interface Paths {
  readonly shown: readonly Path[];
  /** All distinct paths; Number.MAX_SAFE_INTEGER when there are more than that. */
  readonly total: number;
}

/**
 * The first `limit` paths, shortest first, those of one length in the order of the sub-graph, and the number
 * of all. Never loops, also when the data holds a cycle against D-11: no path visits a group twice, and
 * counting leaves out the memberships that close a cycle.
 */
export function shortestPaths(subGraph: SubGraph, limit: number): Paths {
  const below = membershipsByGroup(subGraph);
  const total = countPaths(subGraph, below);
  if (total === 0) return { shown: [], total };
  return { shown: listPaths(subGraph, below, limit), total };
}

interface Beginning {
  readonly path: Path;
  readonly visited: ReadonlySet<number>;
  readonly end: number;
}

/** Beginnings are kept by the length of the shortest path they can become, so every step leads to a path. */
function listPaths(
  subGraph: SubGraph,
  below: ReadonlyMap<number, readonly Membership[]>,
  limit: number,
): readonly Path[] {
  const distance = distancesToUser(subGraph);
  const shortest = distance.get(subGraph.group);
  if (shortest === undefined) return [];
  const waiting = new Map<number, Beginning[]>([
    [shortest, [{ path: [], visited: new Set([subGraph.group]), end: subGraph.group }]],
  ]);
  const shown: Path[] = [];
  const longest = distance.size + 1;
  for (let length = shortest; length <= longest && shown.length < limit; length += 1) {
    const stack = (waiting.get(length) ?? []).reverse();
    waiting.delete(length);
    for (let next = stack.pop(); next !== undefined && shown.length < limit; next = stack.pop()) {
      if (next.end === subGraph.user) {
        shown.push(next.path);
        continue;
      }
      const onward: Beginning[] = [];
      for (const membership of below.get(next.end) ?? []) {
        const rest = distance.get(membership.member);
        if (rest === undefined || next.visited.has(membership.member)) continue;
        const longer = {
          path: [...next.path, membership],
          visited: new Set([...next.visited, membership.member]),
          end: membership.member,
        };
        const becomes = longer.path.length + rest;
        if (becomes === length) onward.push(longer);
        else waiting.set(becomes, [...(waiting.get(becomes) ?? []), longer]);
      }
      stack.push(...onward.reverse());
    }
  }
  return shown;
}

/** Memberships on the shortest way from each node to the user. */
function distancesToUser(subGraph: SubGraph): ReadonlyMap<number, number> {
  const above = membershipsByMember(subGraph);
  const distance = new Map<number, number>([[subGraph.user, 0]]);
  let frontier: readonly number[] = [subGraph.user];
  for (let steps = 1; frontier.length > 0; steps += 1) {
    const reached: number[] = [];
    for (const node of frontier) {
      for (const { group } of above.get(node) ?? []) {
        if (distance.has(group)) continue;
        distance.set(group, steps);
        reached.push(group);
      }
    }
    frontier = reached;
  }
  return distance;
}

function countPaths(subGraph: SubGraph, below: ReadonlyMap<number, readonly Membership[]>): number {
  const counted = new Map<number, bigint>([[subGraph.user, 1n]]);
  const open = new Set<number>();
  const stack = [subGraph.group as number];
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (counted.has(node)) {
      stack.pop();
      continue;
    }
    const members = (below.get(node) ?? []).map(({ member }) => member as number);
    const unseen = open.has(node)
      ? []
      : members.filter((member) => !counted.has(member) && !open.has(member));
    open.add(node);
    if (unseen.length > 0) {
      stack.push(...unseen);
      continue;
    }
    counted.set(
      node,
      members.reduce((sum, member) => sum + (counted.get(member) ?? 0n), 0n),
    );
    stack.pop();
  }
  const total = counted.get(subGraph.group) ?? 0n;
  return total > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(total);
}

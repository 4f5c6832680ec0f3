/**
 * A smallest set of single removals that ends an effective membership (D-22): a minimum cut between the user
 * and the group, every direct membership weighing one. Computed on the whole sub-graph, not on the paths that
 * happen to be shown.
 */
import { membershipsByGroup, membershipsByMember, type Membership, type SubGraph } from './sub-graph.ts';

/**
 * The memberships to remove; of several smallest sets the one nearest to the user, which touches the fewest
 * other people. Empty when the user is not in the group.
 *
 * Augments by breadth-first search (Edmonds-Karp); a membership carries flow or it does not, so walking it
 * upwards needs it free and walking it downwards needs it carrying.
 */
export function smallestCut(subGraph: SubGraph): readonly Membership[] {
  const up = membershipsByMember(subGraph);
  const down = membershipsByGroup(subGraph);
  const carrying = new Set<Membership>();
  for (;;) {
    const { reached, steps } = search(subGraph, up, down, carrying);
    if (!reached.has(subGraph.group)) {
      return [...subGraph.direct, ...subGraph.nestings].filter(
        ({ member, group }) => reached.has(member) && !reached.has(group),
      );
    }
    for (let node: number = subGraph.group; node !== subGraph.user;) {
      const step = steps.get(node);
      if (step === undefined) throw new Error('An augmenting path was lost on its way back.');
      if (step.group === node) {
        carrying.add(step);
        node = step.member;
      } else {
        carrying.delete(step);
        node = step.group;
      }
    }
  }
}

type Neighbours = ReadonlyMap<number, readonly Membership[]>;

function search(
  subGraph: SubGraph,
  up: Neighbours,
  down: Neighbours,
  carrying: ReadonlySet<Membership>,
): { readonly reached: ReadonlySet<number>; readonly steps: ReadonlyMap<number, Membership> } {
  const reached = new Set<number>([subGraph.user]);
  const steps = new Map<number, Membership>();
  for (const node of reached) {
    if (node === subGraph.group) break;
    for (const membership of up.get(node) ?? []) {
      if (carrying.has(membership) || reached.has(membership.group)) continue;
      reached.add(membership.group);
      steps.set(membership.group, membership);
    }
    for (const membership of down.get(node) ?? []) {
      if (!carrying.has(membership) || reached.has(membership.member)) continue;
      reached.add(membership.member);
      steps.set(membership.member, membership);
    }
  }
  return { reached, steps };
}

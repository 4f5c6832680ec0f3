import fc from 'fast-check';
import type { GroupN, UserN } from '../../src/core/ids.ts';
import type { Assertion, Membership, SubGraph } from '../../src/effective/explanation/sub-graph.ts';
import { naiveFixpoint } from './naive-fixpoint.ts';

const USER = 1_000 as UserN;
const TOP = 0 as GroupN;

const asserted: Assertion = { source: 'csv', since: new Date(0), actor: null, origin: null };

/** Any acyclic sub-graph over at most eight groups: group 0 at the top, user 1000 at the bottom. */
export const anySubGraph: fc.Arbitrary<SubGraph> = fc
  .record({
    nestings: fc.uniqueArray(
      fc.tuple(fc.nat(7), fc.nat(7)).filter(([a, b]) => a < b),
      { selector: ([a, b]) => `${a}>${b}`, maxLength: 16 },
    ),
    direct: fc.uniqueArray(fc.nat(7), { maxLength: 5 }),
  })
  .map(({ nestings, direct }) => ({
    user: USER,
    group: TOP,
    nestings: nestings.map(([group, member]) => ({
      group: group as GroupN,
      member: member as GroupN,
      assertions: [asserted],
    })),
    direct: direct.map((group) => ({ group: group as GroupN, member: USER, assertions: [asserted] })),
  }));

/** The oracle's answer, with some memberships taken away. */
export function isMember(subGraph: SubGraph, removed: readonly Membership[] = []): boolean {
  const pairs = (memberships: readonly Membership[]): (readonly [number, number])[] =>
    memberships
      .filter((membership) => !removed.includes(membership))
      .map(({ group, member }) => [group, member] as const);
  return (
    naiveFixpoint({
      direct: pairs(subGraph.direct),
      nestings: pairs(subGraph.nestings),
      groups: [0, 1, 2, 3, 4, 5, 6, 7],
      active: new Set([subGraph.user]),
    }).get(subGraph.group)?.length === 1
  );
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { smallestCut } from '../../src/effective/explanation/cut.ts';
import { shortestPaths, type Path } from '../../src/effective/explanation/paths.ts';
import type { Membership, SubGraph } from '../../src/effective/explanation/sub-graph.ts';
import { evaluateWays, waysOf } from '../../src/effective/explanation/tree.ts';
import { anySubGraph, isMember } from './sub-graphs.ts';

/** All simple paths, by plain recursion. */
function everyPath(subGraph: SubGraph, from: number = subGraph.group): Path[] {
  return [...subGraph.direct, ...subGraph.nestings]
    .filter(({ group }) => group === from)
    .flatMap((membership) =>
      membership.member === subGraph.user
        ? [[membership]]
        : everyPath(subGraph, membership.member).map((rest) => [membership, ...rest]),
    );
}

function setsOf(memberships: readonly Membership[], size: number): Membership[][] {
  if (size === 0) return [[]];
  return memberships.flatMap((first, place) =>
    setsOf(memberships.slice(place + 1), size - 1).map((rest) => [first, ...rest]),
  );
}

const nameOf = (path: Path): string => path.map(({ group, member }) => `${group}>${member}`).join(' ');

describe('an explanation', () => {
  it('evaluates to the answer of the naive fixpoint (D-20, D-22)', () => {
    fc.assert(
      fc.property(anySubGraph, fc.integer({ min: 1, max: 4 }), (subGraph, limit) => {
        const { shown } = shortestPaths(subGraph, limit);
        expect(evaluateWays(waysOf(shown))).toBe(isMember(subGraph));
      }),
    );
  });

  it('counts every distinct path and shows the shortest first (D-20)', () => {
    fc.assert(
      fc.property(anySubGraph, fc.integer({ min: 1, max: 30 }), (subGraph, limit) => {
        const all = everyPath(subGraph);
        const { shown, total } = shortestPaths(subGraph, limit);
        expect(total).toBe(all.length);
        expect(shown).toHaveLength(Math.min(limit, all.length));
        expect(new Set(shown.map(nameOf)).size).toBe(shown.length);
        const lengths = all.map((path) => path.length).sort((a, b) => a - b);
        expect(shown.map((path) => path.length)).toEqual(lengths.slice(0, limit));
        expect(all.map(nameOf)).toEqual(expect.arrayContaining(shown.map(nameOf)));
      }),
    );
  });

  it('names a set of removals that ends the membership, and no smaller set does (D-22)', () => {
    fc.assert(
      fc.property(anySubGraph, (subGraph) => {
        const cut = smallestCut(subGraph);
        expect(isMember(subGraph, cut)).toBe(false);
        if (!isMember(subGraph)) return expect(cut).toEqual([]);
        const smaller = setsOf([...subGraph.direct, ...subGraph.nestings], cut.length - 1);
        for (const attempt of smaller) expect(isMember(subGraph, attempt)).toBe(true);
      }),
    );
  });

  it('prefers the removal nearest to the user', () => {
    const [nested, own] = [
      { group: 0, member: 1 },
      { group: 1, member: 1_000 },
    ].map((ends) => ({ ...ends, assertions: [] }) as unknown as Membership);
    if (nested === undefined || own === undefined) throw new Error('unreachable');
    const chain = { user: own.member, group: nested.group, nestings: [nested], direct: [own] } as SubGraph;
    expect(smallestCut(chain)).toEqual([own]);
  });

  it('never loops on a cycle that the data should not hold (D-11)', () => {
    fc.assert(
      fc.property(anySubGraph, (subGraph) => {
        const reversed = subGraph.nestings.map((nesting) => ({
          ...nesting,
          group: nesting.member as SubGraph['group'],
          member: nesting.group,
        }));
        const cyclic = { ...subGraph, nestings: [...subGraph.nestings, ...reversed] };
        const { shown, total } = shortestPaths(cyclic, 3);
        expect(evaluateWays(waysOf(shown))).toBe(isMember(cyclic));
        expect(total > 0).toBe(isMember(cyclic));
        expect(isMember(cyclic, smallestCut(cyclic))).toBe(false);
      }),
    );
  });
});

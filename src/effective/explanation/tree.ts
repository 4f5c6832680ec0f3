/** The answer to "why is this user in this group?" as a tree from the group down to direct memberships (D-20). */
import type { Path } from './paths.ts';
import type { Membership } from './sub-graph.ts';

/** One way on from a group: a direct membership of the user, or a nested group with the ways on from there. */
export type Way =
  | { readonly kind: 'direct'; readonly membership: Membership }
  | { readonly kind: 'nested'; readonly membership: Membership; readonly via: readonly Way[] };

/** Merges paths that begin alike; the order of the paths is kept. */
export function waysOf(paths: readonly Path[]): readonly Way[] {
  const branches = new Map<number, { readonly first: Membership; readonly rests: Path[] }>();
  for (const [first, ...rest] of paths) {
    if (first === undefined) continue;
    const branch = branches.get(first.member);
    if (branch === undefined) branches.set(first.member, { first, rests: [rest] });
    else branch.rests.push(rest);
  }
  return [...branches.values()].map(({ first, rests }) =>
    rests.every((rest) => rest.length === 0)
      ? { kind: 'direct', membership: first }
      : { kind: 'nested', membership: first, via: waysOf(rests) },
  );
}

/** What the tree itself says: whether some way ends in a direct membership that something asserts. */
export function evaluateWays(ways: readonly Way[]): boolean {
  return ways.some(
    (way) => way.membership.assertions.length > 0 && (way.kind === 'direct' || evaluateWays(way.via)),
  );
}

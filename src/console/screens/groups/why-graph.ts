/** An explanation as a graph: the group above, whom it is about below, and every way that is shown between them. */
import type { ExplainedWay, Explanation } from '../../../effective/explain.ts';
import type { Graph, GraphEdge, GraphNode } from '../../graph.ts';

const PERSON = 'person';

/** Each group once, however many ways lead through it; an edge says which sources list what it leads to. */
export function whyGraph(
  { group, via }: Pick<Explanation, 'group' | 'via'>,
  { user, rule }: { readonly user: string; readonly rule: string },
): Graph {
  const nodes = new Map<string, GraphNode>([[group.id, { id: group.id, label: group.name, kind: 'own' }]]);
  const edges = new Map<string, GraphEdge>();
  const follow = (from: string, ways: readonly ExplainedWay[]): void => {
    for (const way of ways) {
      const to = way.kind === 'direct' ? PERSON : way.group.id;
      const says =
        way.kind === 'direct' && way.rule !== null ? rule : way.sources.map(({ source }) => source);
      edges.set(`${from} ${to}`, { from, to, label: [says].flat().join(', ') });
      if (way.kind === 'direct') nodes.set(PERSON, { id: PERSON, label: user, kind: 'person' });
      else {
        nodes.set(to, nodes.get(to) ?? { id: to, label: way.group.name, kind: 'plain' });
        follow(to, way.via);
      }
    }
  };
  follow(group.id, via);
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

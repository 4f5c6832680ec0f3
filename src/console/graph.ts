/** Pictures of graphs as SVG, laid out here by Graphviz; their colours are the style sheet's. */

export interface GraphNode {
  readonly id: string;
  readonly label: string;
  /** `own` is what the picture is about; `automatic` follows facts; `person` is a user. */
  readonly kind: 'own' | 'plain' | 'automatic' | 'person';
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Beside the arrow. */
  readonly label?: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const MOST_LETTERS = 32;

/** Lays out a graph from top to bottom. Graphviz is loaded with the first picture. */
export async function drawGraph({ nodes, edges }: Graph): Promise<string> {
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  const svg = viz.renderString(
    {
      directed: true,
      graphAttributes: { bgcolor: 'transparent', ranksep: '0.45', nodesep: '0.25', margin: '0' },
      nodeAttributes: {
        shape: 'box',
        style: 'rounded',
        fontname: 'Helvetica',
        fontsize: 12,
        height: 0.35,
        margin: '0.2,0.08',
      },
      edgeAttributes: { arrowsize: 0.7, fontname: 'Helvetica', fontsize: 10 },
      nodes: nodes.map(({ id, label, kind }) => ({
        name: id,
        attributes: { label: labelOf(label), class: kind },
      })),
      edges: edges.map(({ from, to, label }) => ({
        tail: from,
        head: to,
        attributes: label === undefined ? {} : { label: ` ${labelOf(label)}` },
      })),
    },
    { format: 'svg' },
  );
  return svg.slice(svg.indexOf('<svg'));
}

/** What Graphviz takes as it stands: a backslash begins an escape. */
function labelOf(text: string): string {
  const short = text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text;
  return short.replaceAll('\\', '\\\\');
}

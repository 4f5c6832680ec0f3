/** The nestings around a group: a picture, and the same in words. */
import {
  listNeighbours,
  type NeighbourRow,
  nestingsAmong,
  type NestingRow,
} from '../../../store/screens/neighbours.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Card } from '../../components/details.tsx';
import { Empty } from '../../components/empty.tsx';
import { Picture } from '../../components/picture.tsx';
import { useTexts } from '../../frame/here.ts';
import { drawGraph, type Graph } from '../../graph.ts';
import type { ScreenAnswer, Visit } from '../../screen.ts';
import { openGroup } from './access.ts';
import { groupPage } from './frame.tsx';

const MOST_NODES = 150;

/** GET /groups/:id/nesting */
export async function showNesting(visit: Visit): Promise<ScreenAnswer> {
  const { parts, t } = visit;
  const { database } = parts.directory;
  const group = await openGroup(visit);
  const found = await listNeighbours(database, group.row.n, MOST_NODES + 1);
  const nodes = found.slice(0, MOST_NODES);
  const nestings = await nestingsAmong(
    database,
    nodes.map(({ n }) => n),
  );
  const n = t.members.nesting;
  const svg = nodes.length < 2 ? null : await drawGraph(graphOf(nodes, nestings));
  return groupPage(visit, {
    group,
    tab: 'nesting',
    body:
      svg === null ? (
        <Empty title={n.alone}>{n.aloneNext}</Empty>
      ) : (
        <>
          <Card>
            <p class="quiet">{n.lead}</p>
            {found.length > MOST_NODES ? <p>{n.more(MOST_NODES)}</p> : null}
            <Picture svg={svg} label={n.picture(group.row.name)} />
          </Card>
          <Card title={n.text}>
            <InWords nodes={nodes} nestings={nestings} />
          </Card>
        </>
      ),
  });
}

function graphOf(nodes: readonly NeighbourRow[], nestings: readonly NestingRow[]): Graph {
  return {
    nodes: nodes.map(({ n, name, kind }, at) => ({
      id: String(n),
      label: name,
      kind: at === 0 ? 'own' : kind === 'regular' ? 'plain' : 'automatic',
    })),
    edges: nestings.map(({ group_n: from, member_n: to }) => ({ from: String(from), to: String(to) })),
  };
}

function InWords({
  nodes,
  nestings,
}: {
  readonly nodes: readonly NeighbourRow[];
  readonly nestings: readonly NestingRow[];
}) {
  const { nesting } = useTexts().members;
  const byNumber = new Map(nodes.map((node) => [node.n, node]));
  const listing = nodes.filter(({ n }) => nestings.some(({ group_n: from }) => from === n));
  return (
    <DataTable
      caption={nesting.text}
      rows={listing}
      keyOf={({ n }) => n}
      columns={[
        { head: nesting.group, kind: 'name', cell: (node) => <GroupLink node={node} /> },
        {
          head: nesting.lists,
          cell: ({ n }) => (
            <ul class="inline">
              {nestings
                .filter(({ group_n: from }) => from === n)
                .map(({ member_n: to }) => (
                  <li key={to}>
                    <GroupLink node={byNumber.get(to)} />
                  </li>
                ))}
            </ul>
          ),
        },
      ]}
    />
  );
}

function GroupLink({ node }: { readonly node: NeighbourRow | undefined }) {
  return node === undefined ? null : <a href={`/groups/${node.id}`}>{node.name}</a>;
}

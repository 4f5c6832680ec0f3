import { describe, expect, it } from '@jest/globals';
import { drawGraph } from '../../src/console/graph.ts';
import { whyGraph } from '../../src/console/screens/groups/why-graph.ts';
import { drawGrowth } from '../../src/console/screens/overview/growth.ts';
import { type Bar, drawLag } from '../../src/console/screens/overview/lag.ts';
import type { GroupId } from '../../src/core/ids.ts';
import type { ExplainedWay } from '../../src/effective/explain.ts';

const group = (name: string) => ({ id: name as GroupId, name });
const said = (source: string) => [{ source, since: new Date(0), actor: null, origin: null }];
const direct = (source: string): ExplainedWay => ({ kind: 'direct', sources: said(source), rule: null });
const nested = (name: string, ...via: readonly ExplainedWay[]): ExplainedWay => ({
  ...{ kind: 'nested', group: group(name), sources: said('portal') },
  via,
});

describe('the picture of why', () => {
  // University > Science > Maths > ada, University > Library > Maths, and Library lists ada itself.
  const maths = nested('Maths', direct('okta'));
  const via = [nested('Science', maths), nested('Library', maths, direct('csv'))];
  const graph = whyGraph({ group: group('University'), via }, { user: 'ada <admin>', rule: 'its rule' });

  it('D-20 has every group once, however many ways lead through it, and the person below', () => {
    expect(graph.nodes.map(({ label, kind }) => `${kind} ${label}`)).toEqual([
      'own University',
      'plain Science',
      'plain Maths',
      'person ada <admin>',
      'plain Library',
    ]);
  });

  it('D-20 has every step once, with the sources that assert it', () => {
    expect(graph.edges.map(({ from, to, label }) => `${from} > ${to}: ${label}`)).toEqual([
      'University > Science: portal',
      'Science > Maths: portal',
      'Maths > person: okta',
      'University > Library: portal',
      'Library > Maths: portal',
      'Library > person: csv',
    ]);
  });

  it('says that a rule is what lists the person', () => {
    const ruled: ExplainedWay = { kind: 'direct', sources: [], rule: 'active eq true' };
    const { edges } = whyGraph({ group: group('Staff'), via: [ruled] }, { user: 'ada', rule: 'its rule' });
    expect(edges).toEqual([{ from: 'Staff', to: 'person', label: 'its rule' }]);
  });

  it('is drawn with names that are text and never markup', async () => {
    const svg = await drawGraph(graph);
    expect(svg).toContain('ada &lt;admin&gt;');
    expect(svg.match(/class="node /g)).toHaveLength(5);
    expect(svg.match(/class="edge"/g)).toHaveLength(6);
  });
});

describe('the picture of lag', () => {
  const target = (name: string, count: number, blocked: number): Bar => ({
    ...{ name, blocked, toSend: { count } },
  });

  it('has a longer bar for who is further behind, marks what is blocked, and leaves names text', () => {
    const svg = drawLag([target('<b>', 3, 0), target('wiki', 300, 2), target('ldap', 0, 0)]);
    const widths = [...svg.matchAll(/class="due"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths).toHaveLength(2);
    expect(widths[1]).toBeGreaterThan(widths[0] ?? Infinity);
    expect(svg.match(/class="stuck"/g)).toHaveLength(1);
    expect(svg).toContain('&lt;b&gt;');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('300 + 2');
  });
});

describe('the picture of growth', () => {
  const rows = (amounts: readonly (readonly [users: number, groups: number])[]) =>
    amounts.map(([users, groups], at) => ({ day: new Date(Date.UTC(2027, 0, 1 + at)), users, groups }));
  const linesOf = (svg: string, name: string): number[] => {
    const [, points = ''] = new RegExp(`<polyline class="${name}" points="([^"]*)"`).exec(svg) ?? [];
    return points.split(' ').map((point) => Number(point.split(',')[1]));
  };
  const figureOf = (svg: string, name: string) => {
    const [, y = '', text = ''] =
      new RegExp(`<text class="${name}"[^>]* y="([^"]*)">([^<]*)<`).exec(svg) ?? [];
    return { y: Number(y), text };
  };

  it.each([
    [
      'rise alike',
      [
        [0, 0],
        [70, 14],
      ],
    ],
    [
      'fall to nothing',
      [
        [70, 14],
        [0, 0],
      ],
    ],
    [
      'cross',
      [
        [0, 9],
        [100_000, 1],
      ],
    ],
    [
      'stay',
      [
        [5, 5],
        [5, 5],
      ],
    ],
    ['are of one day', [[50_070, 10_000]]],
  ] as const)('keeps lines and figures apart where they %s', (_, amounts) => {
    const svg = drawGrowth(rows(amounts));
    const [users, groups] = [figureOf(svg, 'users'), figureOf(svg, 'groups')];
    const [lastUsers, lastGroups] = amounts.at(-1) ?? [0, 0];
    expect([users.text, groups.text]).toEqual([
      lastUsers.toLocaleString('en'),
      lastGroups.toLocaleString('en'),
    ]);
    expect(Math.max(...linesOf(svg, 'users'))).toBeLessThan(Math.min(...linesOf(svg, 'groups')));
    // A figure is 20 high on a narrow screen.
    expect(groups.y - users.y).toBeGreaterThan(20);
  });
});

import { describe, expect, it } from '@jest/globals';
import { drawGraph } from '../../src/console/graph.ts';
import { whyGraph } from '../../src/console/screens/groups/why-graph.ts';
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

/** Users and groups over time as two lines, each to its own scale: their shape is what is looked at. */
import type { GrowthRow } from '../../../store/screens/overview.ts';

const WIDTH = 720;
const HEIGHT = 160;
const EDGE = { left: 8, right: 64, top: 12, bottom: 22 };

/** An SVG of it; the style sheet colours it. */
export function drawGrowth(rows: readonly GrowthRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return '';
  const day = ({ day: at }: GrowthRow): string => at.toISOString().slice(0, 10);
  const floor = HEIGHT - EDGE.bottom;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" class="growth">`,
    `<line class="floor" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${floor}" y2="${floor}"/>`,
    line(
      'users',
      rows.map(({ users }) => users),
      0,
    ),
    line(
      'groups',
      rows.map(({ groups }) => groups),
      16,
    ),
    `<text x="${EDGE.left}" y="${HEIGHT - 6}">${day(first)}</text>`,
    `<text x="${WIDTH - EDGE.right}" y="${HEIGHT - 6}" text-anchor="end">${day(last)}</text>`,
    '</svg>',
  ].join('');
}

/** A line of its own scale from nothing to the most; `shift` keeps the figures at its end apart. */
function line(name: 'users' | 'groups', values: readonly number[], shift: number): string {
  const most = Math.max(1, ...values);
  const width = WIDTH - EDGE.left - EDGE.right;
  const height = HEIGHT - EDGE.top - EDGE.bottom;
  const points = values.map((value, at) => {
    const x = EDGE.left + (width * at) / Math.max(1, values.length - 1);
    const y = EDGE.top + height * (1 - value / most);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const end = values.at(-1) ?? 0;
  const y = EDGE.top + height * (1 - end / most) + 4 + shift;
  return `<polyline class="${name}" points="${points.join(' ')}"/><text class="${name}" x="${WIDTH - EDGE.right + 6}" y="${y.toFixed(1)}">${end.toLocaleString('en')}</text>`;
}

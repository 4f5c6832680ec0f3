/** Users and groups over time, a line each in a strip of its own and to its own scale: their shape is what is looked at. */
import type { GrowthRow } from '../../../store/screens/overview.ts';

const WIDTH = 720;
/** The strips stand one above the other, so that lines and figures never cover each other, however alike they are. */
const STRIP = { height: 64, gap: 26 };
const EDGE = { left: 8, right: 92, top: 14, bottom: 28 };
const HEIGHT = EDGE.top + 2 * STRIP.height + STRIP.gap + EDGE.bottom;

/** An SVG of it; the style sheet colours it. */
export function drawGrowth(rows: readonly GrowthRow[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return '';
  const day = ({ day: at }: GrowthRow): string => at.toISOString().slice(0, 10);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" class="growth">`,
    strip(
      'users',
      rows.map(({ users }) => users),
      EDGE.top,
    ),
    strip(
      'groups',
      rows.map(({ groups }) => groups),
      EDGE.top + STRIP.height + STRIP.gap,
    ),
    `<text x="${EDGE.left}" y="${HEIGHT - 6}">${day(first)}</text>`,
    `<text x="${WIDTH - EDGE.right}" y="${HEIGHT - 6}" text-anchor="end">${day(last)}</text>`,
    '</svg>',
  ].join('');
}

/** A line of its own scale from nothing to the most, its end as a figure beside it; `top` is where its strip begins. */
function strip(name: 'users' | 'groups', values: readonly number[], top: number): string {
  const most = Math.max(1, ...values);
  const width = WIDTH - EDGE.left - EDGE.right;
  const floor = top + STRIP.height;
  const heightOf = (value: number): number => floor - (STRIP.height * value) / most;
  const points = values.map((value, at) => {
    const x = EDGE.left + (width * at) / Math.max(1, values.length - 1);
    return `${x.toFixed(1)},${heightOf(value).toFixed(1)}`;
  });
  const end = values.at(-1) ?? 0;
  return [
    `<line class="floor" x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${floor}" y2="${floor}"/>`,
    `<polyline class="${name}" points="${points.join(' ')}"/>`,
    `<text class="${name}" x="${WIDTH - EDGE.right + 8}" y="${(heightOf(end) + 4).toFixed(1)}">${end.toLocaleString('en')}</text>`,
  ].join('');
}

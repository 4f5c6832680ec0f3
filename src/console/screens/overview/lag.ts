/** How far each target is behind, as bars beside each other: the longest is the one to look at. */
import type { TargetLag } from '../../../targets/admin/lag.ts';

/** What a bar is drawn of. */
export type Bar = Pick<TargetLag, 'name' | 'blocked'> & {
  readonly toSend: Pick<TargetLag['toSend'], 'count'>;
};

const WIDTH = 400;
const ROW = 26;
const NAME = 140;
const FIGURE = 80;
const MOST_LETTERS = 20;
/** A bar of one object is still seen. */
const SHORTEST = 4;

/** An SVG of it; the style sheet colours it. Lengths grow with the logarithm, so that few are seen beside many. */
export function drawLag(rows: readonly Bar[]): string {
  const most = Math.max(...rows.map(({ toSend, blocked }) => lengthOf(toSend.count) + lengthOf(blocked)), 1);
  const scale = (WIDTH - NAME - FIGURE) / most;
  const height = rows.length * ROW + 4;
  const bars = rows.map((row, at) => barOf(row, { y: at * ROW + 4, scale }));
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" class="lag">${bars.join('')}</svg>`;
}

function barOf(
  { name, toSend: { count: open }, blocked }: Bar,
  { y, scale }: { readonly y: number; readonly scale: number },
): string {
  const [due, stuck] = [lengthOf(open) * scale, lengthOf(blocked) * scale];
  const bar = (kind: string, x: number, width: number): string =>
    width === 0
      ? ''
      : `<rect class="${kind}" x="${x.toFixed(1)}" y="${y}" width="${Math.max(SHORTEST, width).toFixed(1)}" height="${ROW - 10}" rx="3"/>`;
  const end = NAME + Math.max(open > 0 ? SHORTEST : 0, due) + Math.max(blocked > 0 ? SHORTEST : 0, stuck);
  return [
    `<text x="${NAME - 10}" y="${y + 12}" text-anchor="end">${escaped(shortened(name))}</text>`,
    `<rect class="ground" x="${NAME}" y="${y}" width="${WIDTH - NAME - FIGURE}" height="${ROW - 10}" rx="3"/>`,
    bar('due', NAME, due),
    bar('stuck', NAME + due, stuck),
    `<text x="${Math.min(end, WIDTH - FIGURE) + 8}" y="${y + 12}">${figureOf(open, blocked)}</text>`,
  ].join('');
}

function lengthOf(count: number): number {
  return Math.log2(count + 1);
}

function figureOf(open: number, blocked: number): string {
  const figure = open.toLocaleString('en');
  return blocked === 0 ? figure : `${figure} + ${blocked.toLocaleString('en')} ✕`;
}

function shortened(name: string): string {
  return name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

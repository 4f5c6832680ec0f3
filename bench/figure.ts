/** A measured goal, and how it is told to people and to programs. */

/** `atMost` is a ceiling for ours ÷ baseline, `atLeast` a floor. */
export type Limit = { readonly atMost: number } | { readonly atLeast: number };

export interface Figure {
  /** Number of the goal, such as `P1`. */
  readonly goal: string;
  /** What was measured, in a few words. */
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** What the baseline is, and its value; null where the limit is absolute. */
  readonly baseline: { readonly is: string; readonly value: number } | null;
  /** The number that the limit is about; a ratio where there is a baseline. */
  readonly measured: number;
  readonly limit: Limit;
  /** The goal is set for the full directory; at other sizes the figure only tells that the benchmark works. */
  readonly countsAt: 'any' | 'full';
  readonly note?: string;
}

export interface Ratio {
  readonly goal: string;
  readonly what: string;
  readonly unit?: string;
  readonly ours: number;
  readonly baseline: { readonly is: string; readonly value: number };
  /** `ours ÷ baseline` for times; `baseline ÷ ours` where the goal says how many times faster. */
  readonly as?: 'ours ÷ baseline' | 'baseline ÷ ours';
  readonly limit: Limit;
  readonly countsAt?: 'any' | 'full';
  readonly note?: string;
}

/** A figure that is a ratio to its baseline; times in milliseconds unless said. */
export function ratio({ as = 'ours ÷ baseline', unit = 'ms', countsAt = 'any', ...rest }: Ratio): Figure {
  const { ours, baseline } = rest;
  const measured = as === 'ours ÷ baseline' ? ours / baseline.value : baseline.value / ours;
  return { unit, countsAt, ...rest, measured };
}

/** A figure with a limit of its own, such as megabytes. */
export function absolute(
  figure: Omit<Figure, 'baseline' | 'measured' | 'countsAt'> & Partial<Pick<Figure, 'countsAt'>>,
): Figure {
  return { countsAt: 'any', ...figure, baseline: null, measured: figure.ours };
}

/** True when the measured number keeps its limit. */
export function isMet({ measured, limit }: Figure): boolean {
  return 'atMost' in limit ? measured <= limit.atMost : measured >= limit.atLeast;
}

/** The table that a run prints. */
export function table(figures: readonly Figure[], size: string): string {
  const head = ['goal', 'what', 'ours', 'baseline', 'measured', 'limit', ''];
  const body = figures.map((figure) => [
    figure.goal,
    figure.what,
    `${brief(figure.ours)} ${figure.unit}`,
    figure.baseline === null ? '' : `${brief(figure.baseline.value)} ${figure.unit}, ${figure.baseline.is}`,
    figure.baseline === null ? brief(figure.measured) : `${brief(figure.measured)} ×`,
    'atMost' in figure.limit ? `≤ ${figure.limit.atMost}` : `≥ ${figure.limit.atLeast}`,
    verdict(figure, size),
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cell.length))
      .join('  ')
      .trimEnd();
  const notes = figures.flatMap(({ goal, note }) => (note === undefined ? [] : [`  ${goal}: ${note}`]));
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line), ...notes].join('\n');
}

function verdict(figure: Figure, size: string): string {
  if (figure.countsAt === 'full' && size !== 'full') return 'goal is for full';
  return isMet(figure) ? 'met' : 'NOT MET';
}

/** Three significant digits, without an exponent. */
function brief(value: number): string {
  if (!Number.isFinite(value)) return '?';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 1e-9))));
  return value.toFixed(Math.min(4, digits));
}

/**
 * Where a snapshot stands among its like (spec: a snapshot older than the last applied one is refused): by the
 * numbers in its name, such as `hr-2026-11-21.csv` or `staff.000123.csv`, or by the sequence of its manifest.
 */
export interface Sequence {
  /** The name with `#` for each of its numbers: what the file is compared with is called alike. */
  readonly series: string;
  /** Its numbers in order, as text: they may be long. */
  readonly position: readonly string[];
}

const LONGEST = 30;

/** The sequence of a file by its name; null when the name has no number in it. */
export function sequenceOfName(file: string): Sequence | null {
  const numbers = file.match(/\d+/g) ?? [];
  if (numbers.length === 0 || numbers.some((number) => number.length > LONGEST)) return null;
  return { series: file.replaceAll(/\d+/g, '#').toLowerCase(), position: numbers };
}

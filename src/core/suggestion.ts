/**
 * The candidate that somebody probably meant to type: the one with the fewest single-letter edits, if those are
 * no more than a third of its length.
 */
export function suggest(typed: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = Infinity;
  for (const candidate of candidates) {
    const edits = distance(typed.toLowerCase(), candidate.toLowerCase());
    if (edits < fewest && edits <= Math.max(2, candidate.length / 3)) [best, fewest] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's distance, one row at a time. */
function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const swap = (above[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      row.push(Math.min(swap, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[to.length] ?? 0;
}

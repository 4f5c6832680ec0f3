/**
 * Measuring beside a baseline. This is how noise of a shared machine is kept out of a ratio: both sides take
 * turns, so whatever slows one of them slows the other too.
 */

/** What a number of runs took, in milliseconds. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly longest: number;
  readonly runs: number;
}

/** One run of a side; answers the milliseconds that it took. */
export type Side = () => Promise<number>;

export interface Turns {
  readonly runs: number;
  /** Runs of each side before the first that counts. */
  readonly warmUp: number;
}

/** Runs all sides in turn, the first one last in every other round. */
export async function interleave<Name extends string>(
  sides: Readonly<Record<Name, Side>>,
  { runs, warmUp }: Turns,
): Promise<Record<Name, Spread>> {
  const names = Object.keys(sides) as Name[];
  const taken = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -warmUp; round < runs; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const ms = await sides[name]();
      if (round >= 0) taken.get(name)?.push(ms);
    }
  }
  return Object.fromEntries(names.map((name) => [name, spreadOf(taken.get(name) ?? [])])) as Record<
    Name,
    Spread
  >;
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Percentiles of times in milliseconds. */
export function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), longest: sorted.at(-1) ?? 0, runs: sorted.length };
}

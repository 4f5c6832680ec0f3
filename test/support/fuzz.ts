/**
 * How long a property is tried: a fixed number of runs in the suite, and with FUZZ_SECONDS=60 as many as fit into
 * that time (`npm run fuzz`). What fails prints the seed that finds it again.
 */
const seconds = Number(process.env.FUZZ_SECONDS ?? 0);

interface Bounds {
  readonly numRuns: number;
  readonly interruptAfterTimeLimit?: number;
  readonly markInterruptAsFailure?: boolean;
}

/** Bounds of a property that the suite tries `runs` times. */
export function runsOf(runs: number): Bounds {
  if (!(seconds > 0)) return { numRuns: runs };
  return {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1_000,
    markInterruptAsFailure: false,
  };
}

/** Time that a test with one property may take. */
export const FUZZ_PATIENCE_MS = 30_000 + seconds * 2_000;

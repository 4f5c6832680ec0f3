import type { Figure } from './figure.ts';
import type { Size } from './generator/shape.ts';
import type { Server } from './kept-databases.ts';

/** What a benchmark gets. */
export interface Bench {
  readonly server: Server;
  readonly size: Size;
  readonly seed: number;
  /** URL of the kept directory of the run's size. */
  readonly url: string;
  readonly say: (text: string) => void;
}

export interface Benchmark {
  /** What it is called on the command line. */
  readonly name: string;
  /** The goals that it measures. */
  readonly goals: readonly string[];
  run(bench: Bench): Promise<readonly Figure[]>;
}

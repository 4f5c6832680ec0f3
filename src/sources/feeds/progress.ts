/** How far an import is, for whoever waits for it and for the database. */
import type { StagedRow } from '../../store/feeds/copy-text.ts';

/** How far a run is. `total` is known when the file has been read. */
export interface ImportProgress {
  readonly state: 'reading' | 'planning' | 'applying';
  readonly done: number;
  readonly total: number | null;
}

/** Milliseconds between two notes of how far a run is. */
const NOTE_EVERY = 500;

export type Report = (state: ImportProgress['state'], done: number, total: number | null) => void;

/** Tells every step to the caller, and now and then to the database. */
export function reportOf(
  onProgress: (progress: ImportProgress) => void,
  note: (state: ImportProgress['state'], done: number) => Promise<void>,
): Report {
  let noted = performance.now();
  return (state, done, total) => {
    onProgress({ state, done, total });
    if (state === 'reading' && performance.now() - noted < NOTE_EVERY) return;
    noted = performance.now();
    // A note that fails is no reason to fail: the next one, or the end of the run, says it again.
    note(state, done).catch(() => undefined);
  };
}

/** The same batches; `count` is told of each when the next is asked for. */
export async function* counted(
  batches: AsyncIterable<readonly StagedRow[]>,
  count: (rows: number) => void,
): AsyncGenerator<readonly StagedRow[]> {
  for await (const batch of batches) {
    yield batch;
    count(batch.length);
  }
}

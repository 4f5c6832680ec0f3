/** What the metrics tell of imports. */
import type { Metrics } from '../../observe/metrics.ts';
import type { RunRow } from '../../store/feeds/run-rows.ts';
import { countsOf, outcomeOf } from './filing.ts';

/** Counts runs that have ended, whichever way their files came. */
export function countRuns({ imports, importRows, importLastSuccess, holds }: Metrics): (run: RunRow) => void {
  return (run) => {
    const { source } = run;
    const outcome = outcomeOf(run);
    imports.inc({ source, outcome });
    for (const [fate, rows] of Object.entries(countsOf(run))) {
      if (fate !== 'total') importRows.inc({ source, outcome: fate }, rows);
    }
    if (outcome === 'held') holds.inc({ source });
    if (outcome === 'applied' || outcome === 'unchanged' || outcome === 'refused') {
      importLastSuccess.setToCurrentTime({ source });
    }
  };
}

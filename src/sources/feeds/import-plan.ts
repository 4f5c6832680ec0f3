/** The plan of a run: what it is about, what the guards want to know of the file, and how the run ends by it. */
import type { FeedSettings } from '../../core/feeds/settings.ts';
import type { Planned, PlanDraft } from '../../plans/guarded.ts';
import type { PlanFacts } from '../../plans/measure.ts';
import type { Tx } from '../../store/database.ts';
import { listStarLines, type OutcomeRow, type RowCounts } from '../../store/feeds/outcomes.ts';
import { readRowsBefore, type RunError, type RunRow } from '../../store/feeds/run-rows.ts';
import type { RunEnd } from '../../store/feeds/runs.ts';
import type { RowTally } from '../../store/feeds/tally.ts';
import type { PlanRow } from '../../store/plans/plans.ts';

/** What came of reading and applying a file, before anybody judges it. */
export interface Read {
  readonly end: RunEnd;
  /** Null where no row was accepted: then there is nothing to plan. */
  readonly facts: PlanFacts | null;
}

/** How a run ends whose plan was replaced (D-32). */
export const REPLACED: RunError = {
  code: 'plan.replaced',
  detail:
    'A newer file of the same feed took its place while it was held. Drop it again if it is still wanted.',
};

/** What a feed's plans are about: of those that are held, one at a time (D-32). */
export function subjectOfFeed(source: string): string {
  return `feed:${source}`;
}

export interface PlannedFile {
  readonly sha256: string;
  readonly settings: Pick<FeedSettings, 'guards'>;
  /** The approved plan that is carried out; null for a first run. */
  readonly approved: PlanRow | null;
}

/** What a run's plan is of. */
export function draftOf(run: RunRow, { sha256, settings, approved }: PlannedFile): PlanDraft<Read> {
  return {
    kind: 'feed',
    subject: subjectOfFeed(run.source),
    title: `${run.file} of the feed ${run.source}`,
    request: { import: run.id, file: run.file, sha256 },
    limits: settings.guards,
    mode: run.dry_run ? 'dry-run' : 'unless-guarded',
    approved,
    // A newer snapshot says all that an older one said. Other files do not: what one asks for stays asked for.
    replaces: run.mode === 'snapshot' ? 'waiting' : 'nothing',
    runN: run.n,
    facts: async ({ facts: found }) => Promise.resolve(found),
  };
}

/** How a run ends by its plan. Of one that is taken back the counts say what would have been. */
export async function endOf(
  planned: Planned<Read>,
  keep: (() => Promise<NonNullable<RunEnd['kept']>>) | null,
): Promise<RunEnd> {
  const { end } = planned.result;
  if (planned.kind === 'unplanned' || planned.kind === 'applied') return end;
  if (planned.kind === 'tried' || end.counts === null) return { ...end, place: null };
  const counts = { ...end.counts, held: end.counts.applied, applied: 0 };
  return { ...end, state: 'held', counts, place: null, kept: (await keep?.()) ?? null };
}

/** A row of a run that is held. */
export function heldRow(row: OutcomeRow): OutcomeRow {
  return row.outcome === 'applied' ? { ...row, outcome: 'held' } : row;
}

/** What the guards want to know of a file. */
export async function factsOf(
  tx: Tx,
  run: RunRow,
  {
    format,
    counts,
    tally,
  }: { readonly format: string; readonly counts: RowCounts; readonly tally: RowTally },
): Promise<PlanFacts> {
  const isSnapshot = run.mode === 'snapshot' && format !== '';
  return {
    rows: { total: counts.total, refused: counts.refused },
    rowsBefore: isSnapshot ? await readRowsBefore(tx, { source: run.source_n, run: run.n, format }) : null,
    askedLines: tally.hasStars ? await listStarLines(tx) : [],
  };
}

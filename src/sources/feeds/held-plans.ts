/** Plans of feeds, once a person has decided: the file in `held/` is carried out or put into `rejected/`. */
import { join } from 'node:path';
import { defaultFeedSettings } from '../../core/feeds/settings.ts';
import { Refusal } from '../../core/refusal.ts';
import type { PlanKindHandler } from '../../plans/kinds.ts';
import { rejectHeldRun, takeHeldRun } from '../../store/feeds/held-runs.ts';
import { readRun, type RunRow } from '../../store/feeds/run-rows.ts';
import { releaseRuns } from '../../store/feeds/runs.ts';
import type { PlanRow } from '../../store/plans/plans.ts';
import { fileAway, whereIs } from './filing.ts';
import type { ImportParts } from './import-file.ts';
import { carryOut, RunLost } from './import-run.ts';

/**
 * The handler of the kind `feed`. A run that another process has in hand is left to it. The file is read anew and
 * must be, by its hash, the one that was held.
 */
export function feedPlans(parts: ImportParts): PlanKindHandler {
  return {
    carryOut: async (plan) => carryOutHeld(parts, plan),
    onRejected: async (tx, plan) => {
      const error = {
        code: plan.state === 'stale' ? 'plan.stale' : 'plan.rejected',
        detail:
          plan.state === 'stale'
            ? 'The plan could not be carried out any more. Drop the file again to have it planned anew.'
            : rejection(plan),
      };
      if (plan.run_n !== null) await rejectHeldRun(tx, { run: plan.run_n, holder: parts.newId(), error });
    },
    afterRejected: async ({ run_n: run }) => {
      if (run !== null) await file(parts, await readRun(parts.database, run));
    },
  };
}

async function carryOutHeld(parts: ImportParts, plan: PlanRow): Promise<void> {
  const holder = parts.newId();
  const run = plan.run_n === null ? null : await takeHeldRun(parts.database, plan.run_n, holder);
  if (run === null) return;
  try {
    const path = await whereIs(run, folderAt(parts, run));
    if (path === null) {
      throw new Refusal('plan.stale', {
        plan: plan.id,
        why: 'its file is no longer in held/. Drop it again.',
        newPlan: null,
      });
    }
    const settings = parts.feeds.get(run.source) ?? defaultFeedSettings(run.source);
    const ended = await carryOut({ directory: parts.directory, holder }, run, {
      path,
      settings,
      actor: { kind: 'feed', id: run.source },
      requestId: null,
      cutOff: 'refuse-row',
      onProgress: () => undefined,
      approved: plan,
      keep: null,
    });
    await file(parts, ended);
  } catch (error) {
    if (!(error instanceof RunLost)) throw error;
  } finally {
    await releaseRuns(parts.database, holder);
  }
}

async function file(parts: ImportParts, run: RunRow): Promise<void> {
  await fileAway(parts, run, folderAt(parts, run));
}

function folderAt({ watchDir }: ImportParts, run: RunRow): string {
  return join(watchDir, run.folder);
}

function rejection({ decided_by: by, reason }: PlanRow): string {
  return `Rejected by ${by ?? 'nobody'}${reason === null ? '.' : `: ${reason}`}`;
}

/**
 * What approved plans need besides whoever approves them: a process that died between an approval and its doing
 * leaves the plan to the next round of any process. Rounds also say how many plans wait, and forget old operations.
 */
import type { Logger } from 'pino';
import type { Metrics } from '../observe/metrics.ts';
import { type DecisionParts, resumeApproved } from '../plans/decisions.ts';
import { prunePlans } from '../store/plans/operations.ts';
import { countHeldPlans } from '../store/plans/plans.ts';

export interface PlanRounds {
  /** Waits for the round in hand. */
  stop(): Promise<void>;
}

export interface PlanRoundsParts {
  readonly decisions: DecisionParts;
  readonly metrics: Metrics;
  readonly log: Logger;
}

const EVERY_MS = 5_000;

/** Starts at once, then five seconds after the round before has ended. */
export function startPlanRounds(parts: PlanRoundsParts): PlanRounds {
  const state: { isStopping: boolean; timer: NodeJS.Timeout | null } = { isStopping: false, timer: null };
  const next = async (): Promise<void> => {
    try {
      await goRound(parts);
    } catch (error) {
      parts.log.warn({ err: error }, 'A round over the plans failed; the next one tries again.');
    }
    if (!state.isStopping) state.timer = setTimeout(() => (round = next()), EVERY_MS);
  };
  let round = next();
  return {
    stop: async () => {
      state.isStopping = true;
      if (state.timer !== null) clearTimeout(state.timer);
      await round;
    },
  };
}

async function goRound({ decisions, metrics, log }: PlanRoundsParts): Promise<void> {
  await resumeApproved(decisions, (error, plan) =>
    log.error({ err: error, plan: plan.id }, 'An approved plan could not be carried out; it is tried again.'),
  );
  metrics.plansHeld.reset();
  for (const { source, kind, plans } of await countHeldPlans(decisions.database)) {
    metrics.plansHeld.set({ source, kind }, plans);
  }
  await prunePlans(decisions.database);
}

/** How far behind targets are, and whether they answer: for lists of them. One target's page counts alike. */
import type { Database } from '../../store/database.ts';
import { type LagRow, readLag, readLags } from '../../store/targets/lag.ts';
import { listTargets, type TargetRow } from '../../store/targets/targets.ts';
import { isWebhookTried, messagesBehind, type ToSend } from './deliveries.ts';
import { healthOf, type TargetHealth } from './view.ts';

/** What is needed of the targets to see how they stand. */
export interface Looking {
  readonly database: Database;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface TargetLag {
  readonly id: string;
  readonly name: string;
  readonly mode: string;
  readonly health: TargetHealth;
  readonly toSend: ToSend;
  /** False until anything was sent to it. */
  readonly isTried: boolean;
  readonly blocked: number;
  /** Id of the plan that waits for a decision. */
  readonly held: string | null;
}

/** Every target's, by name. */
export async function showLags(targets: Looking): Promise<TargetLag[]> {
  const { database } = targets;
  const [rows, lags] = await Promise.all([listTargets(database), readLags(database)]);
  const known = new Map(lags.map((lag) => [lag.n, lag]));
  const all = await Promise.all(
    rows.map(async (row) => {
      const lag = known.get(row.n);
      return lag === undefined ? null : lagOf(targets, row, lag);
    }),
  );
  return all.filter((lag) => lag !== null).sort((a, b) => a.name.localeCompare(b.name));
}

/** That of one target. */
export async function showLag(targets: Looking, row: TargetRow): Promise<TargetLag> {
  return lagOf(targets, row, await readLag(targets.database, row.n));
}

async function lagOf({ database, now }: Looking, row: TargetRow, lag: LagRow): Promise<TargetLag> {
  const isWebhook = row.type === 'webhook';
  const health = healthOf(row, now());
  const ledger = {
    ...{ count: lag.to_send, isAtLeast: lag.is_at_least },
    since: lag.to_send === 0 ? null : health.since,
  };
  return {
    ...{ id: row.id, name: row.name, mode: row.mode, health },
    toSend: isWebhook ? await messagesBehind(database, row) : ledger,
    isTried: isWebhook ? isWebhookTried(row) : lag.is_tried,
    blocked: lag.blocked,
    held: lag.held,
  };
}
